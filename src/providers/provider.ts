// The two ports to the outside world. Every carrier is one of these; what it cannot do, it does not implement.
import type { CarrierRefusal, FailureKind } from '../domain/delivery'

/** One text to one number. */
export type Text = {
  /** E.164 */
  to: string
  body: string
  channel: 'sms'
  /** the code within the body: set where a second, identical text does no harm */
  code?: string
  /** seconds after which the text is worthless; carriers drop it then */
  validForSeconds: number
  /** where the carrier reports what became of it */
  statusCallback?: string
}

export type Sent = { ok: true; providerId: string; requestId?: string; segments?: number }

/** `kind` says what may be done next, `retry` whether the same carrier may be asked again, `reason` why, for the operator. */
export type Failure = {
  ok: false
  kind: FailureKind
  retry: boolean
  refusal: CarrierRefusal
  /** the carrier's error code, or what went wrong on the way to it */
  reason: string
  /** seconds, where the carrier asked for a wait */
  retryAfter?: number
  requestId?: string
  httpStatus?: number
}

export interface Messenger {
  readonly name: string
  /** Resolves with what happened, always. Gives up when the signal says so: the outcome is unknown then. */
  send(text: Text, signal: AbortSignal): Promise<Sent | Failure>
  /** Whether the carrier answers and accepts the credentials, for the operator's eyes. */
  ping(signal: AbortSignal): Promise<Answering>
}

export type Answering = { answering: true; account?: string } | { answering: false; reason: string }

export type Started = { ok: true; reference: string; requestId?: string }

/** Someone who makes, sends and checks the code. */
export interface Verifier {
  readonly name: string
  start(to: string, channel: string, signal: AbortSignal): Promise<Started | Failure>
  check(
    reference: string,
    code: string,
    signal: AbortSignal,
  ): Promise<'approved' | 'pending' | 'gone' | 'spent' | Failure>
  cancel(reference: string, signal: AbortSignal): Promise<{ ok: true } | Failure>
}
