// Pure. The audit vocabulary: what can have happened, in the past tense, already redacted.
// No field may ever hold a code, a secret or a whole phone number.
import type { CallFailure } from './delivery'

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
  'verification.rerouted',
  'message.queued',
  'message.replayed',
  'message.refused',
  'message.sent',
  'message.send_failed',
  'message.send_unknown',
  'delivery.updated',
  'provider.failed',
  'provider.rested',
  'provider.recovered',
  'recipient.locked',
  'recipient.unlocked',
  'recipient.opted_out',
  'recipient.opted_in',
  'recipient.replied',
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
  /** of a text, in the carrier's word; of a failed call, its kind */
  status?: string
  reason?: string
  latency_ms?: number
  /** of a text: what carriers bill it as */
  segments?: number
  /** what the carrier asks for a text, a decimal number of `currency` (ISO 4217) */
  cost?: string
  currency?: string
} & Caller

/** A fact as it is stored, queued, mirrored and shown. `at` is epoch ms, `recipient` the keyed hash. */
export type AuditEvent = Fact & {
  id: string
  at: number
  recipient: string
  country: string | null
  to_masked: string
}

/** What a carrier says of itself is kept short, or one long word would hold up the outbox. */
export const clip = (text: string) => text.slice(0, 64)

/** What was tried, in order: the calls that failed, and carriers that began to rest or came back. */
export function factsOfCalls(
  {
    provider,
    failures,
    recovered,
  }: { provider: string; failures: CallFailure[]; recovered?: true },
  of: Partial<Fact>,
): Fact[] {
  const facts = failures.flatMap((failure): Fact[] => {
    const call = { ...of, provider: failure.provider, reason: clip(failure.reason) }
    const failed: Fact = {
      type: 'provider.failed',
      ...call,
      status: failure.kind,
      latency_ms: failure.latencyMs,
      ...(failure.requestId && { provider_request_id: clip(failure.requestId) }),
    }
    return failure.rested ? [failed, { type: 'provider.rested', ...call }] : [failed]
  })
  return recovered ? [...facts, { type: 'provider.recovered', ...of, provider }] : facts
}
