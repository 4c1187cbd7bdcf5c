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
  withoutCooldown,
  withVerification,
} from './record'
import { accept, type Refusal, type Result, refuse } from './refusal'
import { viewOf } from './view'

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
  sendLimit: number
  /** whether texts are shown instead of sent: such a code proves nothing where they are sent */
  simulated: boolean
  caller: Caller
}

/** The right code of the target, computed beforehand. */
export type Expected = { expected: string | undefined }

/** `reference`: what the carrier must be told of. */
export type Ended = VerificationView & { reference?: string }

type Refused = Step<{ ok: false; refusal: Refusal }>

/**
 * Spends an attempt, before anyone looks at the code; whether it may still be spent.
 * Refuses: locked, no_pending_verification, code_expired, too_many_attempts.
 */
export function spend(
  state: RecipientRecord,
  { target, simulated, caller, sendLimit }: CheckCommand,
  now: number,
): { ok: true; verification: Verification } | { ok: false; step: Refused } {
  const v = targetOf(state, target)
  const fact = { ...(v ? about(v) : target.purpose && { purpose: target.purpose }), ...caller }
  const no = (refusal: Refusal) => {
    const facts = [{ type: 'verification.check_refused' as const, ...fact, reason: refusal.code }]
    return { ok: false as const, step: { state, facts, result: refuse(refusal) } }
  }
  const lockedUntil = state.lock?.until
  if (lockedUntil) return no({ code: 'locked', retryAfter: secondsUntil(lockedUntil, now) })
  const foreign = v && (v.engine === 'simulation') !== simulated
  if (!v || foreign || v.status === 'approved' || v.status === 'canceled')
    return no({ code: 'no_pending_verification' })
  if (v.expiresAt <= now) return no({ code: 'code_expired' })
  // The carrier had forgotten it.
  if (v.status === 'expired') return no({ code: 'no_pending_verification' })
  if (v.status !== 'pending' || v.attempts >= v.maxAttempts) {
    const { resendAt } = viewOf(state, v, sendLimit, now)
    return no({
      code: 'too_many_attempts',
      attemptsRemaining: 0,
      retryAfter: secondsUntil(resendAt, now),
    })
  }
  return { ok: true, verification: { ...v, attempts: v.attempts + 1 } }
}

/**
 * Spends an attempt, then compares. The right code consumes the verification in the same step.
 * Refuses what `spend` refuses, and incorrect_code.
 */
export function check(
  state: RecipientRecord,
  command: CheckCommand & Expected,
  now: number,
): Step<Result<Ended>> {
  const spent = spend(state, command, now)
  if (!spent.ok) return spent.step
  const { code, expected, sendLimit, caller } = command
  const v = spent.verification
  const fact = { ...about(v), ...caller }
  return expected !== undefined && sameText(code, expected)
    ? approve(state, v, fact, sendLimit, now)
    : missed(state, v, fact, caller, now)
}

/** The code was right: the verification is consumed, and its cooldown ends. */
export function approve(
  state: RecipientRecord,
  v: Verification,
  fact: Omit<Fact, 'type'>,
  sendLimit: number,
  now: number,
): Step<Result<Ended>> {
  const approved: Verification = { ...v, status: 'approved' }
  const next: RecipientRecord = {
    ...state,
    cooldowns: withoutCooldown(state, v.purpose),
    verifications: withVerification(state, approved),
  }
  const view = viewOf(next, approved, sendLimit, now)
  const { reference, ownCode } = v
  const told = ownCode && reference ? { reference } : {}
  const facts: Fact[] = [{ type: 'verification.approved', ...fact }]
  return { state: next, facts, result: accept({ ...view, ...told }) }
}

/** The code was wrong. @param v with the attempt spent */
export function missed(
  state: RecipientRecord,
  v: Verification,
  fact: Omit<Fact, 'type'>,
  caller: Caller,
  now: number,
): Step<Result<VerificationView>> {
  const attemptsRemaining = v.maxAttempts - v.attempts
  const status = attemptsRemaining === 0 ? 'max_attempts_reached' : v.status
  const next = { ...state, verifications: withVerification(state, { ...v, status }) }
  const facts: Fact[] = [{ type: 'verification.check_failed', ...fact, reason: 'incorrect_code' }]
  const result = refuse({ code: 'incorrect_code', attemptsRemaining })
  return counted({ state: next, facts, result }, caller, now)
}

/** Counts a wrong code towards the lock, which the tenth within the window sets. */
export function counted<T>(
  { state, facts, result }: Step<T>,
  caller: Caller,
  now: number,
): Step<T> {
  const failures = [...state.failures, now + FAILURES.windowMs]
  if (failures.length < FAILURES.limit) return { state: { ...state, failures }, facts, result }
  return {
    state: { ...state, failures: [], lock: nextLock(state.lock, now) },
    facts: [...facts, { type: 'recipient.locked', ...caller }],
    result,
  }
}

export type CancelCommand = { id: string; sendLimit: number; caller: Caller }

/**
 * Ends a pending verification; its sends stay counted and its cooldown goes on, or cancelling would be a way
 * round them. `reference`: what must end at the carrier too. Refuses: no_pending_verification, code_expired, not_found.
 */
export function cancel(
  state: RecipientRecord,
  { id, sendLimit, caller }: CancelCommand,
  now: number,
): Step<Result<Ended>> {
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
  const view = viewOf(next, canceled, sendLimit, now)
  const { reference } = v
  return { state: next, facts, result: accept({ ...view, ...(reference && { reference }) }) }
}
