// What holds for messages over every sequence of commands, with carriers that are slow, settle twice or too late.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  certainlyNotSent,
  FAILURE_KINDS,
  type SendOutcome,
  STATUSES,
} from '../../src/domain/delivery'
import { advance, nextDue } from '../../src/domain/due'
import type { Fact } from '../../src/domain/event'
import { add, take, withdraw } from '../../src/domain/message'
import { reply } from '../../src/domain/opt-out'
import { fileReceipt } from '../../src/domain/receipt'
import { emptyRecord, type RecipientRecord, type Step } from '../../src/domain/record'
import { settle } from '../../src/domain/settlement'

const HOUR = 3_600_000
const CALLER = { client: 'test' }
const END = ['message.sent', 'message.send_failed', 'message.send_unknown', 'message.refused']

const nth = fc.nat(9)
const command = fc.oneof(
  fc.record({
    do: fc.constant('add' as const),
    key: fc.option(fc.constantFrom('k1', 'k2')),
    queued: fc.boolean(),
  }),
  fc.record({ do: fc.constant('take' as const), nth }),
  fc.record({ do: fc.constant('withdraw' as const), nth }),
  fc.record({
    do: fc.constant('settle' as const),
    nth,
    kind: fc.option(fc.constantFrom(...FAILURE_KINDS)),
    provider: fc.constantFrom('twilio', 'simulation'),
  }),
  fc.record({ do: fc.constant('repeat' as const), nth }),
  fc.record({
    do: fc.constant('receipt' as const),
    nth,
    status: fc.constantFrom(...STATUSES, 'odd', '__proto__'),
    blocked: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('reply' as const),
    keyword: fc.constantFrom('stop' as const, 'start' as const),
  }),
  fc.record({
    do: fc.constant('pass' as const),
    ms: fc.oneof(fc.nat(2000), fc.nat(40_000), fc.nat(4_000_000), fc.nat(20_000_000)),
  }),
)

it('does not give back what was taken once more when the outcome before is told twice', () => {
  const now = 1_000_000_000_000
  const windowMs = HOUR
  const added = add(
    emptyRecord('GB', '+44******0001'),
    {
      id: 'SM1',
      terms: { limit: 1, windowMs },
      segments: 1,
      encoding: 'GSM-7',
      waitMs: HOUR,
      caller: CALLER,
    },
    now,
  )
  const takeIt = (state: RecipientRecord) =>
    take(state, { id: 'SM1', windowMs, caller: CALLER }, now)
  const giveBack = (state: RecipientRecord) =>
    settle(
      state,
      {
        send: 'SM1',
        taken: 1,
        sendLimit: 5,
        caller: CALLER,
        outcome: {
          provider: 'twilio',
          latencyMs: 1,
          failures: [],
          status: 'failed',
          kind: 'unavailable',
          refusal: 'temporarily_unavailable',
          reason: 'x',
        },
      },
      now,
    )
  const first = takeIt(added.state)
  const second = takeIt(giveBack(first.state).state)
  expect(second.result).toEqual({ ok: true, value: { id: 'SM1', only: null, taken: 2 } })
  const late = giveBack(second.state)
  expect(late).toMatchObject({ state: second.state, facts: [] })
  expect(takeIt(late.state).result).toMatchObject({
    ok: false,
    refusal: { code: 'idempotency_in_progress' },
  })
})

it('keeps its promises about messages over any sequence of commands', () => {
  void fc.assert(
    fc.property(
      fc.record({
        limit: fc.integer({ min: 1, max: 5 }),
        windowMs: fc.oneof(fc.constant(60_000), fc.constant(HOUR), fc.constant(24 * HOUR)),
      }),
      fc.array(command, { maxLength: 60, size: 'max' }),
      ({ limit, windowMs }, commands) => {
        let state = emptyRecord('GB', '+44******0001')
        let now = 1_000_000_000_000
        const ids: string[] = []
        type Order = { id: string; at: number; n: number; taken: number | undefined }
        const flying: Order[] = []
        const settlements: { send: string; outcome: SendOutcome; taken?: number }[] = []
        const left = new Map<number, Order>() // may have left
        const ended = new Set<string>()
        const waiting = new Set<string>()
        let orders = 0

        const note = (facts: Fact[]) => {
          for (const { type, message_id: id } of facts) if (id && END.includes(type)) ended.add(id)
        }
        const run = <T>(decide: (s: RecipientRecord) => Step<T>): T => {
          const aged = advance(state, now)
          note(aged.facts)
          const due = nextDue(aged.state)
          expect(due === null || due > now).toBe(true)
          const step = decide(aged.state)
          note(step.facts)
          state = step.state
          expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state)
          for (const id of waiting)
            if (!ended.has(id)) expect(state.messages.map((m) => m.id)).toContain(id)
          return step.result
        }
        const order = (id: string, taken?: number) => {
          for (const one of left.values()) expect(one.id).not.toBe(id)
          const one = { id, at: now, n: orders++, taken }
          flying.push(one)
          left.set(one.n, one)
          const inWindow = [...left.values()].filter(({ at }) => at > now - windowMs)
          expect(inWindow.length).toBeLessThanOrEqual(limit)
        }
        const settleIt = (it: { send: string; outcome: SendOutcome; taken?: number }) =>
          run((s) => settle(s, { ...it, sendLimit: 5, caller: CALLER }, now))

        for (const c of commands) {
          if (c.do === 'pass') now += c.ms
          if (c.do === 'add') {
            const id = `SM${ids.length}`
            const result = run((s) =>
              add(
                s,
                {
                  id,
                  terms: { limit, windowMs },
                  segments: 1,
                  encoding: 'GSM-7',
                  ...(c.queued && { waitMs: 4 * HOUR }),
                  ...(c.key && { idempotency: { key: c.key, fingerprint: String(c.queued) } }),
                  caller: CALLER,
                },
                now,
              ),
            )
            if (result.ok && !result.value.replayed) {
              ids.push(id)
              if (c.queued) waiting.add(id)
              else order(id)
            }
          }
          const id = ids[('nth' in c ? c.nth : 0) % ids.length] ?? ''
          if (c.do === 'take') {
            const taken = run((s) => take(s, { id, windowMs, caller: CALLER }, now))
            if (taken.ok && taken.value) order(id, taken.value.taken)
          }
          if (c.do === 'withdraw') run((s) => withdraw(s, { id, reason: 'queue', caller: CALLER }))
          if (c.do === 'settle' && flying.length > 0) {
            const [one] = flying.splice(c.nth % flying.length, 1) as [Order]
            const common = { provider: c.provider, latencyMs: 1, failures: [] }
            const outcome: SendOutcome = c.kind
              ? {
                  ...common,
                  status: 'failed',
                  kind: c.kind,
                  refusal: 'temporarily_unavailable',
                  reason: 'x',
                }
              : { ...common, status: 'sent', providerId: 'x' }
            if (c.kind && certainlyNotSent(c.kind)) left.delete(one.n)
            const { id: send, taken } = one
            const settlement = { send, outcome, ...(taken !== undefined && { taken }) }
            settlements.push(settlement)
            settleIt(settlement)
          }
          const again = settlements[('nth' in c ? c.nth : 0) % settlements.length]
          if (c.do === 'repeat' && again) settleIt(again)
          if (c.do === 'receipt')
            run((s) =>
              fileReceipt(
                s,
                {
                  text: id,
                  provider: 'twilio',
                  receipt: {
                    providerId: 'x',
                    status: c.status,
                    errorCode: null,
                    ...(c.blocked && {
                      failure: { kind: 'blocked', refusal: 'opted_out' } as const,
                    }),
                  },
                  caller: CALLER,
                },
                now,
              ),
            )
          if (c.do === 'reply')
            run((s) =>
              reply(
                s,
                {
                  keyword: c.keyword,
                  provider: 'twilio',
                  providerId: '',
                  channel: 'sms',
                  caller: CALLER,
                },
                now,
              ),
            )
        }
        let wakes = 0
        for (
          let due = nextDue(state);
          due !== null && due !== Number.POSITIVE_INFINITY;
          due = nextDue(state)
        ) {
          expect(++wakes).toBeLessThan(200)
          now = Math.max(now, due)
          run((s) => ({ state: s, facts: [], result: null }))
        }
        for (const it of waiting) expect(ended).toContain(it)
        expect(advance(state, now).state.messages).toEqual([])
      },
    ),
    { numRuns: 1000 },
  )
})
