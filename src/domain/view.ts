// Pure. What a record comes to for whoever asks: when the next start may be, and what a verification looks like.
import { windowOpensAt } from './limits'
import type { RecipientRecord, Verification, VerificationView } from './record'

/** The limits that hold back the next start for a purpose, each with the time until which it does. */
export const holds = (state: RecipientRecord, purpose: string, limit: number) => [
  { code: 'locked' as const, until: state.lock?.until ?? 0 },
  {
    code: 'rate_limited' as const,
    until:
      windowOpensAt(
        state.sends.map((s) => s.until),
        limit,
      ) ?? 0,
  },
  {
    code: 'cooldown' as const,
    until: state.cooldowns.find((c) => c.purpose === purpose)?.until ?? 0,
  },
]

/** When the next start for a purpose passes every limit. @param limit sends per window */
export const startableAt = (state: RecipientRecord, purpose: string, limit: number, now: number) =>
  Math.max(now, ...holds(state, purpose, limit).map((hold) => hold.until))

/** @param limit sends per window */
export function viewOf(
  state: RecipientRecord,
  v: Verification,
  limit: number,
  now: number,
): VerificationView {
  const { id, purpose, channel, engine, status, expiresAt } = v
  return {
    id,
    purpose,
    channel,
    engine,
    status,
    expiresAt,
    resendAt: startableAt(state, purpose, limit, now),
    sendsRemaining: Math.max(0, limit - state.sends.length),
    attemptsRemaining: v.maxAttempts - v.attempts,
    ...(v.rerouted && { rerouted: v.rerouted }),
  }
}
