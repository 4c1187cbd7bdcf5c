import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rankOf } from '../../src/domain/delivery'
import type { AuditEvent } from '../../src/domain/event'
import {
  decimalOf,
  merge,
  microsOf,
  OUTCOME,
  TEXT,
  type TextRow,
  tally,
} from '../../src/domain/tally'
import { lives } from '../lives'

const NOW = Date.parse('2030-01-01T00:00:00Z')
const RECIPIENT = `4${'0'.repeat(19)}`
const SM = `SM${RECIPIENT}${'1'.repeat(12)}`
const VE = `VE${RECIPIENT}${'2'.repeat(12)}`

const event = (
  type: AuditEvent['type'],
  after: number,
  more: Partial<AuditEvent> = {},
): AuditEvent => ({
  id: `EV${after}`,
  at: NOW + after,
  type,
  recipient: RECIPIENT,
  country: 'GB',
  to_masked: '+44******0001',
  message_id: SM,
  verification_id: VE,
  purpose: 'login',
  channel: 'sms',
  ...more,
})
const bySms = { provider: 'twilio', provider_id: 'SM1' }
const STARTED = event('verification.started', 0)
const SENT = event('verification.sent', 200, { ...bySms, segments: 1 })
const report = (status: string, after: number, more: Partial<AuditEvent> = {}) =>
  event('delivery.updated', after, { ...bySms, status, ...more })

const textOf = (...events: AuditEvent[]): TextRow => {
  const [text] = tally(events).texts
  if (!text) throw new Error('no text')
  return text
}

describe('a text', () => {
  it('is one row, whatever is said of it', () => {
    const events = [STARTED, SENT, report('sent', 900), report('delivered', 2100)]
    const price = report('delivered', 900_000, { cost: '0.0075', currency: 'USD', segments: 2 })
    expect(tally([...events, price]).texts).toEqual([
      {
        id: SM,
        at: NOW,
        country: 'GB',
        purpose: 'login',
        channel: 'sms',
        outcome: OUTCOME.sent,
        reason: '',
        witness: 3,
        ...bySms,
        rank: rankOf('delivered'),
        status: 'delivered',
        error: '',
        delivered_at: NOW + 2100,
        segments: 2,
        cost: 7500,
        currency: 'USD',
      },
    ])
  })

  it('belongs to no time until it is known when it was counted', () => {
    expect(textOf(report('delivered', 2100), SENT).at).toBe(-(NOW + 200))
    expect(textOf(report('delivered', 2100), SENT, STARTED).at).toBe(NOW)
  })

  it('that was called lost is what its carrier says after all', () => {
    const lost = event('verification.send_unknown', 30_000, { reason: 'lost' })
    expect(textOf(STARTED, lost)).toMatchObject({ outcome: OUTCOME.unknown, provider: '' })
    expect(textOf(STARTED, lost, SENT)).toMatchObject({ outcome: OUTCOME.sent, ...bySms })
    const failed = event('verification.send_failed', 40_000, {
      provider: 'twilio',
      reason: '21610',
    })
    expect(textOf(STARTED, lost, failed)).toMatchObject({
      outcome: OUTCOME.failed,
      reason: '21610',
      provider: 'twilio',
    })
  })

  it('keeps the carrier that took it, also where another reports on it later', () => {
    const other = event('delivery.updated', 5000, {
      provider: 'vonage',
      provider_id: 'V1',
      status: 'delivered',
    })
    expect(textOf(STARTED, SENT, other)).toMatchObject(bySms)
    // Where nobody knows who took it, a report tells.
    const unknown = event('verification.send_unknown', 200, { provider: 'twilio' })
    expect(textOf(STARTED, unknown, other)).toMatchObject({ provider: 'vonage', provider_id: 'V1' })
  })

  it('keeps the channel it was counted with, also where its code goes by another later', () => {
    const late = report('delivered', 90_000, { channel: 'whatsapp' })
    expect(textOf(STARTED, SENT, late)).toMatchObject({ channel: 'sms', status: 'delivered' })
  })

  it('keeps the error of its last status', () => {
    const lost = report('undelivered', 2000, { reason: '30003' })
    expect(textOf(STARTED, lost, report('sent', 900))).toMatchObject({ error: '30003' })
    expect(textOf(STARTED, lost, report('delivered', 2500))).toMatchObject({ error: '' })
  })

  it('was delivered when the carrier first said so by itself', () => {
    const asked = report('delivered', 1000, { client: 'reconciliation' })
    expect(textOf(STARTED, asked)).toMatchObject({ delivered_at: null, status: 'delivered' })
    const twice = [report('delivered', 2500), asked, report('delivered', 2100)]
    expect(textOf(STARTED, ...twice).delivered_at).toBe(NOW + 2100)
  })

  it('has no price where what is said is none', () => {
    for (const cost of ['', '-1', '1e3', '.5', 'free'])
      expect(textOf(STARTED, report('sent', 1, { cost, currency: 'USD' })).currency).toBe('')
    expect(textOf(STARTED, report('sent', 1, { cost: '0', currency: 'USD' }))).toMatchObject({
      cost: 0,
      currency: 'USD',
    })
    expect(textOf(STARTED, report('sent', 1, { cost: '2' })).currency).toBe('XXX')
  })
})

it('a verification is carried by the latest of its texts that left', () => {
  const resent = { message_id: `SM${RECIPIENT}${'3'.repeat(12)}`, channel: 'whatsapp' }
  const events = [
    event('verification.sent', 60_200, { ...resent, provider: 'vonage' }),
    event('verification.approved', 90_000),
    STARTED,
    event('verification.resent', 60_000, resent),
    SENT,
  ]
  expect(tally(events).verifications).toEqual([
    {
      id: VE,
      at: NOW,
      country: 'GB',
      purpose: 'login',
      sent_at: NOW + 60_200,
      channel: 'whatsapp',
      provider: 'vonage',
      approved_at: NOW + 90_000,
    },
  ])
  expect(tally([STARTED]).verifications).toMatchObject([
    { sent_at: 0, channel: 'sms', provider: '', approved_at: null },
  ])
})

it('comes to the same in any order, with any repetition, in any grouping', () => {
  const byId = <T extends { id: string }>(rows: T[]) => rows.sort((a, b) => (a.id < b.id ? -1 : 1))
  void fc.assert(
    fc.property(
      lives(NOW, { minLength: 1, maxLength: 6 }).chain((events) =>
        fc.tuple(
          fc.constant(events),
          fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
          fc.nat(20),
        ),
      ),
      ([events, shuffled, cut]) => {
        const once = tally(events)
        const anyhow = tally(shuffled)
        expect(byId(anyhow.texts)).toEqual(byId(once.texts))
        expect(byId(anyhow.verifications)).toEqual(byId(once.verifications))
        const parts = [shuffled.slice(0, cut), shuffled.slice(cut)].map((part) => tally(part).texts)
        const [early = [], late = []] = parts
        for (const a of early)
          for (const b of late.filter(({ id }) => id === a.id)) {
            const whole = once.texts.find(({ id }) => id === a.id)
            expect(merge(TEXT, a, b)).toEqual(whole)
            expect(merge(TEXT, b, a)).toEqual(whole)
          }
      },
    ),
  )
})

describe('money', () => {
  it.each([
    ['0.0075', 7500, '0.0075'],
    ['0.00750', 7500, '0.0075'],
    ['12', 12_000_000, '12'],
    ['0', 0, '0'],
    ['0.0000005', 1, '0.000001'],
    ['0.0000004', 0, '0'],
    ['999999999.999999', 999_999_999_999_999, '999999999.999999'],
  ])('%s is %i millionths', (decimal, micros, shown) => {
    expect(microsOf(decimal)).toBe(micros)
    expect(decimalOf(micros)).toBe(shown)
  })
})
