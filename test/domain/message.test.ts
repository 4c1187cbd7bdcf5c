import { describe, expect, it } from 'vitest'
import type { FailureKind, SendOutcome } from '../../src/domain/delivery'
import { advance, nextDue } from '../../src/domain/due'
import type { Fact } from '../../src/domain/event'
import { add, messageById, untilsOf } from '../../src/domain/message'
import { fileReceipt } from '../../src/domain/receipt'
import { emptyRecord, type RecipientRecord, type Step } from '../../src/domain/record'
import { settle } from '../../src/domain/settlement'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const T0 = Date.parse('2030-01-01T00:00:00Z')
const TERMS = { limit: 2, windowMs: HOUR }

const SENT: SendOutcome = {
  provider: 'twilio',
  providerId: 'SM1',
  latencyMs: 5,
  failures: [],
  status: 'sent',
}
const failed = (kind: FailureKind): SendOutcome => ({
  provider: 'twilio',
  latencyMs: 5,
  failures: [],
  status: 'failed',
  kind,
  refusal: 'temporarily_unavailable',
  reason: 'test',
})

/** One recipient's record, and the commands that reach it. */
function recipient() {
  const self = {
    state: emptyRecord('US', '+1******0123'),
    now: T0,
    facts: [] as Fact[],
    run<T>(decide: (state: RecipientRecord, now: number) => Step<T>): T {
      const aged = advance(self.state, self.now)
      const step = decide(aged.state, self.now)
      self.state = step.state
      self.facts.push(...aged.facts, ...step.facts)
      return step.result
    },
    add: (id: string, waitMs?: number, key?: string) =>
      self.run((state, now) =>
        add(
          state,
          {
            id,
            terms: TERMS,
            segments: 1,
            encoding: 'GSM-7',
            ...(waitMs && { waitMs }),
            ...(key && { idempotency: { key, fingerprint: 'f' } }),
            caller: {},
          },
          now,
        ),
      ),
    settle: (id: string, outcome: SendOutcome) =>
      self.run((state, now) => settle(state, { send: id, outcome, sendLimit: 5, caller: {} }, now)),
    report: (id: string, status: string, cost?: string) =>
      self.run((state, now) => {
        const receipt = { providerId: 'SM1', status, errorCode: null, ...(cost && { cost }) }
        return fileReceipt(state, { text: id, provider: 'twilio', receipt, caller: {} }, now)
      }),
    status: (id: string) => messageById(self.state, id)?.status,
    used: () => untilsOf(self.state, self.now).length,
    types: () => self.facts.map(({ type }) => type),
  }
  return self
}

/** Every order of a list. */
const ordersOf = <T>(items: T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, i) => ordersOf(items.toSpliced(i, 1)).map((rest) => [item, ...rest]))

describe('what carriers report of a message', () => {
  const statuses = ['queued', 'sending', 'sent', 'undelivered', 'delivered', 'a new word']

  it('ends in the same state in every order of every status, each twice', () => {
    const ends = ordersOf(statuses).map((order) => {
      const r = recipient()
      r.add('SM1')
      r.settle('SM1', SENT)
      for (const status of order) r.report('SM1', status)
      const facts = r.facts.length
      for (const status of order) r.report('SM1', status)
      expect(r.facts).toHaveLength(facts) // duplicates change nothing
      const { status, timeline = [] } = messageById(r.state, 'SM1') ?? {}
      return JSON.stringify([status, timeline.map((entry) => entry.status).sort()])
    })
    expect([...new Set(ends)]).toEqual([JSON.stringify(['delivered', statuses.toSorted()])])
  })

  it('counts before the gateway has said that it was sent', () => {
    const r = recipient()
    r.add('SM1')
    r.report('SM1', 'delivered')
    r.settle('SM1', SENT)
    expect(r.status('SM1')).toBe('delivered')
  })

  it('says what it cost although its status is known', () => {
    const r = recipient()
    r.add('SM1')
    r.settle('SM1', SENT)
    r.report('SM1', 'delivered')
    r.report('SM1', 'delivered', '0.0075')
    expect(r.facts.at(-1)).toMatchObject({ type: 'delivery.updated', cost: '0.0075' })
    const { length } = r.facts
    r.report('SM1', 'delivered', '0.0075')
    expect(r.facts).toHaveLength(length)
  })

  it('is more than knowing nothing', () => {
    const r = recipient()
    r.add('SM1')
    r.settle('SM1', failed('unknown'))
    expect(r.status('SM1')).toBe('unknown')
    r.report('SM1', 'sent')
    expect(r.status('SM1')).toBe('sent')
  })
})

describe('a message', () => {
  it('is counted in a sliding window of its own', () => {
    const r = recipient()
    expect([r.add('SM1').ok, r.add('SM2').ok]).toEqual([true, true])
    expect(r.add('SM3')).toEqual({ ok: false, refusal: { code: 'rate_limited', retryAfter: 3600 } })
    r.now += HOUR - 1
    expect(r.add('SM3').ok).toBe(false)
    r.now += 1
    expect(r.add('SM3').ok).toBe(true)
  })

  it('that was refused by the carrier stays counted, and one that certainly was not sent does not', () => {
    const r = recipient()
    r.add('SM1')
    r.settle('SM1', failed('rejected'))
    r.add('SM2')
    r.settle('SM2', failed('unavailable'))
    expect([r.used(), r.status('SM1'), r.status('SM2')]).toEqual([1, 'failed', undefined])
  })

  it('is settled once', () => {
    const r = recipient()
    r.add('SM1')
    r.settle('SM1', SENT)
    const before = structuredClone(r.state)
    for (const outcome of [SENT, failed('unavailable'), failed('rejected'), failed('unknown')])
      r.settle('SM1', outcome)
    expect(r.state).toEqual(before)
    expect(r.types()).toEqual(['message.queued', 'message.sent'])
  })

  it('that is lost is unknown, and hears of its outcome all the same', () => {
    const r = recipient()
    r.add('SM1')
    r.now += 30 * SECOND
    expect(nextDue(r.state)).toBe(r.now)
    r.run((state) => ({ state, facts: [], result: null }))
    expect(r.facts.at(-1)).toMatchObject({ type: 'message.send_unknown', reason: 'lost' })
    r.settle('SM1', SENT)
    expect(r.status('SM1')).toBe('sent')
  })

  it('leaves nothing behind', () => {
    const r = recipient()
    r.add('SM1', undefined, 'key')
    r.settle('SM1', SENT)
    expect(nextDue(r.state)).toBe(T0 + HOUR)
    r.now += HOUR
    r.run((state) => ({ state, facts: [], result: null }))
    expect(nextDue(r.state)).toBeNull()
  })
})
