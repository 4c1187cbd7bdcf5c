// Pure. Verifications whose code a carrier makes and checks. A carrier has one for each recipient, whatever the purpose, and
// its code would serve every purpose; here a code serves one. So the others end at the carrier before it starts a new one.
import type { CallFailure } from './delivery'
import { type Caller, clip, type Fact, factsOfCalls } from './event'
import { secondsUntil } from './limits'
import {
  about,
  type RecipientRecord,
  type Step,
  type Verification,
  type VerificationView,
  verificationById,
  viewOf,
  withVerification,
} from './record'
import { accept, type Refusal, type Result, refuse } from './refusal'
import { approve, type CheckCommand, missed, spend } from './verification'

/** Twilio forgets a verification that is as old (its default). Within it, a start would bring the old code again. */
const STALE_MS = 10 * 60_000

/** Whether the carrier checks the code. */
export const isJudgedByCarrier = ({ engine, ownCode }: Verification): boolean =>
  engine === 'delegated' && !ownCode

/**
 * What must end at the carrier is noted, and what ends with it is canceled here.
 * @param keep the verification that goes on, if any
 */
export function makeRoom(
  state: RecipientRecord,
  keep: Verification | undefined,
  { purpose, delegated, caller }: { purpose: string; delegated: boolean; caller: Caller },
  now: number,
): Step<null> {
  const ending = state.verifications.filter(
    (v) => v !== keep && v.reference !== undefined && (delegated || v.purpose === purpose),
  )
  if (ending.length === 0) return { state, facts: [], result: null }
  const canceled = ending.filter(
    (v) => v.status === 'pending' && v.purpose !== purpose && isJudgedByCarrier(v),
  )
  const verifications = state.verifications.map((v): Verification => {
    if (!ending.includes(v)) return v
    const { reference: _, ...rest } = v
    return canceled.includes(v) ? { ...rest, status: 'canceled' } : rest
  })
  const stale = ending.flatMap(({ status, reference = '' }) =>
    status === 'approved' ? [] : [{ reference, until: now + STALE_MS }],
  )
  return {
    state: { ...state, verifications, stale: [...state.stale, ...stale] },
    facts: canceled.map((v) => replacedFact(v, caller)),
    result: null,
  }
}

const replacedFact = (v: Verification, caller: Caller): Fact => ({
  type: 'verification.canceled',
  ...about(v),
  reason: 'replaced',
  ...caller,
})

/**
 * The carrier started it. Where it says that this is the verification it has for another purpose (two starts at the same
 * moment), that one ends: its code would serve both. @param ended what has ended at the carrier before
 */
export function startedAtCarrier(
  state: RecipientRecord,
  id: string,
  { reference, ended, caller }: { reference: string; ended: string[]; caller: Caller },
): Step<null> {
  const rivals = state.verifications.filter((v) => v.id !== id && v.reference === reference)
  const verifications = state.verifications.map((v): Verification => {
    if (v.id === id) return { ...v, reference }
    if (!rivals.includes(v)) return v
    const { reference: _, ...rest } = v
    return rest.status === 'pending' ? { ...rest, status: 'canceled' } : rest
  })
  return {
    state: {
      ...state,
      verifications,
      stale: state.stale.filter((stale) => !ended.includes(stale.reference)),
    },
    facts: rivals.filter((v) => v.status === 'pending').map((v) => replacedFact(v, caller)),
    result: null,
  }
}

/** What to ask the carrier. No reference: its answer to the start was lost, and it is asked by recipient. */
export type Question = { id: string; reference: string | null }

/**
 * Spends an attempt on a code that only the carrier can judge: a flood of checks does not reach it.
 * Refuses what `check` refuses, but incorrect_code.
 */
export function ask(
  state: RecipientRecord,
  command: CheckCommand,
  now: number,
): Step<Result<{ ask: Question }>> {
  const spent = spend(state, command, now)
  if (!spent.ok) return spent.step
  const { verification } = spent
  return {
    state: { ...state, verifications: withVerification(state, verification) },
    facts: [],
    result: accept({ ask: { id: verification.id, reference: verification.reference ?? null } }),
  }
}

/** What the carrier said. `unasked`: it certainly did not look at the code, so the attempt is given back. */
export type Verdict = 'approved' | 'incorrect' | 'gone' | 'spent' | 'unasked' | 'unknown'

export type ConcludeCommand = {
  id: string
  verdict: Verdict
  /** the call, if it was answered, and what went wrong with it, if anything did */
  call: {
    provider: string
    requestId?: string
    latencyMs: number
    failures: CallFailure[]
    recovered?: true
  }
  sendLimit: number
  caller: Caller
}

/**
 * Writes down what the carrier said of a code. It approves once; should two right codes meet, so does this.
 * An approval counts though the verification has meanwhile expired here, or was said to be gone to someone who asked later.
 * Refuses: no_pending_verification, code_expired, too_many_attempts, incorrect_code, temporarily_unavailable.
 */
export function conclude(
  state: RecipientRecord,
  { id, verdict, call, sendLimit, caller }: ConcludeCommand,
  now: number,
): Step<Result<VerificationView>> {
  const v = verificationById(state, id)
  const of = { ...(v && about(v)), ...caller }
  const calls = factsOfCalls(call, of)
  const fact = {
    ...of,
    provider: call.provider,
    latency_ms: call.latencyMs,
    ...(call.requestId && { provider_request_id: clip(call.requestId) }),
  }
  const after = <T>(step: Step<T>): Step<T> => ({ ...step, facts: [...calls, ...step.facts] })
  const no = (refusal: Refusal, changed?: Verification, facts: Fact[] = []) => ({
    state: changed ? { ...state, verifications: withVerification(state, changed) } : state,
    facts: [
      ...calls,
      ...facts,
      { type: 'verification.check_refused' as const, ...fact, reason: refusal.code },
    ],
    result: refuse(refusal),
  })
  if (!v || v.status === 'approved' || v.status === 'canceled')
    return no({ code: 'no_pending_verification' })
  switch (verdict) {
    case 'approved':
      return after(approve(state, v, fact, sendLimit, now))
    case 'incorrect':
      return v.status === 'pending'
        ? after(missed(state, v, fact, caller, now))
        : no({ code: 'code_expired' })
    case 'gone': {
      if (v.status !== 'pending') return no({ code: 'code_expired' })
      const expired: Fact = { type: 'verification.expired', ...about(v), reason: 'gone', ...caller }
      const { reference: _, ...rest } = v
      return no({ code: 'no_pending_verification' }, { ...rest, status: 'expired' }, [expired])
    }
    case 'spent': {
      const spent: Verification = { ...v, attempts: v.maxAttempts, status: 'max_attempts_reached' }
      const { resendAt } = viewOf(state, v, sendLimit, now)
      const retryAfter = secondsUntil(resendAt, now)
      return no({ code: 'too_many_attempts', attemptsRemaining: 0, retryAfter }, spent)
    }
    case 'unasked':
      return no(
        { code: 'temporarily_unavailable', retryAfter: 10 },
        { ...v, attempts: Math.max(0, v.attempts - 1) },
      )
    case 'unknown':
      return no({ code: 'temporarily_unavailable', retryAfter: 10 })
  }
}
