// Pure. What is done with a verification that start.ts began: check, cancel. What becomes of its texts is in settlement.ts.
// Each takes a recipient's record that `advance` has brought up to date, a command and the time, and returns the
// whole decision as a Step.
import { sameText } from './code'
import type { Caller, Fact } from './event'
import { FAILURES, nextLock, secondsUntil } from './limits'
import {
  about,
  type RecipientRecord,
  type Step,
  type Verification,
  type VerificationView,
  verificationById,
  viewOf,
  withoutCooldown,
  withVerification,
} from './record'
import { accept, type Refusal, type Result, refuse } from './refusal'

/** By id, or the latest for a purpose. With both, both must fit. */
export type Target = { id?: string; purpose?: string }

/** The verification that a check or cancel is about, whatever its status. */
export function targetOf(
  state: RecipientRecord | null,
  { id, purpose }: Target,
): Verification | undefined {
  if (!state) return undefined
  if (id === undefined) return state.verifications.find((v) => v.purpose === purpose)
  const found = verificationById(state, id)
  return purpose === undefined || found?.purpose === purpose ? found : undefined
}

export type CheckCommand = {
  target: Target
  code: string
  /** the right code of the target, computed beforehand */
  expected: string | undefined
  sendLimit: number
  /** whether texts are shown instead of sent: such a code proves nothing where they are sent */
  simulated: boolean
  caller: Caller
}

/**
 * Spends an attempt, then compares. The right code consumes the verification in the same step.
 * Refuses: locked, no_pending_verification, code_expired, too_many_attempts, incorrect_code.
 */
export function check(
  state: RecipientRecord,
  command: CheckCommand,
  now: number,
): Step<Result<VerificationView>> {
  const { target, caller, sendLimit } = command
  const v = targetOf(state, target)
  const fact = { ...(v ? about(v) : target.purpose && { purpose: target.purpose }), ...caller }
  const no = (refusal: Refusal) => ({
    state,
    facts: [{ type: 'verification.check_refused' as const, ...fact, reason: refusal.code }],
    result: refuse(refusal),
  })

  const lockedUntil = state.lock?.until
  if (lockedUntil) return no({ code: 'locked', retryAfter: secondsUntil(lockedUntil, now) })
  const foreign = v && (v.engine === 'simulation') !== command.simulated
  if (!v || foreign || v.status === 'approved' || v.status === 'canceled')
    return no({ code: 'no_pending_verification' })
  if (v.expiresAt <= now) return no({ code: 'code_expired' })
  if (v.status !== 'pending') {
    const { resendAt } = viewOf(state, v, sendLimit, now)
    return no({
      code: 'too_many_attempts',
      attemptsRemaining: 0,
      retryAfter: secondsUntil(resendAt, now),
    })
  }

  const spent: Verification = { ...v, attempts: v.attempts + 1 }
  if (command.expected !== undefined && sameText(command.code, command.expected)) {
    const approved: Verification = { ...spent, status: 'approved' }
    const next: RecipientRecord = {
      ...state,
      cooldowns: withoutCooldown(state, v.purpose),
      verifications: withVerification(state, approved),
    }
    const view = viewOf(next, approved, sendLimit, now)
    return {
      state: next,
      facts: [{ type: 'verification.approved', ...fact }],
      result: accept(view),
    }
  }

  const attemptsRemaining = spent.maxAttempts - spent.attempts
  if (attemptsRemaining === 0) spent.status = 'max_attempts_reached'
  const failures = [...state.failures, now + FAILURES.windowMs]
  const next: RecipientRecord = {
    ...state,
    failures,
    verifications: withVerification(state, spent),
  }
  const facts: Fact[] = [{ type: 'verification.check_failed', ...fact, reason: 'incorrect_code' }]
  if (failures.length >= FAILURES.limit) {
    next.lock = nextLock(state.lock, now)
    next.failures = []
    facts.push({ type: 'recipient.locked', ...caller })
  }
  return { state: next, facts, result: refuse({ code: 'incorrect_code', attemptsRemaining }) }
}

export type CancelCommand = { id: string; sendLimit: number; caller: Caller }

/**
 * Ends a pending verification; its sends stay counted and its cooldown goes on, or cancelling would be a way
 * round them. Refuses: no_pending_verification, code_expired, not_found.
 */
export function cancel(
  state: RecipientRecord,
  { id, sendLimit, caller }: CancelCommand,
  now: number,
): Step<Result<VerificationView>> {
  const v = verificationById(state, id)
  const fact = { ...(v && about(v)), ...caller }
  const no = (refusal: Refusal) => ({
    state,
    facts: [{ type: 'verification.cancel_refused' as const, ...fact, reason: refusal.code }],
    result: refuse(refusal),
  })
  if (!v) return no({ code: 'not_found' })
  if (v.status === 'expired') return no({ code: 'code_expired' })
  if (v.status !== 'pending') return no({ code: 'no_pending_verification' })
  const canceled: Verification = { ...v, status: 'canceled' }
  const next = { ...state, verifications: withVerification(state, canceled) }
  const facts: Fact[] = [{ type: 'verification.canceled', ...fact }]
  return { state: next, facts, result: accept(viewOf(next, canceled, sendLimit, now)) }
}
