// Which carriers rest. A carrier whose account is refused, or that fails several times in a row, is left alone for a
// while; then one call is let through to see. This is what one isolate has seen: it decides without asking anyone, and
// another isolate pays one failed call to learn the same. What all of them report is kept by objects/carrier-health.ts.
import type { Rest } from '../domain/delivery'
import type { Failure } from './provider'

/** What an answer changed. `rests_on`: the call that was let through failed as well. */
export type Change = 'rested' | 'rests_on' | 'recovered'

export type Circuits = ReturnType<typeof createCircuits>

const FAILURES_IN_A_ROW = 3
/** Each rest that ends in a failure doubles the next. An account is mended by people, an outage by itself. */
const ACCOUNT_REST_MS = { first: 5 * 60_000, longest: 60 * 60_000 }
const OUTAGE_REST_MS = { first: 30_000, longest: 10 * 60_000 }
/** While one call is out to see, others stay away; longer than it may take. */
const PROBE_MS = 20_000

type State = { failures: number; rests: number; rest: Rest | null; probeUntil: number }

export function createCircuits() {
  const states = new Map<string, State>()
  const vouched = new Set<string>()
  const stateOf = (name: string): State => {
    const state = states.get(name) ?? { failures: 0, rests: 0, rest: null, probeUntil: 0 }
    states.set(name, state)
    return state
  }

  return {
    /** Whether a carrier is to be left alone now. */
    rests(name: string, now: number): boolean {
      const { rest, probeUntil } = stateOf(name)
      return rest !== null && (rest.until > now || probeUntil > now)
    },

    restOf: (name: string): Rest | null => stateOf(name).rest,

    /** Whether a carrier's success is the first that this isolate has seen. */
    isFirstSuccess(name: string): boolean {
      if (vouched.has(name)) return false
      vouched.add(name)
      return true
    },

    /**
     * A call goes out. @returns who hears of its answer. A refused recipient or text is the answer of a healthy carrier; a
     * full one is neither.
     */
    asked(name: string, askedAt: number) {
      const restedThen = stateOf(name).rest !== null
      if (restedThen) stateOf(name).probeUntil = askedAt + PROBE_MS
      return (outcome: { ok: true } | Failure, now: number): Change | null => {
        const state = stateOf(name)
        // Calls that were under way when the rest began say nothing new: neither a fault nor a success.
        if (state.rest && !restedThen) return null
        state.probeUntil = 0
        if (!outcome.ok && outcome.kind === 'throttled') return null
        if (outcome.ok || !isFault(outcome)) {
          states.delete(name)
          return state.rest ? 'recovered' : null
        }
        // Asked all the same, because every carrier rests.
        if (state.rest && state.rest.until > now) return null
        state.failures++
        if (!state.rest && !outcome.account && state.failures < FAILURES_IN_A_ROW) return null
        const { first, longest } = outcome.account ? ACCOUNT_REST_MS : OUTAGE_REST_MS
        const change = state.rest ? 'rests_on' : 'rested'
        const until = now + Math.min(longest, first * 2 ** state.rests)
        state.rest = { since: state.rest?.since ?? now, until, reason: outcome.reason }
        state.rests++
        return change
      }
    },
  }
}

/**
 * The carrier failed, and not just for this number, country or channel. What a caller chooses must not put a carrier to
 * rest for all, so a sender or a channel that is not set up does not count: it passes on to the next carrier each time.
 */
const isFault = ({ kind, refusal, account }: Failure): boolean =>
  kind === 'unknown' ||
  (kind === 'unavailable' && refusal === 'temporarily_unavailable') ||
  account === true
