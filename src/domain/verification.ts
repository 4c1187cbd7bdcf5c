// Pure. The life of a verification: start (or resend), check, cancel; what becomes of its texts is in settlement.ts.
// Each takes a recipient's record that `advance` has brought up to date, a command and the time, and returns the
// whole decision as a Step.
import { sameText } from './code'
import type { Caller, Fact } from './event'
import { cooldownAfter, FAILURES, nextLock, secondsUntil } from './limits'
import {
  about,
  type Engine,
  holds,
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

/** The operator's rules for one purpose. */
export type Terms = {
  lifetimeMs: number
  codeLength: number
  maxAttempts: number
  /** wait after the 1st, 2nd, … send of one verification */
  cooldownsMs: number[]
  sends: { limit: number; windowMs: number }
}

export type StartCommand = {
  /** ids to use if a verification, and a text, come of it */
  verificationId: string
  sendId: string
  purpose: string
  channel: string
  engine: Engine
  terms: Terms
  idempotency?: { key: string; fingerprint: string }
  caller: Caller
}

/** The text to send now. */
export type SendOrder = { id: string; codeLength: number }

/** `send` is null where an earlier answer is replayed. */
export type Started = { view: VerificationView; send: SendOrder | null }

/** A gateway that has not settled a send by then is dead: longer than it may take over all carriers. */
export const SETTLE_MS = 30_000
const REPLAY_MS = 10 * 60_000
/** A code with less to live is not worth another text. */
const RESEND_LIFE_MS = 30_000

/**
 * Starts a verification, or sends the same code of the pending one again. The send is counted here, before it leaves.
 * Refuses: idempotency_mismatch, idempotency_in_progress; locked, rate_limited, cooldown (whichever holds longest).
 */
export function start(
  state: RecipientRecord,
  command: StartCommand,
  now: number,
): Step<Result<Started>> {
  const { purpose, channel, terms, idempotency, caller } = command
  const fact = (type: Fact['type'], more: Partial<Fact> = {}): Fact => ({
    type,
    purpose,
    channel,
    ...more,
    ...caller,
  })
  const no = (refusal: Refusal) => ({
    state,
    facts: [fact('verification.refused', { reason: refusal.code })],
    result: refuse(refusal),
  })

  const replay = idempotency && state.replays.find(({ key }) => key === idempotency.key)
  if (replay) {
    if (replay.fingerprint !== idempotency.fingerprint) return no({ code: 'idempotency_mismatch' })
    const waiting = state.sends.some(
      ({ id, settleBy }) => id === replay.send && settleBy !== undefined,
    )
    if (waiting) return no({ code: 'idempotency_in_progress' })
    const facts = [fact('verification.replayed', { verification_id: replay.view.id })]
    return { state, facts, result: accept({ view: replay.view, send: null }) }
  }

  const hold = holds(state, purpose, terms.sends.limit).reduce((a, b) =>
    b.until > a.until ? b : a,
  )
  if (hold.until > now) return no({ code: hold.code, retryAfter: secondsUntil(hold.until, now) })

  const latest = targetOf(state, { purpose })
  // Each engine has its own codes, and a text needs time to arrive: else a new verification takes the place.
  const pending =
    latest?.status === 'pending' &&
    latest.engine === command.engine &&
    latest.expiresAt - now >= RESEND_LIFE_MS
      ? latest
      : undefined
  const verification: Verification = pending
    ? { ...pending, channel, sends: pending.sends + 1 }
    : {
        id: command.verificationId,
        purpose,
        channel,
        engine: command.engine,
        status: 'pending',
        expiresAt: now + terms.lifetimeMs,
        codeLength: terms.codeLength,
        maxAttempts: terms.maxAttempts,
        attempts: 0,
        sends: 1,
      }
  const send = {
    id: command.sendId,
    verification: verification.id,
    until: now + terms.sends.windowMs,
    settleBy: now + SETTLE_MS,
  }
  const next: RecipientRecord = {
    ...state,
    sends: [...state.sends, send].sort((a, b) => a.until - b.until),
    cooldowns: [
      ...withoutCooldown(state, purpose),
      { purpose, until: now + cooldownAfter(terms.cooldownsMs, verification.sends), send: send.id },
    ],
    verifications: withVerification(state, verification),
  }
  const view = viewOf(next, verification, terms.sends.limit, now)
  if (idempotency) {
    const answer = { ...idempotency, until: now + REPLAY_MS, send: send.id, view }
    next.replays = [...state.replays, answer]
  }
  const type = pending ? 'verification.resent' : 'verification.started'
  const facts = [fact(type, { verification_id: verification.id, message_id: send.id })]
  if (latest?.status === 'pending' && !pending)
    facts.unshift({ type: 'verification.expired', ...about(latest), reason: 'replaced', ...caller })
  return {
    state: next,
    facts,
    result: accept({ view, send: { id: send.id, codeLength: verification.codeLength } }),
  }
}

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
