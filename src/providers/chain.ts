// Who is asked to send, in which order, and how often. A carrier is asked again only where the text was certainly not
// accepted, or once where it may have been and the text is a code (the same code twice does no harm); then the next one
// is. An opt-out, a fraud block or a recipient at fault ends it: no other carrier is a way round that.
import { backOffMs } from '../domain/delivery'
import type { Change, Circuits } from './circuit'
import type { Failure, Messenger, Sent, Text } from './provider'

const CALL_TIMEOUT_MS = 10_000
const SHORTEST_CALL_MS = 3000
const MAX_CALLS = 3
/** A wait that a carrier asks for is not worth it where another one stands ready. */
const PATIENCE_MS = 1000
/** All calls and waits together, over all carriers; a ledger calls a send lost only well after. */
const DEADLINE_MS = 15_000

/** What any call may have to say for the log. */
export type Answered = { ok: true; requestId?: string } & Partial<Omit<Sent, 'ok'>>

/** One call to a carrier, and what came of it. */
export type Attempt<T extends Answered = Sent> = {
  provider: string
  latencyMs: number
  change?: Change
} & (T | Failure)

/** What the chain needs of the world, so that a test can be it. */
export type Clock = { now(): number; wait(ms: number): Promise<unknown>; random(): number }

const platform: Clock = {
  now: () => Date.now(),
  wait: (ms) => scheduler.wait(ms),
  random: () => Math.random(),
}

/**
 * What a call to a carrier is made with. `onAttempt` hears of every one, for the log. `startedAt`: when the time for all
 * of them began (epoch ms), where it was not just now.
 */
export type Calling = {
  circuits: Circuits
  onAttempt: (attempt: Attempt<Answered>) => void
  startedAt?: number
}

type Delivering = Calling & {
  messengers: readonly Messenger[]
  text: Text
  /** the operator lists the country: another carrier may be allowed what one is not */
  countryListed: boolean
}

/**
 * Sends one text, within the deadline. Carriers that rest are asked last, when nothing is lost by it. Where any call may have been accepted, the outcome is never better known than that.
 * @returns what came of it, and every call in order
 */
export async function deliver(
  { messengers, text, countryListed, ...calling }: Delivering,
  clock: Clock = platform,
): Promise<{ outcome: Attempt; attempts: Attempt[] }> {
  const deadline = (calling.startedAt ?? clock.now()) + DEADLINE_MS
  const rests = ({ name }: Messenger) => calling.circuits.rests(name, clock.now())
  const awake = messengers.filter((one) => !rests(one))
  const asked = [...awake, ...messengers.filter(rests)]
  const attempts: Attempt[] = []
  for (const [i, messenger] of asked.entries()) {
    const mayAskAgain = ({ kind }: Failure, calls: number) =>
      kind !== 'unknown' || (text.repeatable && calls === 1)
    // Each carrier after this one keeps its chance; no time is kept for one that rests.
    const reserveMs = Math.max(0, awake.length - i - 1) * SHORTEST_CALL_MS
    const calls = await insist(
      { name: messenger.name, deadline, reserveMs, mayAskAgain, ...calling },
      (signal) => messenger.send(text, signal),
      clock,
    )
    attempts.push(...calls)
    const last = calls.at(-1) as Attempt
    if (last.ok) return { outcome: last, attempts }
    if (!mayPassOn(last, text, countryListed)) break
    if (deadline - clock.now() < SHORTEST_CALL_MS) break
  }
  return { outcome: sumOf(attempts as (Attempt & Failure)[]), attempts }
}

/** Calls that stand for themselves: one carrier, and the whole time for it. Unknown outcomes are not asked for again. */
export const call = <T extends Answered>(
  name: string,
  calling: Calling,
  ask: (signal: AbortSignal) => Promise<T | Failure>,
  clock: Clock = platform,
): Promise<Attempt<T>[]> =>
  insist(
    {
      name,
      deadline: (calling.startedAt ?? clock.now()) + DEADLINE_MS,
      reserveMs: 0,
      mayAskAgain: ({ kind }) => kind !== 'unknown',
      ...calling,
    },
    ask,
    clock,
  )

type Insisting = Calling & {
  name: string
  deadline: number
  /** of the time until then, what is kept for others */
  reserveMs: number
  mayAskAgain: (failure: Failure, calls: number) => boolean
}

/** Asks one carrier until it says something that will not change. @returns each call, the last one being its word */
async function insist<T extends Answered>(
  { name, deadline, reserveMs, mayAskAgain, circuits, onAttempt }: Insisting,
  ask: (signal: AbortSignal) => Promise<T | Failure>,
  clock: Clock,
): Promise<Attempt<T>[]> {
  const attempts: Attempt<T>[] = []
  for (let calls = 1; ; calls++) {
    const left = Math.max(SHORTEST_CALL_MS, deadline - reserveMs - clock.now())
    const signal = AbortSignal.timeout(Math.min(CALL_TIMEOUT_MS, left))
    const attempt = await observe(name, circuits, clock, () => ask(signal))
    attempts.push(attempt)
    onAttempt(attempt)
    if (attempt.ok || !attempt.retry || attempt.account || calls >= MAX_CALLS) return attempts
    if (!mayAskAgain(attempt, calls)) return attempts
    const waitMs = (attempt.retryAfter ?? 0) * 1000 || backOffMs(calls - 1, clock.random())
    if (clock.now() + waitMs + SHORTEST_CALL_MS > deadline - reserveMs) return attempts
    if (reserveMs > 0 && waitMs > PATIENCE_MS) return attempts
    await clock.wait(waitMs)
  }
}

/** Makes one call, takes its time, and tells the circuit. */
async function observe<T extends Answered>(
  name: string,
  circuits: Circuits,
  clock: Pick<Clock, 'now'>,
  call: () => Promise<T | Failure>,
): Promise<Attempt<T>> {
  const startedAt = clock.now()
  const heard = circuits.asked(name, startedAt)
  const outcome = await call()
  const now = clock.now()
  const change = heard(outcome, now)
  return { provider: name, latencyMs: now - startedAt, ...(change && { change }), ...outcome }
}

/** Whether the next carrier may be asked. */
function mayPassOn({ kind, refusal }: Failure, text: Text, countryListed: boolean): boolean {
  if (kind === 'blocked') return false
  if (kind === 'rejected') return refusal === 'country_not_allowed' && countryListed
  return kind !== 'unknown' || text.repeatable
}

/** What all failures together come to: the last word, but a chance to try again if any carrier left one. */
function sumOf(failures: (Attempt & Failure)[]): Attempt {
  const last = failures.at(-1) as Attempt & Failure
  if (failures.some(({ kind }) => kind === 'unknown')) return { ...last, kind: 'unknown' }
  if (last.kind === 'rejected' || last.kind === 'blocked') return last
  return failures.findLast(({ refusal }) => refusal === 'temporarily_unavailable') ?? last
}
