// Pure. Verifications whose code a carrier makes and checks. A carrier has one for each recipient, whatever the purpose, and
// its code would serve every purpose; here a code serves one. So the others end at the carrier before it starts a new one.
import type { CallFailure } from './delivery'
import { type Caller, clip, type Fact, factsOfCalls } from './event'
import { secondsUntil } from './limits'
import {
  about,
  type RecipientRecord,
  type Step,
  staleWith,
  type Verification,
  type VerificationView,
  verificationById,
  withVerification,
} from './record'
import { accept, type Refusal, type Result, refuse } from './refusal'
import { approve, type CheckCommand, counted, missed, spend } from './verification'
import { viewOf } from './view'

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
  const references = ending.flatMap(({ status, reference }) =>
    status === 'approved' || reference === undefined ? [] : [reference],
  )
  return {
    state: { ...state, verifications, stale: staleWith(state, references, now) },
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
 * moment), that one ends: its code would serve both. One that was over before the carrier's word came must end there.
 */
export function startedAtCarrier(
  state: RecipientRecord,
  id: string,
  { reference, caller }: { reference: string; caller: Caller },
  now: number,
): Step<null> {
  const rivals = state.verifications.filter((v) => v.id !== id && v.reference === reference)
  const started = verificationById(state, id)
  if (started?.status !== 'pending') {
    const known = rivals.length > 0 || started?.reference === reference
    const stale = known ? state.stale : staleWith(state, [reference], now)
    return { state: { ...state, stale }, facts: [], result: null }
  }
  const canceled = rivals.filter((v) => v.status === 'pending' && isJudgedByCarrier(v))
  const verifications = state.verifications.map((v): Verification => {
    if (v === started) return { ...v, reference }
    if (!rivals.includes(v)) return v
    const { reference: _, ...rest } = v
    return canceled.includes(v) ? { ...rest, status: 'canceled' } : rest
  })
  const stale = state.stale.filter((one) => one.reference !== reference)
  return {
    state: { ...state, verifications, stale },
    facts: canceled.map((v) => replacedFact(v, caller)),
    result: null,
  }
}

/** What to ask the carrier. No reference: its answer to the start was lost, and it is asked by recipient. */
export type Question = { id: string; reference: string | null }

/**
 * Spends an attempt on a code that only the carrier can judge: a flood of checks does not reach it. One whose reference
 * nobody knows is asked about by recipient, but not while the carrier may hold another's there, whose code would be taken.
 * Refuses what `check` refuses, but incorrect_code; and temporarily_unavailable.
 */
export function ask(
  state: RecipientRecord,
  command: CheckCommand,
  now: number,
): Step<Result<{ ask: Question }>> {
  const spent = spend(state, command, now)
  if (!spent.ok) return spent.step
  const { verification } = spent
  const { id, reference = null } = verification
  const unsure = reference === null && refuseUnsure(state, now)
  if (unsure) {
    const refused = { type: 'verification.check_refused' as const, reason: unsure.code }
    const facts = [{ ...refused, ...about(verification), ...command.caller }]
    return { state, facts, result: refuse(unsure) }
  }
  return {
    state: { ...state, verifications: withVerification(state, verification) },
    facts: [],
    result: accept({ ask: { id, reference } }),
  }
}

/** A start is under way; or one was lost, and nobody knows what the carrier has ended before. The next start does. */
function refuseUnsure({ sends, stale }: RecipientRecord, now: number): Refusal | null {
  const settleBy = Math.max(...sends.map((send) => send.settleBy ?? 0))
  if (settleBy > now)
    return { code: 'temporarily_unavailable', retryAfter: secondsUntil(settleBy, now) }
  return stale.length > 0 ? { code: 'no_pending_verification' } : null
}

/** What the carrier said. `unasked`: it certainly did not look at the code, so the attempt is given back. */
export type Verdict = 'approved' | 'incorrect' | 'gone' | 'spent' | 'unasked' | 'unknown'

export type ConcludeCommand = {
  id: string
  verdict: Verdict
  /** what was asked of it, if it could be */
  call?: {
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
 * A wrong code counts towards the lock whatever has become of the verification: else cancelling would hide a guess.
 * Refuses: no_pending_verification, code_expired, too_many_attempts, incorrect_code, temporarily_unavailable.
 */
export function conclude(
  state: RecipientRecord,
  { id, verdict, call, sendLimit, caller }: ConcludeCommand,
  now: number,
): Step<Result<VerificationView>> {
  const v = verificationById(state, id)
  const of = { ...(v && about(v)), ...caller }
  const calls = call ? factsOfCalls(call, of) : []
  const fact = {
    ...of,
    ...(call && { provider: call.provider, latency_ms: call.latencyMs }),
    ...(call?.requestId && { provider_request_id: clip(call.requestId) }),
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
  if (!v || v.status === 'approved' || v.status === 'canceled') {
    const ended = no({ code: 'no_pending_verification' })
    return verdict === 'incorrect' ? counted(ended, caller, now) : ended
  }
  switch (verdict) {
    case 'approved':
      return after(approve(state, v, fact, sendLimit, now))
    case 'incorrect':
      return v.status === 'expired'
        ? counted(no({ code: 'code_expired' }), caller, now)
        : after(missed(state, v, fact, caller, now))
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
        v.status === 'pending' ? { ...v, attempts: v.attempts - 1 } : v,
      )
    case 'unknown':
      return no({ code: 'temporarily_unavailable', retryAfter: 10 })
  }
}
