// Pure. What became of a text, as the gateway and later the carrier tell it.
import { certainlyNotSent, outranks, type SendOutcome } from './delivery'
import type { Caller, Fact } from './event'
import {
  about,
  markUnknown,
  type RecipientRecord,
  type Step,
  settled,
  startableAt,
  verificationById,
  withoutCooldown,
  withVerification,
} from './record'
import { accept, type Result } from './refusal'

export type SettleCommand = {
  send: string
  outcome: SendOutcome
  sendLimit: number
  caller: Caller
}

/**
 * Writes down what became of a send. Certainly not sent: given back, neither count nor cooldown. Unknown: counted, no
 * cooldown. Refused by the carrier: counted, and cooled down. Late and repeated outcomes are harmless.
 * @returns when the next start may be
 */
export function settle(
  state: RecipientRecord,
  { send: sendId, outcome, sendLimit, caller }: SettleCommand,
  now: number,
): Step<Result<number>> {
  const send = state.sends.find(({ id }) => id === sendId)
  const verification = send && verificationById(state, send.verification)
  const fact: Omit<Fact, 'type'> = {
    message_id: sendId,
    ...(verification && about(verification)),
    provider: outcome.provider,
    ...(outcome.providerId && { provider_id: outcome.providerId }),
    ...(outcome.requestId && { provider_request_id: outcome.requestId }),
    ...(outcome.status === 'failed' && { reason: outcome.reason }),
    latency_ms: outcome.latencyMs,
    ...caller,
  }
  const done = (next: RecipientRecord, type: Fact['type']): Step<Result<number>> => ({
    state: next,
    facts: [{ type, ...fact }],
    result: accept(startableAt(next, verification?.purpose ?? '', sendLimit, now)),
  })
  const closed = state.sends.map((s) => (s.id === sendId ? settled(s) : s))

  if (outcome.status === 'sent')
    return done({ ...state, sends: closed, optedOut: false }, 'verification.sent')
  // Where the alarm called it lost, it is unknown already, and the cooldown may be a newer send's.
  const awaited = send?.settleBy !== undefined
  if (outcome.kind === 'unknown')
    return done(
      awaited ? markUnknown(state, sendId, now).state : state,
      'verification.send_unknown',
    )
  if (!send) return done(state, 'verification.send_failed')

  const givenBack = certainlyNotSent(outcome.kind)
  const next: RecipientRecord = {
    ...state,
    sends: givenBack ? state.sends.filter((s) => s.id !== sendId) : closed,
    replays: state.replays.filter((replay) => replay.send !== sendId),
    optedOut: outcome.refusal === 'opted_out' || state.optedOut,
  }
  if (verification) {
    const { id, purpose, sends } = verification
    // Where no text of a verification can have left, nobody holds its code: it never was.
    next.verifications =
      sends > 1
        ? withVerification(state, { ...verification, sends: sends - 1 })
        : state.verifications.filter((v) => v.id !== id)
    if (givenBack && awaited) next.cooldowns = withoutCooldown(state, purpose)
  }
  return done(next, 'verification.send_failed')
}

export type DeliveryReport = {
  send: string
  provider: string
  providerId: string
  status: string
  errorCode: string | null
  caller: Caller
}

/** Files a carrier's report on a text. What ranks no higher than what is known changes nothing and leaves no event. */
export function report(state: RecipientRecord, command: DeliveryReport): Step<Result<null>> {
  const send = state.sends.find(({ id }) => id === command.send)
  if (send && !outranks(command.status, send.status))
    return { state, facts: [], result: accept(null) }
  const verification = send && verificationById(state, send.verification)
  const fact: Fact = {
    type: 'delivery.updated',
    message_id: command.send,
    ...(verification && about(verification)),
    provider: command.provider,
    provider_id: command.providerId,
    status: command.status,
    ...(command.errorCode && { reason: command.errorCode }),
    ...command.caller,
  }
  const sends = state.sends.map((s) => (s === send ? { ...s, status: command.status } : s))
  return { state: { ...state, sends }, facts: [fact], result: accept(null) }
}
