// Rules that hold for every sequence of commands, however hostile.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { FAILURE_KINDS } from '../../src/domain/delivery'
import { advance, nextDue } from '../../src/domain/due'
import { FAILURES } from '../../src/domain/limits'
import { isStopped, reply } from '../../src/domain/opt-out'
import { emptyRecord, type RecipientRecord, type Step } from '../../src/domain/record'
import { settle } from '../../src/domain/settlement'
import { start, type Terms } from '../../src/domain/start'
import { cancel, check } from '../../src/domain/verification'

const PURPOSES = ['verify', 'login']
const CALLER = { client: 'test' }

const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('start' as const),
      purpose: fc.constantFrom(...PURPOSES),
      key: fc.option(fc.constantFrom('k1', 'k2')),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('check' as const),
      purpose: fc.constantFrom(...PURPOSES),
      right: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      nth: fc.nat(9),
      kind: fc.option(fc.constantFrom(...FAILURE_KINDS)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), nth: fc.nat(9) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('reply' as const),
      keyword: fc.constantFrom('stop' as const, 'start' as const, 'help' as const, null),
      again: fc.option(fc.nat(2)),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.oneof(fc.nat(90_000), fc.nat(4_000_000)),
    }),
  },
)

const policy = fc.record({
  limit: fc.integer({ min: 1, max: 6 }),
  windowMs: fc.integer({ min: 60_000, max: 3_600_000 }),
  maxAttempts: fc.integer({ min: 1, max: 6 }),
  lifetimeMs: fc.integer({ min: 30_000, max: 600_000 }),
  cooldownsMs: fc.array(fc.integer({ min: 1000, max: 60_000 }), { minLength: 1, maxLength: 4 }),
})

it('keeps every promise over any sequence of commands', () => {
  void fc.assert(
    fc.property(
      policy,
      fc.array(command, { maxLength: 80, size: 'max' }),
      ({ limit, windowMs, ...rest }, commands) => {
        const terms: Terms = { codeLength: 6, sends: { limit, windowMs }, ...rest }
        let state = emptyRecord('GB', '+44******0001')
        let now = 1_000_000_000_000
        const counted = new Map<string, number>() // send → when it was accepted, unless given back
        const comparisons = new Map<string, number>()
        const approved = new Set<string>()
        const ids: string[] = []
        const sends: string[] = []
        const failures: number[] = []
        const replies: { keyword: 'stop' | 'start' | 'help' | null; at: number }[] = []
        let stopped = false

        const run = <T>(decide: (state: RecipientRecord) => Step<T>, decides = true): T => {
          const step = decide(advance(state, now).state)
          if (decides) expect(step.facts.length).toBeGreaterThan(0)
          expect(JSON.stringify(step.facts)).not.toContain('123456')
          state = step.state
          return step.result
        }

        for (const c of commands) {
          if (c.do === 'pass') now += c.ms
          if (c.do === 'start') {
            const nth = sends.length
            const before = state
            const result = run((s) =>
              start(
                s,
                {
                  verificationId: `VE${nth}`,
                  sendId: `SM${nth}`,
                  purpose: c.purpose,
                  channel: 'sms',
                  engine: 'own',
                  terms,
                  caller: CALLER,
                  ...(c.key && { idempotency: { key: c.key, fingerprint: c.purpose } }),
                },
                now,
              ),
            )
            expect(isStopped(state)).toBe(stopped)
            if (stopped) expect(result.ok && result.value.send).toBeFalsy()
            else expect(!result.ok && result.refusal.code).not.toBe('opted_out')
            if (result.ok && result.value.send) {
              sends.push(result.value.send.id)
              ids.push(result.value.view.id)
              counted.set(result.value.send.id, now)
              const window = [...counted.values()].filter((at) => at > now - windowMs)
              expect(window.length).toBeLessThanOrEqual(limit)
            } else if (!result.ok && 'retryAfter' in result.refusal) {
              // What it promises is true: that long later, with nothing else done, the same start is accepted.
              const later = now + result.refusal.retryAfter * 1000
              const again = start(
                advance(before, later).state,
                {
                  verificationId: 'VEx',
                  sendId: 'SMx',
                  purpose: c.purpose,
                  channel: 'sms',
                  engine: 'own',
                  terms,
                  caller: CALLER,
                },
                later,
              )
              expect(again.result.ok).toBe(true)
            }
          }
          if (c.do === 'settle' && sends.length > 0) {
            const send = sends[c.nth % sends.length] as string
            const common = { provider: 'twilio', latencyMs: 1, failures: [] }
            const outcome = c.kind
              ? ({
                  ...common,
                  status: 'failed',
                  kind: c.kind,
                  refusal: 'temporarily_unavailable',
                  reason: 'x',
                } as const)
              : ({ ...common, status: 'sent', providerId: 'SM' } as const)
            const { sends: known } = advance(state, now).state
            const open = known.some(({ id, settleBy, lost }) => id === send && (settleBy || lost))
            run((s) => settle(s, { send, outcome, sendLimit: limit, caller: CALLER }, now), open)
            const givenBack = ['throttled', 'unavailable', 'misconfigured'].includes(c.kind ?? '')
            if (open && givenBack) counted.delete(send)
          }
          if (c.do === 'check') {
            const code = c.right ? '123456' : '654321'
            const result = run((s) =>
              check(
                s,
                {
                  target: { purpose: c.purpose },
                  code,
                  simulated: false,
                  expected: '123456',
                  sendLimit: limit,
                  caller: CALLER,
                },
                now,
              ),
            )
            const latest = state.verifications.find((v) => v.purpose === c.purpose)
            if (result.ok || result.refusal.code === 'incorrect_code') {
              const id = latest?.id ?? ''
              comparisons.set(id, (comparisons.get(id) ?? 0) + 1)
              expect(comparisons.get(id)).toBeLessThanOrEqual(terms.maxAttempts)
              if (!result.ok) failures.push(now)
            }
            if (result.ok) {
              expect(c.right).toBe(true)
              expect(approved.has(result.value.id)).toBe(false)
              approved.add(result.value.id)
            }
            const inAnHour = failures.filter((at) => at > now - FAILURES.windowMs).length
            expect(inAnHour).toBeLessThanOrEqual(2 * FAILURES.limit) // then the lock lasts an hour
          }
          if (c.do === 'cancel' && ids.length > 0) {
            const id = ids[c.nth % ids.length] as string
            run((s) => cancel(s, { id, sendLimit: limit, caller: CALLER }, now))
          }

          if (c.do === 'reply') {
            const old = c.again === null ? undefined : replies[replies.length - 1 - c.again]
            const nth = old
              ? replies.indexOf(old)
              : replies.push({ keyword: c.keyword, at: now }) - 1
            const { keyword, at } = replies[nth] as (typeof replies)[number]
            // A copy within the hour of one of the last few: told before, and without effect.
            const isKeyword = keyword === 'stop' || keyword === 'start'
            const isCopy = old !== undefined && isKeyword && now - at < 3_600_000
            const before = state
            const providerId = `SMin${nth}`
            const command = { keyword, provider: 'twilio', providerId, channel: 'sms' }
            run((s) => reply(s, { ...command, caller: CALLER }, now), !isCopy)
            if (isCopy) expect(state).toEqual(advance(before, now).state)
            else if (isKeyword) {
              stopped = keyword === 'stop'
              if (old) replies[nth] = { keyword, at: now }
            }
          }

          for (const v of state.verifications) expect(v.attempts).toBeLessThanOrEqual(v.maxAttempts)
          expect(state.sends.length).toBeLessThanOrEqual(limit)
          expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state)
        }

        // Left alone, it wakes up a bounded number of times and is then forgotten, but for a STOP.
        let wakes = 0
        for (let due = nextDue(state); due !== null; due = nextDue(state)) {
          if (due === Number.POSITIVE_INFINITY) break
          expect(++wakes).toBeLessThan(50)
          now = Math.max(now, due)
          state = advance(state, now).state
        }
        expect(nextDue(state)).toBe(stopped ? Number.POSITIVE_INFINITY : null)
        const left = advance(state, now).state
        expect(left).toEqual({
          ...emptyRecord('GB', '+44******0001'),
          optOut: stopped ? 'stop' : null,
        })
      },
    ),
    { numRuns: 500 },
  )
})
