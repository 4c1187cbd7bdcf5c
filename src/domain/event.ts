// Pure. The audit vocabulary: what can have happened, in the past tense, already redacted.
// No field may ever hold a code, a secret or a whole phone number.

export const EVENT_TYPES = [
  'verification.started',
  'verification.resent',
  'verification.replayed',
  'verification.refused',
  'verification.sent',
  'verification.send_failed',
  'verification.send_unknown',
  'verification.approved',
  'verification.check_failed',
  'verification.check_refused',
  'verification.canceled',
  'verification.cancel_refused',
  'verification.expired',
  'delivery.updated',
  'recipient.locked',
  'recipient.unlocked',
] as const

export type EventType = (typeof EVENT_TYPES)[number]

/** Who asks: name of the API key, else the client's address (IPv6 by /64); and the request's id. */
export type Caller = { client?: string; request_id?: string }

/** What a rule says happened. The ledger adds when, to whom, and an id. */
export type Fact = {
  type: EventType
  verification_id?: string
  message_id?: string
  purpose?: string
  channel?: string
  provider?: string
  /** the provider's own id of the text */
  provider_id?: string
  /** the provider's id of the request, for its support */
  provider_request_id?: string
  /** of a text, in the carrier's word */
  status?: string
  reason?: string
  latency_ms?: number
} & Caller

/** A fact as it is stored, queued, mirrored and shown. `at` is epoch ms, `recipient` the keyed hash. */
export type AuditEvent = Fact & {
  id: string
  at: number
  recipient: string
  country: string | null
  to_masked: string
}
