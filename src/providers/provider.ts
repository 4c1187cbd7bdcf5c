// The two ports to the outside world. Every carrier is one of these; what it cannot do, it does not implement.
import type { CarrierRefusal, FailureKind, Receipt } from '../domain/delivery'
import type { Channel } from '../domain/record'

/** One text to one number, or one mail to one mailbox. */
export type Text = {
  /** Verge's own id of the text, for carriers that take a reference */
  id: string
  /** E.164, or a mailbox for the channel `email` */
  to: string
  body: string
  /** BCP 47: the language of the body, where it is read aloud or is a mail */
  locale?: string
  /** of a mail, beside its body */
  mail?: { subject: string; html: string }
  channel: Channel
  /** the code within the body */
  code?: string
  /** a second, identical text does less harm than none: always so with a code */
  repeatable: boolean
  /** seconds after which the text is worthless; carriers drop it then */
  validForSeconds: number
  /** origin at which carriers reach this Worker, to report what became of the text; none where they cannot */
  callbackBase?: string
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
  /** the account is at fault, and no other text would fare better */
  account?: true
  /** seconds, where the carrier asked for a wait */
  retryAfter?: number
  requestId?: string
  httpStatus?: number
}

export interface Messenger {
  readonly name: string
  /** Resolves with what happened, always. Gives up when the signal says so: the outcome is unknown then. */
  send(text: Text, signal: AbortSignal): Promise<Sent | Failure>
  /** What became of a text it took, and of whose; null where it knows no such text. Absent where a carrier cannot be asked. */
  fetch?(providerId: string, signal: AbortSignal): Promise<Fetched | Failure | null>
  /** Whether the carrier answers and accepts the credentials, for the operator's eyes; absent where nothing can tell. */
  ping?(signal: AbortSignal): Promise<Answering>
}

/** `to`: E.164, where the carrier says it */
export type Fetched = { ok: true; to: string | null; receipt: Receipt }

export type Answering = { answering: true; account?: string } | { answering: false; reason: string }

/** Whom the carrier is to verify, and by what means. */
export type VerifyRequest = {
  /** E.164, or a mailbox for the channel `email` */
  to: string
  channel: Channel
  /** BCP 47 */
  locale?: string
  /** address of the person who asks, for the carrier's own fraud guard */
  clientIp?: string
  /** that address, or the network that is one client: what limits count by */
  client?: string
  /** a code of Verge's own making, to be sent instead of the carrier's */
  code?: string
}

/** By the carrier's id, or by recipient where its answer to the start was lost. */
export type VerifyTarget = { reference: string } | { to: string }

export type Started = { ok: true; reference: string; requestId?: string }

/** `gone`: approved before, expired, canceled or never started. `spent`: no checks left until it expires. */
export type Checked = {
  ok: true
  result: 'approved' | 'pending' | 'gone' | 'spent'
  requestId?: string
}

/** Someone who makes, sends and checks the code. */
export interface Verifier {
  readonly name: string
  /** Starts one, or sends the code of the pending one again. Resolves with what happened, always. */
  start(request: VerifyRequest, signal: AbortSignal): Promise<Started | Failure>
  check(target: VerifyTarget, code: string, signal: AbortSignal): Promise<Checked | Failure>
  /** Ends one, or reports that a code of Verge's own making was right. One that is gone is no failure. */
  update(
    target: VerifyTarget,
    status: 'canceled' | 'approved',
    signal: AbortSignal,
  ): Promise<{ ok: true } | Failure>
  /** In the carrier's word; null where it is gone. */
  fetch(
    target: VerifyTarget,
    signal: AbortSignal,
  ): Promise<{ ok: true; status: string | null } | Failure>
  ping(signal: AbortSignal): Promise<Answering>
}
