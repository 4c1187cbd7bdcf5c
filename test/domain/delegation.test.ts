// A verification that a carrier makes and judges: the rules in pairs, and all of them against a carrier that answers late,
// twice, or never.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ask,
  type ConcludeCommand,
  conclude,
  isJudgedByCarrier,
  type Verdict,
} from '../../src/domain/delegation'
import type { FailureKind, SendOutcome } from '../../src/domain/delivery'
import { advance, nextDue } from '../../src/domain/due'
import type { Fact } from '../../src/domain/event'
import { emptyRecord, type RecipientRecord, type Step } from '../../src/domain/record'
import { settle } from '../../src/domain/settlement'
import { type StartCommand, start, type Terms } from '../../src/domain/start'
import { cancel } from '../../src/domain/verification'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const T0 = Date.parse('2030-01-01T00:00:00Z')
const CALLER = { client: 'test', request_id: 'r1' }

const TERMS: Terms = {
  lifetimeMs: 10 * MINUTE,
  codeLength: 6,
  maxAttempts: 5,
  cooldownsMs: [MINUTE],
  sends: { limit: 5, windowMs: HOUR },
}

const CALL = { provider: 'twilio-verify', latencyMs: 5, failures: [] }

const sent = (reference: string, ended: (string | null)[] = []): SendOutcome => ({
  ...CALL,
  status: 'sent',
  providerId: reference,
  reference,
  ended,
})
const failed = (kind: FailureKind, ended: (string | null)[] = []): SendOutcome => ({
  ...CALL,
  status: 'failed',
  kind,
  refusal: 'temporarily_unavailable',
  reason: 'test',
  ended,
})

/** One recipient and a clock. */
function recipient() {
  let state = emptyRecord('GB', '+44******0001')
  let now = T0
  let ids = 0
  const facts: Fact[] = []
  const run = <T>(decide: (state: RecipientRecord, now: number) => Step<T>): T => {
    const advanced = advance(state, now)
    const step = decide(advanced.state, now)
    state = step.state
    facts.push(...advanced.facts, ...step.facts)
    return step.result
  }
  const begin = (purpose: string, more: Partial<StartCommand> = {}) => {
    ids++
    const command = {
      verificationId: `VE${ids}`,
      sendId: `SM${ids}`,
      purpose,
      channel: 'sms',
      engine: 'delegated',
      terms: TERMS,
      caller: CALLER,
      ...more,
    } as const
    const result = run((s, t) => start(s, command, t))
    if (!result.ok || !result.value.send) throw new Error(JSON.stringify(result))
    return { view: result.value.view, send: result.value.send }
  }
  return {
    facts,
    types: () => facts.map(({ type, reason }) => (reason ? `${type} ${reason}` : type)),
    state: () => state,
    of: (id: string) => state.verifications.find((v) => v.id === id),
    stale: () => state.stale.map(({ reference }) => reference),
    pass: (ms: number) => (now += ms),
    begin,
    settle: (send: string, outcome: SendOutcome) =>
      run((s, t) => settle(s, { send, outcome, sendLimit: 5, caller: CALLER }, t)),
    /** Starts, and hears of it. */
    start(purpose: string, reference: string, more: Partial<StartCommand> = {}) {
      const { view, send } = begin(purpose, more)
      this.settle(send.id, sent(reference, send.end))
      return view
    },
    ask: (target: object) =>
      run((s, t) =>
        ask(s, { target, code: '123456', sendLimit: 5, simulated: false, caller: CALLER }, t),
      ),
    conclude: (id: string, verdict: Verdict, more: Partial<ConcludeCommand> = {}) =>
      run((s, t) =>
        conclude(s, { id, verdict, call: CALL, sendLimit: 5, caller: CALLER, ...more }, t),
      ),
    cancel: (id: string) => run((s, t) => cancel(s, { id, sendLimit: 5, caller: CALLER }, t)),
  }
}

const no = (refusal: object) => ({ ok: false, refusal })
const asks = (id: string, reference: string | null) => ({
  ok: true,
  value: { ask: { id, reference } },
})

describe('who judges a code', () => {
  it('is the carrier that made it, and Verge where Verge did', () => {
    const r = recipient()
    r.start('verify', 'R1')
    r.start('login', 'R2', { ownCode: true })
    r.start('other', 'R3', { engine: 'own' })
    expect(r.state().verifications.map(isJudgedByCarrier)).toEqual([true, false, false])
  })
})

describe('room at the carrier', () => {
  it('is made for another purpose, and not for the same', () => {
    const r = recipient()
    r.start('verify', 'R1')
    r.pass(MINUTE)
    expect(r.begin('verify').send.end).toEqual([])
    expect(r.begin('login').send.end).toEqual(['R1'])
    expect(r.of('VE1')).toMatchObject({ status: 'canceled' })
    expect(r.of('VE1')).not.toHaveProperty('reference')
    expect(r.types().slice(-2)).toEqual(['verification.canceled replaced', 'verification.started'])
  })

  it('is made by recipient where the reference is not known', () => {
    const r = recipient()
    r.begin('verify')
    expect(r.begin('login').send.end).toEqual([null])
    expect(r.of('VE1')?.status).toBe('canceled')
  })

  it('is not made of what was approved, and is of what was canceled, spent, or has expired', () => {
    const ends = (over: (r: ReturnType<typeof recipient>) => void) => {
      const r = recipient()
      r.start('verify', 'R1')
      over(r)
      r.pass(MINUTE)
      return r.begin('login').send.end
    }
    expect(ends((r) => r.conclude('VE1', 'approved'))).toEqual([])
    expect(ends((r) => r.conclude('VE1', 'gone'))).toEqual([])
    expect(ends((r) => r.cancel('VE1'))).toEqual(['R1'])
    expect(ends((r) => r.conclude('VE1', 'spent'))).toEqual(['R1'])
    expect(ends((r) => r.pass(10 * MINUTE))).toEqual(['R1'])
  })

  it('ends a code that Verge judges at the carrier and not here', () => {
    const r = recipient()
    r.start('verify', 'R1', { ownCode: true })
    expect(r.begin('login', { ownCode: true }).send.end).toEqual(['R1'])
    expect(r.of('VE1')).toMatchObject({ status: 'pending' })
  })

  it('is asked for again until it was made, and for ten minutes', () => {
    const r = recipient()
    r.start('verify', 'R1')
    const first = r.begin('login')
    r.settle(first.send.id, failed('unavailable'))
    expect(r.stale()).toEqual(['R1'])
    const second = r.begin('login')
    expect(second.send.end).toEqual(['R1'])
    r.settle(second.send.id, failed('unknown', ['R1']))
    expect(r.stale()).toEqual([])

    const late = recipient()
    late.start('verify', 'R1')
    late.settle(late.begin('login').send.id, failed('unavailable'))
    late.pass(10 * MINUTE - 1)
    expect(late.begin('other').send.end).toEqual(['R1'])
    late.pass(1)
    expect(late.begin('another').send.end).not.toContain('R1')
  })

  it('is asked for by a text of our own, and made by the next start of the carrier', () => {
    const r = recipient()
    r.start('verify', 'R1')
    r.pass(MINUTE)
    expect(r.begin('verify', { engine: 'own' }).send.end).toEqual([])
    expect(r.types().slice(-2)).toEqual(['verification.expired replaced', 'verification.started'])
    expect(r.begin('login').send.end).toEqual(['R1'])
  })
})

describe('the carrier’s word on a start', () => {
  it('gives the verification its reference', () => {
    const r = recipient()
    r.begin('verify')
    expect(r.of('VE1')?.reference).toBeNull()
    r.settle('SM1', sent('R1'))
    expect(r.of('VE1')?.reference).toBe('R1')
  })

  it('ends another that has the same', () => {
    const r = recipient()
    r.begin('verify', { ownCode: true })
    r.settle('SM1', sent('R1'))
    r.begin('login')
    r.settle('SM2', sent('R1'))
    expect(r.of('VE1')).toMatchObject({ status: 'pending' }) // its code is Verge's, and another
    expect(r.of('VE1')).not.toHaveProperty('reference')
    expect(r.of('VE2')?.reference).toBe('R1')
  })

  it.each([
    ['first', ['SM1', 'SM2']],
    ['last', ['SM2', 'SM1']],
  ])('leaves the later of two starts at one moment, though the earlier hears %s', (_, order) => {
    const r = recipient()
    r.begin('verify')
    r.begin('login')
    for (const send of order) r.settle(send, sent('R1', send === 'SM2' ? [null] : []))
    expect(r.of('VE1')).toMatchObject({ status: 'canceled' })
    expect(r.of('VE2')).toMatchObject({ status: 'pending', reference: 'R1' })
    expect(r.stale()).toEqual([])
  })

  it('comes too late: what it began must end', () => {
    const over = (end: (r: ReturnType<typeof recipient>) => void) => {
      const r = recipient()
      r.start('verify', 'R1')
      r.pass(MINUTE)
      const { send } = r.begin('verify')
      end(r)
      r.settle(send.id, sent('R2'))
      return r.stale()
    }
    expect(over((r) => r.cancel('VE1'))).toEqual(['R2'])
    expect(over((r) => r.conclude('VE1', 'approved'))).toEqual(['R2'])
    expect(over(() => {})).toEqual([])
  })

  it('does not come: what it may have begun must end', () => {
    const r = recipient()
    r.start('verify', 'R1')
    r.pass(MINUTE)
    r.begin('verify')
    r.conclude('VE1', 'approved')
    r.pass(30 * SECOND)
    expect(r.begin('login').send.end).toEqual([null])
  })
})

describe('a question', () => {
  it('spends the fifth attempt and refuses the sixth', () => {
    const r = recipient()
    r.start('verify', 'R1')
    for (let i = 0; i < 5; i++) expect(r.ask({ id: 'VE1' })).toEqual(asks('VE1', 'R1'))
    expect(r.ask({ id: 'VE1' })).toEqual(
      no({ code: 'too_many_attempts', attemptsRemaining: 0, retryAfter: 60 }),
    )
  })

  it('is put until the last millisecond, and not after', () => {
    const r = recipient()
    r.start('verify', 'R1')
    r.pass(10 * MINUTE - 1)
    expect(r.ask({ id: 'VE1' }).ok).toBe(true)
    r.pass(1)
    expect(r.ask({ id: 'VE1' })).toEqual(no({ code: 'code_expired' }))
  })

  it('is put by recipient once the start is lost, and not before', () => {
    const r = recipient()
    r.begin('verify')
    r.pass(30 * SECOND - 1)
    expect(r.ask({ id: 'VE1' })).toEqual(no({ code: 'temporarily_unavailable', retryAfter: 1 }))
    expect(r.of('VE1')?.attempts).toBe(0)
    r.pass(1)
    expect(r.ask({ id: 'VE1' })).toEqual(asks('VE1', null))
  })

  it('is not put by recipient while another’s code may be taken there', () => {
    const lostAfter = (ended: (string | null)[]) => {
      const r = recipient()
      r.start('verify', 'R1')
      r.settle(r.begin('login').send.id, failed('unknown', ended))
      return r.ask({ purpose: 'login' })
    }
    expect(lostAfter([])).toEqual(no({ code: 'no_pending_verification' }))
    expect(lostAfter(['R1'])).toEqual(asks('VE2', null))
  })

  it('is not put of another purpose', () => {
    const r = recipient()
    r.start('verify', 'R1')
    expect(r.ask({ id: 'VE1', purpose: 'login' })).toEqual(no({ code: 'no_pending_verification' }))
    expect(r.ask({ purpose: 'login' })).toEqual(no({ code: 'no_pending_verification' }))
  })
})

describe('the carrier’s verdict', () => {
  it('approves once', () => {
    const r = recipient()
    r.start('verify', 'R1')
    r.ask({ id: 'VE1' })
    r.ask({ id: 'VE1' })
    expect(r.conclude('VE1', 'approved')).toMatchObject({ ok: true, value: { status: 'approved' } })
    expect(r.conclude('VE1', 'approved')).toEqual(no({ code: 'no_pending_verification' }))
  })

  it('approves what expired meanwhile, or was said to be gone or spent; not what was canceled or replaced', () => {
    const late = (meanwhile: (r: ReturnType<typeof recipient>) => void) => {
      const r = recipient()
      r.start('verify', 'R1')
      r.ask({ id: 'VE1' })
      meanwhile(r)
      return r.conclude('VE1', 'approved').ok
    }
    expect(late((r) => r.pass(10 * MINUTE))).toBe(true)
    expect(late((r) => r.conclude('VE1', 'gone'))).toBe(true)
    expect(late((r) => r.conclude('VE1', 'spent'))).toBe(true)
    expect(late((r) => r.cancel('VE1'))).toBe(false)
    expect(late((r) => r.start('login', 'R2'))).toBe(false)
    expect(
      late((r) => {
        r.pass(10 * MINUTE)
        r.start('verify', 'R2')
      }),
    ).toBe(false)
  })

  it('says of the last wrong code that nothing is left, of each that was asked at the same moment', () => {
    const r = recipient()
    r.start('verify', 'R1')
    for (let i = 0; i < 5; i++) r.ask({ id: 'VE1' })
    for (let i = 0; i < 5; i++)
      expect(r.conclude('VE1', 'incorrect')).toEqual(
        no({ code: 'incorrect_code', attemptsRemaining: 0 }),
      )
    expect(r.state().failures).toHaveLength(5)
  })

  it('counts a wrong code towards the lock whatever became of the verification', () => {
    const counts = (meanwhile: (r: ReturnType<typeof recipient>) => void) => {
      const r = recipient()
      r.start('verify', 'R1')
      r.ask({ id: 'VE1' })
      meanwhile(r)
      return [r.conclude('VE1', 'incorrect'), r.state().failures.length]
    }
    const gone = no({ code: 'no_pending_verification' })
    expect(counts((r) => r.cancel('VE1'))).toEqual([gone, 1])
    expect(counts((r) => r.conclude('VE1', 'approved'))).toEqual([gone, 1])
    expect(counts((r) => r.pass(10 * MINUTE))).toEqual([no({ code: 'code_expired' }), 1])
  })

  it('locks with the tenth wrong code, and not with the ninth', () => {
    const r = recipient()
    r.start('verify', 'R1', { terms: { ...TERMS, maxAttempts: 10 } })
    for (let i = 0; i < 10; i++) r.ask({ id: 'VE1' })
    for (let i = 0; i < 9; i++) r.conclude('VE1', 'incorrect')
    expect(r.state().lock).toBeNull()
    r.conclude('VE1', 'incorrect')
    expect(r.state().lock).toMatchObject({ level: 1, until: T0 + 15 * MINUTE })
    expect(r.types().at(-1)).toBe('recipient.locked')
    expect(r.ask({ id: 'VE1' })).toEqual(no({ code: 'locked', retryAfter: 900 }))
  })

  it('gives the attempt back where the carrier did not look, and not where it may have', () => {
    const left = (verdict: Verdict) => {
      const r = recipient()
      r.start('verify', 'R1')
      r.ask({ id: 'VE1' })
      expect(r.conclude('VE1', verdict)).toEqual(
        no({ code: 'temporarily_unavailable', retryAfter: 10 }),
      )
      expect(r.state().failures).toEqual([])
      return r.of('VE1')?.attempts
    }
    expect(left('unasked')).toBe(0)
    expect(left('unknown')).toBe(1)
  })

  it('reopens nothing that is spent', () => {
    const r = recipient()
    r.start('verify', 'R1')
    for (let i = 0; i < 5; i++) r.ask({ id: 'VE1' })
    r.conclude('VE1', 'incorrect')
    r.conclude('VE1', 'unasked')
    expect(r.of('VE1')).toMatchObject({ status: 'max_attempts_reached', attempts: 5 })
  })

  it('leaves what it was told in the event, and nothing where nobody could be asked', () => {
    const r = recipient()
    r.start('verify', 'R1')
    r.ask({ id: 'VE1' })
    r.conclude('VE1', 'incorrect', { call: { ...CALL, requestId: 'RQ1' } })
    expect(r.facts.at(-1)).toEqual({
      type: 'verification.check_failed',
      reason: 'incorrect_code',
      verification_id: 'VE1',
      purpose: 'verify',
      channel: 'sms',
      provider: 'twilio-verify',
      provider_request_id: 'RQ1',
      latency_ms: 5,
      ...CALLER,
    })
  })

  it('names no carrier where none could be asked', () => {
    const r = recipient()
    r.start('verify', 'R1')
    r.ask({ id: 'VE1' })
    const { state, facts } = conclude(
      r.state(),
      { id: 'VE1', verdict: 'unasked', sendLimit: 5, caller: CALLER },
      T0,
    )
    expect(state.verifications[0]?.attempts).toBe(0)
    expect(facts).toEqual([
      {
        type: 'verification.check_refused',
        reason: 'temporarily_unavailable',
        verification_id: 'VE1',
        purpose: 'verify',
        channel: 'sms',
        ...CALLER,
      },
    ])
  })
})

// ------------------------------------------------------------------------------------------ over any sequence
const PURPOSES = ['verify', 'login']

const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('start' as const),
      purpose: fc.constantFrom(...PURPOSES),
      engine: fc.constantFrom(...Array<string>(7).fill('delegated'), 'own'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      purpose: fc.constantFrom(...PURPOSES),
      code: fc.nat(2),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('step' as const),
      nth: fc.nat(2),
      steps: fc.nat(4),
      fate: fc.constantFrom('done', 'done', 'done', 'lost', 'never', 'refused', 'died'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), nth: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.oneof(fc.constant(SECOND), fc.nat(40_000), fc.nat(700_000)),
    }),
  },
)

/** A gateway's work on one call, a step at a time: it may wait, be overtaken, or die between any two. */
type Work = { since: number } & (
  | {
      kind: 'start'
      id: string
      purpose: string
      send: string
      engine: string
      end: (string | null)[]
      ended: (string | null)[]
      outcome?: SendOutcome
    }
  | { kind: 'check'; id: string; reference: string | null; code: string; verdict?: Verdict }
)

/** A code that the carrier made, and for which purposes it was sent. */
type AtCarrier = { reference: string; until: number; over: boolean; purposes: Set<string> }

it('never takes a code twice, or for what it was not sent for, over any sequence', () => {
  void fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 60_000, max: 600_000 }),
      fc.array(command, { maxLength: 80, size: 'max' }),
      (maxAttempts, lifetimeMs, commands) => {
        const sends = { limit: 1000, windowMs: HOUR }
        const terms: Terms = { ...TERMS, lifetimeMs, maxAttempts, cooldownsMs: [SECOND], sends }
        let state = emptyRecord('GB', '+44******0001')
        let now = T0
        let nth = 0
        let works: Work[] = []
        const carrier: AtCarrier[] = []
        const ids: string[] = []
        const purposeOf = new Map<string, string>()
        const looked = new Map<string, number>()
        const right = new Set<string>() // verifications of which the carrier has said so
        const approved = new Set<string>()
        const taken = new Set<string>() // codes that were

        const run = <T>(decide: (state: RecipientRecord) => Step<T>): T => {
          const step = decide(advance(state, now).state)
          state = step.state
          return step.result
        }
        const pendingAt = (reference: string | null) =>
          carrier.find(
            (v) => !v.over && v.until > now && (reference === null || v.reference === reference),
          )

        /** @returns whether there is more to do */
        const stepOf = (work: Work, fate: string): boolean => {
          if (fate === 'died' || now - work.since > 20 * SECOND) return false
          const reaches = fate === 'done' || fate === 'lost'
          if (work.kind === 'check') {
            if (!work.verdict) {
              const v = reaches ? pendingAt(work.reference) : undefined
              const isRight = v?.reference === work.code
              if (v) looked.set(work.id, (looked.get(work.id) ?? 0) + 1)
              expect(looked.get(work.id) ?? 0).toBeLessThanOrEqual(maxAttempts)
              if (v && isRight) v.over = true
              const said: Verdict = !v ? 'gone' : isRight ? 'approved' : 'incorrect'
              work.verdict = fate === 'done' ? said : fate === 'refused' ? 'unasked' : 'unknown'
              return true
            }
            const { id, verdict, code } = work
            const common = { call: CALL, sendLimit: 1000, caller: CALLER }
            const result = run((s) => conclude(s, { id, verdict, ...common }, now))
            if (verdict === 'approved') right.add(id)
            if (!result.ok) return false
            expect(right.has(id)).toBe(true)
            expect(approved.has(id)).toBe(false)
            expect(taken.has(code)).toBe(false)
            const sentFor = carrier.find(({ reference }) => reference === code)?.purposes
            expect(sentFor).toContain(purposeOf.get(id))
            approved.add(id)
            taken.add(code)
            return false
          }

          if (work.outcome) {
            const { send, outcome } = work
            run((s) => settle(s, { send, outcome, sendLimit: 1000, caller: CALLER }, now))
            return false
          }
          const { ended } = work
          const [reference, ...rest] = work.end
          if (reference !== undefined) {
            const v = reaches ? pendingAt(reference) : undefined
            if (v) v.over = true
            if (fate === 'done') {
              ended.push(reference)
              work.end = rest
            } else work.outcome = failed('unavailable', ended)
            return true
          }
          if (work.engine === 'own') {
            work.outcome = { ...CALL, status: 'sent', providerId: 'SM' }
            return true
          }
          if (!reaches) {
            work.outcome = failed(fate === 'refused' ? 'unavailable' : 'unknown', ended)
            return true
          }
          let v = pendingAt(null)
          if (!v) {
            const until = now + 10 * MINUTE
            v = { reference: `R${carrier.length}`, until, over: false, purposes: new Set() }
            carrier.push(v)
          }
          v.purposes.add(work.purpose)
          work.outcome = fate === 'done' ? sent(v.reference, ended) : failed('unknown', ended)
          return true
        }

        for (const c of commands) {
          if (c.do === 'pass') now += c.ms
          if (c.do === 'forget') for (const v of carrier) v.over = true
          if (c.do === 'start') {
            const { purpose } = c
            const engine = c.engine === 'own' ? 'own' : 'delegated'
            const of = { verificationId: `VE${nth}`, sendId: `SM${nth++}`, channel: 'sms' } as const
            const result = run((s) =>
              start(s, { ...of, purpose, engine, terms, caller: CALLER }, now),
            )
            if (result.ok && result.value.send) {
              const { view, send } = result.value
              ids.push(view.id)
              purposeOf.set(view.id, purpose)
              const order = { id: view.id, send: send.id, end: [...send.end], ended: [] }
              works.push({ kind: 'start', since: now, purpose, engine, ...order })
            }
          }
          if (c.do === 'ask') {
            const target = state.verifications.find((v) => v.purpose === c.purpose)
            if (!target || !isJudgedByCarrier(target)) continue
            const code = carrier.at(-1 - c.code)?.reference ?? 'wrong'
            const question = { target: { purpose: c.purpose }, code, simulated: false }
            const result = run((s) => ask(s, { ...question, sendLimit: 1000, caller: CALLER }, now))
            if (result.ok) works.push({ kind: 'check', since: now, code, ...result.value.ask })
          }
          if (c.do === 'step' && works.length > 0) {
            const work = works.at(-1 - (c.nth % works.length)) as Work
            let going = true
            for (let i = 0; going && i <= c.steps; i++)
              going = stepOf(work, i < c.steps ? 'done' : c.fate)
            if (!going) works = works.filter((other) => other !== work)
          }
          if (c.do === 'cancel' && ids.length > 0) {
            const id = ids[c.nth % ids.length] as string
            run((s) => cancel(s, { id, sendLimit: 1000, caller: CALLER }, now))
          }

          const held = state.verifications.flatMap(({ reference }) => reference ?? [])
          expect(new Set(held).size).toBe(held.length)
          expect(state.stale.filter(({ reference }) => held.includes(reference ?? ''))).toEqual([])
          const judged = state.verifications.filter((v) => v.status === 'pending')
          expect(judged.filter(isJudgedByCarrier).length).toBeLessThanOrEqual(1)
          for (const v of state.verifications) {
            expect(v.attempts).toBeGreaterThanOrEqual(0)
            expect(v.attempts).toBeLessThanOrEqual(v.maxAttempts)
          }
          expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state)
        }

        // Left alone, it wakes up a bounded number of times and is then forgotten.
        let wakes = 0
        for (let due = nextDue(state); due !== null; due = nextDue(state)) {
          expect(++wakes).toBeLessThan(300)
          now = Math.max(now, due)
          state = advance(state, now).state
        }
      },
    ),
    { numRuns: 1000 },
  )
})
