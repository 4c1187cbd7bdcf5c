// Pure. What can become of one text at a carrier, and when the same carrier may be asked again.
import type { RefusalCode } from './refusal'

/**
 * What may be done about a failure:
 * rejected: the recipient or the text is at fault: stop, say so.   blocked: opt-out or fraud: stop, never route round it.
 * throttled: wait.   unavailable: not accepted: another carrier may.   misconfigured: the operator must look.
 * unknown: it may have been accepted.
 */
export const FAILURE_KINDS = [
  'rejected',
  'blocked',
  'throttled',
  'unavailable',
  'misconfigured',
  'unknown',
] as const

export type FailureKind = (typeof FAILURE_KINDS)[number]

/** The three that certainly sent nothing are given back to the recipient: neither count nor cooldown. */
export const certainlyNotSent = (kind: FailureKind): boolean =>
  kind === 'throttled' || kind === 'unavailable' || kind === 'misconfigured'

/** A refusal code that a carrier's failure may turn into. */
export type CarrierRefusal = Extract<
  RefusalCode,
  | 'invalid_phone_number'
  | 'not_sms_capable'
  | 'country_not_allowed'
  | 'opted_out'
  | 'send_blocked'
  | 'rate_limited'
  | 'too_many_requests'
  | 'could_not_deliver'
  | 'temporarily_unavailable'
>

/** Why and how long a carrier is left alone, epoch ms; `reason` is its own code. */
export type Rest = { since: number; until: number; reason: string }

/** One call to a carrier that failed. `rested`: the first that anyone heard of it. */
export type CallFailure = {
  provider: string
  kind: FailureKind
  refusal: CarrierRefusal
  reason: string
  requestId?: string
  latencyMs: number
  rested?: true
}

/** What became of a text. `reference`: of the verification that the carrier began. */
export type SendOutcome = {
  provider: string
  /** the carrier's own id of the text */
  providerId?: string
  /** what it will be billed as, where the carrier says so */
  segments?: number
  requestId?: string
  latencyMs: number
  /** the calls that failed, in order */
  failures: CallFailure[]
  /** the carrier had rested, and this is the first that anyone heard of its return */
  recovered?: true
  /** what the carrier ended before */
  ended?: (string | null)[]
} & (
  | { status: 'sent'; reference?: string }
  | { status: 'failed'; kind: FailureKind; refusal: CarrierRefusal; reason: string }
)

/** What a carrier reports of a text after it took it. */
export type Receipt = {
  /** the carrier's own id of the text */
  providerId: string
  /** in the carrier's own word */
  status: string
  errorCode: string | null
  /** why it did not arrive, where the carrier's code tells */
  failure?: { kind: FailureKind; refusal: CarrierRefusal }
  segments?: number
  /** decimal, not negative */
  cost?: string
  /** ISO 4217 */
  currency?: string
}

const LOST = [
  'undelivered',
  'failed',
  'canceled',
  'rejected',
  'undeliverable',
  'expired',
  'refused',
]

// Callbacks come twice and out of order. Twilio's own order of statuses, and Vonage's; what neither names ranks below all.
// The statistics' table stores ranks, and 0003_statistics.sql knows the first that is final.
const RANKS: readonly (readonly string[])[] = [
  ['accepted', 'scheduled'],
  ['queued'],
  ['sending'],
  ['sent', 'submitted'],
  LOST,
  ['delivered'],
  ['read'],
]

/** Every status that is known here. */
export const STATUSES: readonly string[] = RANKS.flat()

/** Whether a status says that the text did not arrive and will not. */
export const isLost = (status: string): boolean => LOST.includes(status)

/** Whether a status says more than the one known so far. */
export const outranks = (status: string, known: string | undefined): boolean =>
  known === undefined || rankOf(status) > rankOf(known)

/** Higher says more; -1: a status that nobody here knows. */
export const rankOf = (status: string) => RANKS.findIndex((row) => row.includes(status))

const BASE_MS = 250
const CAP_MS = 3000

/** Full jitter: anything between nothing and the doubled step. `random` is in [0, 1). */
export const backOffMs = (attempt: number, random: number): number =>
  Math.floor(random * Math.min(CAP_MS, BASE_MS * 2 ** attempt))
