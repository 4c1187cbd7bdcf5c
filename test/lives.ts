// Events as texts and verifications leave them, at random: whole and broken lives, with all that a queue and carriers may do.
import * as fc from 'fast-check'
import type { AuditEvent } from '../src/domain/event'

const hex = (digits: number) =>
  Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join('')

const CARRIERS = ['twilio', 'vonage', 'http:local']
const COSTS = ['0.0075', '0.00750', '0.0832', '12', '0', '0.03330000', '0.0000015']

const text = fc.record({
  provider: fc.constantFrom(...CARRIERS),
  channel: fc.constantFrom('sms', 'whatsapp'),
  isMessage: fc.boolean(),
  isCounted: fc.nat(19).map((n) => n > 0),
  first: fc.constantFrom('verification.started', 'verification.resent', 'verification.rerouted'),
  outcome: fc.constantFrom('sent', 'sent', 'sent', 'send_failed', 'send_unknown', 'lost', 'none'),
  refusal: fc.constantFrom('21610', 'http_400', 'barred'),
  isApproved: fc.boolean(),
  segments: fc.integer({ min: 1, max: 3 }),
  receipts: fc.array(
    fc.record({
      status: fc.constantFrom(
        'queued',
        'sent',
        'delivered',
        'delivered',
        'delivered',
        'delivered',
        'delivered',
        'undelivered',
        'failed',
        'read',
        'odd',
      ),
      reason: fc.option(fc.constantFrom('30003', '30005'), { nil: undefined }),
      after: fc.noBias(fc.integer({ min: 300, max: 20_000 })),
      isAsked: fc.nat(4).map((n) => n === 0),
      isForgotten: fc.boolean(),
      cost: fc.option(fc.constantFrom(...COSTS), { nil: undefined }),
      segments: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    }),
    { maxLength: 4, size: 'max' },
  ),
})

const refusal = fc.record({
  type: fc.constantFrom('verification.refused' as const, 'message.refused' as const),
  reason: fc.constantFrom('cooldown', 'rate_limited', 'opted_out'),
})

const life = fc.record({
  at: fc.integer({ min: 0, max: 5 * 86_400_000 }),
  country: fc.constantFrom('US', 'BD', 'GB', null),
  purpose: fc.constantFrom('verify', 'login'),
  what: fc.oneof({ weight: 5, arbitrary: text }, { weight: 1, arbitrary: refusal }),
})

/** The events of many lives, from `epoch` on and over five days, in the order in which they were generated. */
export const lives = (epoch: number, count: { minLength: number; maxLength: number }) =>
  fc.array(life, count).map((all) => all.flatMap((one) => eventsOf(epoch, one)))

function eventsOf(
  epoch: number,
  { at: later, country, purpose, what }: typeof life extends fc.Arbitrary<infer T> ? T : never,
): AuditEvent[] {
  const recipient = `4${hex(19)}`
  const at = epoch + later
  const event = (
    type: AuditEvent['type'],
    after: number,
    more: Partial<AuditEvent>,
  ): AuditEvent => ({
    id: `EV${hex(32)}`,
    at: at + after,
    type,
    recipient,
    country,
    to_masked: '+44******0001',
    ...more,
  })
  if (!('receipts' in what))
    return [event(what.type, 0, { purpose, channel: 'sms', reason: what.reason })]

  const message_id = `SM${recipient}${hex(12)}`
  const { provider, channel, isMessage, outcome, segments } = what
  const about = isMessage
    ? { message_id, channel }
    : { message_id, channel, purpose, verification_id: `VE${recipient}${hex(12)}` }
  const kind = isMessage ? 'message' : 'verification'
  const named = { ...about, provider, provider_id: `SM${hex(32)}` }
  const began = isMessage ? 'message.queued' : (what.first as AuditEvent['type'])
  const failed = { ...about, provider, reason: what.refusal }
  return [
    ...(what.isCounted ? [event(began, 0, about)] : []),
    ...(outcome === 'lost'
      ? [event(`${kind}.send_unknown`, 100, { ...about, reason: 'lost' })]
      : []),
    ...(outcome === 'sent' || outcome === 'lost'
      ? [event(`${kind}.sent`, 200, { ...named, segments })]
      : []),
    ...(outcome === 'send_failed' ? [event(`${kind}.send_failed`, 200, failed)] : []),
    ...(outcome === 'send_unknown'
      ? [event(`${kind}.send_unknown`, 200, { ...about, provider })]
      : []),
    ...what.receipts.map(({ after, isAsked, isForgotten, cost, ...receipt }) =>
      event('delivery.updated', after, {
        ...(isForgotten ? { message_id, country: null } : about),
        provider,
        provider_id: named.provider_id,
        status: receipt.status,
        ...(receipt.reason && { reason: receipt.reason }),
        ...(receipt.segments && { segments: receipt.segments }),
        ...(cost && { cost, currency: provider === 'vonage' ? 'EUR' : 'USD' }),
        ...(isAsked && { client: 'reconciliation' }),
      }),
    ),
    ...(what.isApproved && !isMessage ? [event('verification.approved', 30_000, about)] : []),
  ]
}
