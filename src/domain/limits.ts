// Pure. How often: the sliding window of sends, the growing cooldown, the budget of wrong codes and its lock.
// Everything counted is kept as the time at which it stops to count, so no rule here needs the configuration later.

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Wrong codes per recipient, over all its verifications, before a lock. */
export const FAILURES = { limit: 10, windowMs: HOUR } as const

/** Locks grow, end by themselves, and their memory fades a day after the last one ended. */
const LOCKS_MS = [15 * MINUTE, HOUR, 24 * HOUR] as const
const LOCK_MEMORY_MS = 24 * HOUR

/** `until` is null once the lock has ended and only its level is remembered. Epoch ms. */
export type Lock = { level: number; until: number | null; fadesAt: number }

export function nextLock(previous: Lock | null, now: number): Lock & { until: number } {
  const level = Math.min((previous?.level ?? 0) + 1, LOCKS_MS.length)
  const until = now + (LOCKS_MS[level - 1] as number)
  return { level, until, fadesAt: until + LOCK_MEMORY_MS }
}

/**
 * When a sliding window has room again: null for now, else epoch ms.
 * @param untils when each counted thing leaves the window, oldest first
 */
export function windowOpensAt(untils: readonly number[], limit: number): number | null {
  return untils.length < limit ? null : (untils[untils.length - limit] ?? null)
}

/** The wait after the n-th send (from 1) of one verification; the last step repeats. */
export const cooldownAfter = (stepsMs: readonly number[], send: number): number =>
  stepsMs[Math.min(send, stepsMs.length) - 1] ?? 0

/** Whole seconds until `then`, at least one: what Retry-After may promise. */
export const secondsUntil = (then: number, now: number): number =>
  Math.max(1, Math.ceil((then - now) / 1000))
