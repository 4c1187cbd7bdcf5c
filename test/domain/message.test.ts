import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FailureKind, SendOutcome } from '../../src/domain/delivery'
import { advance, nextDue } from '../../src/domain/due'
import type { Fact } from '../../src/domain/event'
import { add, messageById, take, untilsOf, withdraw } from '../../src/domain/message'
import { reply } from '../../src/domain/opt-out'
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
    take: (id: string) =>
      self.run((state, now) => take(state, { id, windowMs: HOUR, caller: {} }, now)),
    withdraw: (id: string) =>
      self.run((state) => withdraw(state, { id, reason: 'queue', caller: {} })),
    settle: (id: string, outcome: SendOutcome) =>
      self.run((state, now) => settle(state, { send: id, outcome, sendLimit: 5, caller: {} }, now)),
    report: (id: string, status: string, cost?: string) =>
      self.run((state, now) => {
        const receipt = { providerId: 'SM1', status, errorCode: null, ...(cost && { cost }) }
        return fileReceipt(state, { text: id, provider: 'twilio', receipt, caller: {} }, now)
      }),
    stop: () =>
      self.run((state, now) => {
        const of = { provider: 'twilio', providerId: '', channel: 'sms', caller: {} }
        return reply(state, { keyword: 'stop', ...of }, now)
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

it('is handed out once only, but where it was certainly not sent, over any sequence', () => {
  const ids = ['SM1', 'SM2', 'SM3'] as const
  const id = fc.constantFrom(...ids)
  const outcome = fc.constantFrom(
    SENT,
    failed('unknown'),
    failed('unavailable'),
    failed('throttled'),
    failed('rejected'),
    failed('blocked'),
  )
  const command = fc.oneof(
    fc.record({ do: fc.constant('add' as const), id, waits: fc.boolean() }),
    fc.record({ do: fc.constant('take' as const), id }),
    fc.record({ do: fc.constant('withdraw' as const), id }),
    fc.record({ do: fc.constant('settle' as const), id, outcome }),
    fc.record({
      do: fc.constant('report' as const),
      id,
      status: fc.constantFrom('sent', 'delivered', 'failed', 'odd'),
    }),
    fc.record({ do: fc.constant('stop' as const) }),
    fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(SECOND, 29 * SECOND, 30 * SECOND, 10 * MINUTE, HOUR, 4 * HOUR),
    }),
  )
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const r = recipient()
      const added = new Set<string>()
      const mayBeOut = new Set<string>() // handed out, and not known to be unsent
      let stopped = false
      const handOut = (one: string) => {
        expect(stopped).toBe(false)
        expect(mayBeOut.has(one)).toBe(false)
        mayBeOut.add(one)
      }
      for (const step of commands) {
        if (step.do === 'pass') r.now += step.ms
        if (step.do === 'stop') {
          r.stop()
          stopped = true
        }
        if (step.do === 'add' && !added.has(step.id)) {
          const result = r.add(step.id, step.waits ? 4 * HOUR : undefined)
          if (result.ok) added.add(step.id)
          if (result.ok && !step.waits) handOut(step.id)
        }
        if (step.do === 'take') {
          const result = r.take(step.id)
          if (result.ok && result.value) handOut(step.id)
        }
        if (step.do === 'withdraw') r.withdraw(step.id)
        if (step.do === 'settle') {
          const awaited = messageById(advance(r.state, r.now).state, step.id)?.settleBy
          r.settle(step.id, step.outcome)
          const unsent =
            step.outcome.status === 'failed' &&
            ['unavailable', 'throttled'].includes(step.outcome.kind)
          if (awaited !== undefined && unsent) mayBeOut.delete(step.id)
        }
        if (step.do === 'report') r.report(step.id, step.status)
        expect(r.used()).toBeLessThanOrEqual(TERMS.limit)
        const due = nextDue(advance(r.state, r.now).state)
        if (due !== null) expect(due).toBeGreaterThan(r.now)
      }
    }),
    { numRuns: 2000 },
  )
})
