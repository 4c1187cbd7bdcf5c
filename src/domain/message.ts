// Pure. Texts that are not codes: counted in a window of their own, and sent at most once.
import { certainlyNotSent } from './delivery'
import { type Caller, clip, type Fact, factsOfCalls } from './event'
import { secondsUntil, windowOpensAt } from './limits'
import { isStopped } from './opt-out'
import { factOfOutcome, heard } from './outcome'
import type { Encoding, Message, RecipientRecord, Step, TimelineEntry } from './record'
import { accept, type Refusal, type Result, refuse } from './refusal'
import { earlierCall, type Idempotency, REPLAY_MS } from './replay'
import type { SettleCommand } from './settlement'
import { SETTLE_MS } from './start'
import { arrivalOf, concluded, withEntry } from './timeline'

/** How many per recipient and sliding window. */
export type MessageTerms = { limit: number; windowMs: number }

export type AddCommand = {
  id: string
  terms: MessageTerms
  segments: number
  encoding: Encoding
  /** how long it may wait for someone to `take` it; without it, whoever adds it sends it at once */
  waitMs?: number
  idempotency?: Idempotency
  caller: Caller
}

export type MessageView = {
  id: string
  status: string
  segments: number
  encoding: Encoding
  timeline: TimelineEntry[]
}

/**
 * What to send. `only`: the one carrier that may be asked, and what it said before. `taken`: which time it is, where a queue
 * may bring it again; its outcome is of that time only.
 */
export type MessageOrder = { id: string; only: RecipientRecord['barred']; taken?: number }

/** `send` is null where there is nothing to send; `replayed`: a call with the same Idempotency-Key was accepted before. */
export type Added = { view: MessageView; send: MessageOrder | null; replayed: boolean }

/**
 * Adds a message to the record and counts it. One that waits in a queue is found again by a repeated call: its first
 * caller may have died before it was there. Refuses: idempotency_mismatch, idempotency_in_progress, opted_out, rate_limited.
 */
export function add(
  state: RecipientRecord,
  { id, terms, segments, encoding, waitMs, idempotency, caller }: AddCommand,
  now: number,
): Step<Result<Added>> {
  const no = (refusal: Refusal) => ({
    state,
    facts: [
      {
        type: 'message.refused' as const,
        message_id: id,
        channel: 'sms',
        reason: refusal.code,
        ...caller,
      },
    ],
    result: refuse(refusal),
  })
  const earlier = earlierCall(state, idempotency)
  if (earlier?.ok === false) return no(earlier.refusal)
  const known = earlier && messageById(state, earlier.replay.send)
  if (known) {
    const waits = known.waitsUntil !== undefined
    const send = waits ? { id: known.id, only: state.barred } : null
    const facts: Fact[] = [{ type: 'message.replayed', message_id: known.id, ...caller }]
    return { state, facts, result: accept({ view: viewOf(known), send, replayed: true }) }
  }
  if (isStopped(state)) return no({ code: 'opted_out' })
  const opensAt = windowOpensAt(untilsOf(state, now), terms.limit)
  // One that waits counts for as long as it may wait; sent now, it would count for a window.
  const opens = Math.min(opensAt ?? 0, now + terms.windowMs)
  if (opensAt !== null) return no({ code: 'rate_limited', retryAfter: secondsUntil(opens, now) })

  const waitsUntil = waitMs === undefined ? undefined : now + waitMs
  const message: Message = {
    id,
    until: Math.max(now + terms.windowMs, waitsUntil ?? 0),
    ...(waitsUntil === undefined ? { settleBy: now + SETTLE_MS } : { waitsUntil }),
    status: 'queued',
    segments,
    encoding,
    timeline: [{ status: 'queued', at: now }],
  }
  const replay = idempotency && { ...idempotency, until: now + REPLAY_MS, send: id }
  const facts: Fact[] = [
    { type: 'message.queued', message_id: id, channel: 'sms', segments, ...caller },
  ]
  return {
    state: {
      ...state,
      messages: inOrder([...state.messages, message]),
      replays: replay ? [...state.replays, replay] : state.replays,
    },
    facts,
    result: accept({ view: viewOf(message), send: { id, only: state.barred }, replayed: false }),
  }
}

export type TakeCommand = { id: string; windowMs: number; caller: Caller }

/**
 * Takes a waiting message out to send it; who takes it settles it. Null where there is nothing to send any more: it was
 * sent, given up, or its recipient has meanwhile said STOP. Refuses idempotency_in_progress while another has it.
 */
export function take(
  state: RecipientRecord,
  { id, windowMs, caller }: TakeCommand,
  now: number,
): Step<Result<MessageOrder | null>> {
  const nothing = { state, facts: [], result: accept(null) }
  const message = messageById(state, id)
  if (message?.settleBy !== undefined)
    return { ...nothing, result: refuse({ code: 'idempotency_in_progress' }) }
  if (message?.waitsUntil === undefined) return nothing
  if (isStopped(state)) return without(state, id, { reason: 'opted_out', caller })
  const taken = (message.taken ?? 0) + 1
  const next = { ...message, settleBy: now + SETTLE_MS, until: now + windowMs, taken }
  return {
    state: { ...state, messages: inOrder(replaced(state, next)) },
    facts: [],
    result: accept({ id, only: state.barred, taken }),
  }
}

export type WithdrawCommand = { id: string; reason: string; caller: Caller }

/** Takes a waiting message back: it could not even be queued. @returns false where it was, and has been taken to be sent */
export function withdraw(
  state: RecipientRecord,
  { id, reason, caller }: WithdrawCommand,
): Step<Result<boolean>> {
  const message = messageById(state, id)
  const waits = message?.waitsUntil !== undefined && message.settleBy === undefined
  return waits
    ? { ...without(state, id, { reason, caller }), result: accept(true) }
    : { state, facts: [], result: accept(message === undefined) }
}

/** As if it had never been: neither count nor key. */
function without(
  state: RecipientRecord,
  id: string,
  { reason, caller }: { reason: string; caller: Caller },
): Step<Result<null>> {
  const type = reason === 'opted_out' ? 'message.refused' : 'message.send_failed'
  return {
    state: forgotten(state, id),
    facts: [{ type, message_id: id, channel: 'sms', reason, ...caller }],
    result: accept(null),
  }
}

/**
 * Writes down what became of a message, once. Certainly not sent: given back, or left waiting for the next attempt.
 * Unknown: counted, and not sent again. Refused by the carrier: counted.
 */
export function settleMessage(
  state: RecipientRecord,
  message: Message,
  { outcome, taken, caller }: Omit<SettleCommand, 'send' | 'sendLimit'>,
  now: number,
): Step<null> {
  const isAwaited = message.settleBy !== undefined || message.lost
  // An outcome that comes twice must not give back what was meanwhile taken once more.
  if (!isAwaited || taken !== message.taken) return { state, facts: [], result: null }
  const of = { message_id: message.id, channel: 'sms' }
  const calls = factsOfCalls(outcome, { ...of, ...caller })
  const { provider } = outcome
  const done = (
    type: Fact['type'],
    entry: Omit<TimelineEntry, 'at'>,
    more: Partial<Message> = {},
  ): Step<null> => {
    const next = concluded(withEntry(message, { ...entry, at: now, provider }))
    return {
      state: { ...heard(state, outcome, now), messages: replaced(state, { ...next, ...more }) },
      facts: [...calls, { type, ...of, ...factOfOutcome(outcome, caller) }],
      result: null,
    }
  }
  if (outcome.status === 'sent')
    return done(
      'message.sent',
      { status: 'sent' },
      {
        ...(outcome.segments && { segments: outcome.segments }),
        ...arrivalOf(provider, now),
      },
    )
  if (outcome.kind === 'unknown') return done('message.send_unknown', { status: 'unknown' })
  if (!certainlyNotSent(outcome.kind)) {
    const failed = done('message.send_failed', {
      status: 'failed',
      errorCode: clip(outcome.reason),
    })
    const replays = state.replays.filter(({ send }) => send !== message.id)
    return { ...failed, state: { ...failed.state, replays } }
  }
  const open = heard(state, outcome, now)
  if (message.waitsUntil !== undefined && !message.lost) {
    const { settleBy: _, ...rest } = message
    // What was counted from its sending on counts again for as long as it waits.
    const waiting = { ...rest, until: Math.max(message.until, message.waitsUntil) }
    const messages = inOrder(replaced(open, waiting))
    return { state: { ...open, messages }, facts: calls, result: null }
  }
  return {
    state: forgotten(open, message.id),
    facts: [...calls, { type: 'message.send_failed', ...of, ...factOfOutcome(outcome, caller) }],
    result: null,
  }
}

export const messageById = (state: RecipientRecord, id: string): Message | undefined =>
  state.messages.find((message) => message.id === id)

/** When each message that counts leaves the window, soonest first. */
export const untilsOf = ({ messages }: RecipientRecord, now: number): number[] =>
  messages.flatMap(({ until }) => (until > now ? until : []))

export const viewOf = ({ id, status, segments, encoding, timeline }: Message): MessageView => ({
  id,
  status,
  segments,
  encoding,
  timeline,
})

const inOrder = (messages: Message[]) => messages.toSorted((a, b) => a.until - b.until)

export const replaced = ({ messages }: RecipientRecord, next: Message): Message[] =>
  messages.map((message) => (message.id === next.id ? next : message))

const forgotten = (state: RecipientRecord, id: string): RecipientRecord => ({
  ...state,
  messages: state.messages.filter((message) => message.id !== id),
  replays: state.replays.filter(({ send }) => send !== id),
})
