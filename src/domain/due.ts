// Pure. What falls due in a record, what time alone does to it, and when it may be forgotten.
import type { Fact } from './event'
import { isStopped } from './opt-out'
import {
  about,
  emptyRecord,
  markUnknown,
  type RecipientRecord,
  type Send,
  type Step,
  type Verification,
  verificationById,
} from './record'
import { ARRIVED, overdue } from './timeline'

/**
 * When this record next wants attention: the first deadline that is an event in itself, else the last deadline
 * of all, after which nothing is left to remember. Null: it may be forgotten now. Infinity: never, for a STOP is left.
 */
export function nextDue(state: RecipientRecord): number | null {
  let event = Number.POSITIVE_INFINITY
  let memory = state.lock?.fadesAt ?? 0
  for (const v of state.verifications) {
    if (v.status === 'pending') event = Math.min(event, v.expiresAt)
  }
  for (const send of state.sends) {
    event = Math.min(event, send.settleBy ?? event, send.arrivesAt ?? event)
    memory = Math.max(memory, send.until)
  }
  for (const { settleBy, waitsUntil, arrivesAt, until } of state.messages) {
    event = Math.min(event, settleBy ?? waitsUntil ?? event, arrivesAt ?? event)
    memory = Math.max(memory, until)
  }
  event = Math.min(event, state.lock?.until ?? event)
  if (event !== Number.POSITIVE_INFINITY) return event

  for (const until of state.failures) memory = Math.max(memory, until)
  for (const { until } of state.cooldowns) memory = Math.max(memory, until)
  for (const { until } of state.replays) memory = Math.max(memory, until)
  for (const { until } of state.stale) memory = Math.max(memory, until)
  for (const { until } of state.replies) memory = Math.max(memory, until)
  memory = Math.max(memory, state.barred?.until ?? 0)
  return memory || (isStopped(state) ? Number.POSITIVE_INFINITY : null)
}

/**
 * Brings a record up to `now`: settles lost sends as unknown, expires verifications, ends locks, drops what left its
 * window; after the last deadline, all but a STOP. Every command begins with it and the alarm runs it alone, so lazy and
 * timed expiry cannot differ.
 */
export function advance(before: RecipientRecord, now: number): Step<null> {
  let state = before
  const facts: Fact[] = []

  for (const send of before.sends) {
    if (send.settleBy === undefined || send.settleBy > now) continue
    const lost = markUnknown(state, send.id, now)
    const sends = lost.state.sends.map((s) =>
      s.id === send.id ? { ...s, lost: true as const } : s,
    )
    state = { ...lost.state, sends }
    facts.push(...lost.facts.map((fact) => ({ ...fact, reason: 'lost' })))
  }
  const sends = state.sends.map((send): Send => {
    if (send.arrivesAt === undefined || send.arrivesAt > now) return send
    const { arrivesAt: _, ...arrived } = send
    const verification = verificationById(state, send.verification)
    const of = { message_id: send.id, ...(verification && about(verification)) }
    facts.push({ type: 'delivery.updated', ...of, ...ARRIVED })
    return { ...arrived, status: ARRIVED.status }
  })
  const messages = state.messages.flatMap((message) => {
    const change = overdue(message, now)
    if (!change) return [message]
    facts.push(change.fact)
    return change.message ? [change.message] : []
  })
  const verifications = state.verifications.map((v): Verification => {
    if (v.status !== 'pending' || v.expiresAt > now) return v
    facts.push({ type: 'verification.expired', ...about(v) })
    return { ...v, status: 'expired' }
  })
  let lock = state.lock
  if (lock?.until && lock.until <= now) {
    lock = { ...lock, until: null }
    facts.push({ type: 'recipient.unlocked' })
  }
  if (lock && lock.fadesAt <= now) lock = null

  const replays = state.replays.filter(({ until }) => until > now)
  const after: RecipientRecord = {
    ...state,
    // A message that may be asked for once more by its key is kept for the answer.
    messages: messages.filter(
      ({ id, until }) => until > now || replays.some(({ send }) => send === id),
    ),
    verifications,
    lock,
    sends: sends.filter((send) => send.until > now),
    failures: state.failures.filter((until) => until > now),
    cooldowns: state.cooldowns.filter(({ until }) => until > now),
    replays,
    stale: state.stale.filter(({ until }) => until > now),
    replies: state.replies.filter(({ until }) => until > now),
    barred: state.barred && state.barred.until > now ? state.barred : null,
  }
  return { state: isOver(after) ? remainderOf(after) : after, facts, result: null }
}

/** Whether its last deadline has passed. Most records have sent a text within the hour, and are not looked through. */
function isOver(state: RecipientRecord): boolean {
  if (state.sends.length > 0) return false
  const due = nextDue(state)
  return due === null || due === Number.POSITIVE_INFINITY
}

/** What is left of a record after its last deadline. A carrier's word is not: the carrier keeps that itself. */
const remainderOf = (state: RecipientRecord): RecipientRecord => ({
  ...emptyRecord(state.country, state.masked),
  optOut: isStopped(state) ? state.optOut : null,
})
