// Pure. What became of a text, as the gateway and later the carrier tell it.
import { startedAtCarrier } from './delegation'
import { certainlyNotSent, type SendOutcome } from './delivery'
import { type Caller, type Fact, factsOfCalls } from './event'
import { messageById, settleMessage } from './message'
import { factOfOutcome, heard } from './outcome'
import {
  about,
  markUnknown,
  type RecipientRecord,
  type Step,
  settled,
  verificationById,
  withVerification,
} from './record'
import { arrivalOf } from './timeline'
import { startableAt } from './view'

export type SettleCommand = {
  send: string
  outcome: SendOutcome
  sendLimit: number
  /** of a message that waited: which time it was taken */
  taken?: number
  caller: Caller
}

/**
 * Writes down what became of a send. Certainly not sent: given back, neither count nor cooldown. Unknown: counted, no
 * cooldown. Refused by the carrier: counted, and cooled down. A send is settled once: an outcome that comes again
 * changes nothing and leaves no event; one that comes after the alarm called the send lost still counts.
 * @returns when the next start may be, epoch ms; of a message, now
 */
export function settle(
  state: RecipientRecord,
  { send: sendId, outcome, sendLimit, taken, caller }: SettleCommand,
  now: number,
): Step<number> {
  const message = messageById(state, sendId)
  if (message) {
    const command = { outcome, caller, ...(taken !== undefined && { taken }) }
    return { ...settleMessage(state, message, command, now), result: now }
  }
  const send = state.sends.find(({ id }) => id === sendId)
  const verification = send && verificationById(state, send.verification)
  const startable = (next: RecipientRecord) =>
    startableAt(next, verification?.purpose ?? '', sendLimit, now)
  const awaited = send?.settleBy !== undefined
  if (!send || !(awaited || send.lost)) return { state, facts: [], result: startable(state) }

  const of = { message_id: sendId, ...(verification && about(verification)) }
  const fact = { ...of, ...factOfOutcome(outcome, caller) }
  const done = (next: RecipientRecord, type: Fact['type'], more: Fact[] = []): Step<number> => ({
    state: next,
    facts: [...factsOfCalls(outcome, { ...of, ...caller }), { type, ...fact }, ...more],
    result: startable(next),
  })
  const ended = outcome.ended ?? []
  const open = {
    ...heard(state, outcome, now),
    stale: state.stale.filter((one) => !ended.includes(one.reference)),
  }
  const { provider } = outcome
  const by = outcome.status === 'sent' ? { provider, ...arrivalOf(provider, now) } : {}
  const closed = {
    ...open,
    sends: state.sends.map((s) => (s === send ? { ...settled(s), ...by } : s)),
  }

  if (outcome.status === 'sent') {
    const { reference } = outcome
    if (reference === undefined) return done(closed, 'verification.sent')
    const started = startedAtCarrier(closed, send.verification, { reference, caller }, now)
    return done(started.state, 'verification.sent', started.facts)
  }
  if (outcome.kind === 'unknown')
    return done(
      awaited ? markUnknown(open, sendId, now).state : closed,
      'verification.send_unknown',
    )

  const givenBack = certainlyNotSent(outcome.kind)
  const next: RecipientRecord = {
    ...closed,
    replays: state.replays.filter((replay) => replay.send !== sendId),
  }
  if (givenBack) {
    next.sends = state.sends.filter((s) => s !== send)
    next.cooldowns = state.cooldowns.filter((cooldown) => cooldown.send !== sendId)
  }
  if (verification) {
    const { id, sends } = verification
    // Where no text of a verification can have left, nobody holds its code: it never was.
    next.verifications =
      sends > 1
        ? withVerification(state, { ...verification, sends: sends - 1 })
        : state.verifications.filter((v) => v.id !== id)
  }
  return done(next, 'verification.send_failed')
}
