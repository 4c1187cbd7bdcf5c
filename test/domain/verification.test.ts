import { describe, expect, it } from 'vitest'
import type { SendOutcome } from '../../src/domain/delivery'
import { advance, nextDue } from '../../src/domain/due'
import { fileReceipt } from '../../src/domain/receipt'
import { emptyRecord, type RecipientRecord } from '../../src/domain/record'
import { settle } from '../../src/domain/settlement'
import { type StartCommand, start, type Terms } from '../../src/domain/start'
import { cancel, check } from '../../src/domain/verification'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const T0 = Date.parse('2030-01-01T00:00:00Z')
const CODE = '123456'
const WRONG = '654321'
const CALLER = { client: 'test', request_id: 'r1' }

const TERMS: Terms = {
  lifetimeMs: 10 * MINUTE,
  codeLength: 6,
  maxAttempts: 5,
  cooldownsMs: [60, 60, 120, 300, 600].map((seconds) => seconds * SECOND),
  sends: { limit: 5, windowMs: HOUR },
}

const SENT: SendOutcome = {
  provider: 'twilio',
  providerId: 'SM1',
  latencyMs: 5,
  failures: [],
  status: 'sent',
}

/** One recipient and a clock. Every command is settled as sent unless the test does it. */
function recipient() {
  let state = emptyRecord('GB', '+44******0001')
  let now = T0
  let ids = 0
  const facts: string[] = []
  const run = <T>(
    decide: (
      state: RecipientRecord,
      now: number,
    ) => { state: RecipientRecord; facts: { type: string }[]; result: T },
  ): T => {
    const advanced = advance(state, now)
    const step = decide(advanced.state, now)
    state = step.state
    facts.push(...advanced.facts.map(({ type }) => type), ...step.facts.map(({ type }) => type))
    return step.result
  }
  const begin = (more: Partial<StartCommand> = {}) => {
    ids++
    const command = {
      verificationId: `VE${ids}`,
      sendId: `SM${ids}`,
      purpose: 'verify',
      channel: 'sms',
      engine: 'own',
      terms: TERMS,
      caller: CALLER,
      ...more,
    } as const
    return run((s, t) => start(s, command, t))
  }
  return {
    facts,
    begin,
    state: () => state,
    now: () => now,
    pass: (ms: number) => (now += ms),
    start(more: Partial<StartCommand> = {}) {
      const result = begin(more)
      if (result.ok && result.value.send) this.settle(result.value.send.id)
      return result
    },
    settle: (send: string, outcome: SendOutcome = SENT) =>
      run((s, t) => settle(s, { send, outcome, sendLimit: 5, caller: CALLER }, t)),
    check: (code: string, target: object = { purpose: 'verify' }) =>
      run((s, t) =>
        check(
          s,
          { target, code, simulated: false, expected: CODE, sendLimit: 5, caller: CALLER },
          t,
        ),
      ),
    cancel: (id: string) => run((s, t) => cancel(s, { id, sendLimit: 5, caller: CALLER }, t)),
    report: (send: string, status: string) =>
      run((s, t) =>
        fileReceipt(
          s,
          {
            text: send,
            provider: 'twilio',
            receipt: { status, providerId: 'SM1', errorCode: null },
            caller: {},
          },
          t,
        ),
      ),
  }
}

const no = (refusal: object) => ({ ok: false, refusal })

describe('start', () => {
  it('answers with the whole view', () => {
    const r = recipient()
    expect(r.start()).toEqual({
      ok: true,
      value: {
        send: { id: 'SM1', codeLength: 6, end: [], only: null },
        view: {
          id: 'VE1',
          purpose: 'verify',
          channel: 'sms',
          engine: 'own',
          status: 'pending',
          expiresAt: T0 + 10 * MINUTE,
          resendAt: T0 + MINUTE,
          sendsRemaining: 4,
          attemptsRemaining: 5,
        },
      },
    })
  })

  it('resends under the same id, with the same expiry and attempts', () => {
    const r = recipient()
    r.start()
    r.check(WRONG)
    r.pass(MINUTE)
    expect(r.start()).toMatchObject({
      ok: true,
      value: { view: { id: 'VE1', expiresAt: T0 + 10 * MINUTE, attemptsRemaining: 4 } },
    })
    expect(r.facts.at(-2)).toBe('verification.resent')
  })

  it('refuses until the last millisecond of the cooldown, and not after', () => {
    const r = recipient()
    r.start()
    r.pass(MINUTE - 1)
    expect(r.start()).toEqual(no({ code: 'cooldown', retryAfter: 1 }))
    r.pass(1)
    expect(r.start().ok).toBe(true)
  })

  it('lets the cooldown grow with the sends of one verification', () => {
    const r = recipient()
    const waits = []
    for (let send = 0; send < 4; send++) {
      const started = r.start()
      if (!started.ok) throw new Error(started.refusal.code)
      waits.push((started.value.view.resendAt - r.now()) / SECOND)
      r.pass(started.value.view.resendAt - r.now())
    }
    expect(waits).toEqual([60, 60, 120, 300])
  })

  it('accepts the 5th send of an hour and refuses the 6th, across purposes', () => {
    const r = recipient()
    for (const purpose of ['verify', 'login', 'admin_2fa', 'a']) {
      expect(r.start({ purpose }).ok).toBe(true)
      r.pass(MINUTE)
    }
    expect(r.start({ purpose: 'b' })).toMatchObject({
      ok: true,
      value: { view: { sendsRemaining: 0, resendAt: T0 + HOUR } },
    })
    const left = (T0 + HOUR - r.now()) / SECOND
    expect(r.start({ purpose: 'c' })).toEqual(no({ code: 'rate_limited', retryAfter: left }))
    r.pass(left * SECOND - 1)
    expect(r.start({ purpose: 'c' })).toEqual(no({ code: 'rate_limited', retryAfter: 1 }))
    r.pass(1)
    expect(r.start({ purpose: 'c' }).ok).toBe(true)
    expect(r.start({ purpose: 'd' })).toEqual(no({ code: 'rate_limited', retryAfter: 60 }))
  })

  it('keeps the cooldown through cancel and spent attempts, and ends it with approval', () => {
    const cooled = (end: (r: ReturnType<typeof recipient>) => void) => {
      const r = recipient()
      r.start()
      end(r)
      return r.start()
    }
    expect(cooled((r) => r.cancel('VE1'))).toEqual(no({ code: 'cooldown', retryAfter: 60 }))
    expect(cooled((r) => Array.from({ length: 5 }, () => r.check(WRONG)))).toEqual(
      no({ code: 'cooldown', retryAfter: 60 }),
    )
    expect(cooled((r) => r.check(CODE)).ok).toBe(true)
  })

  it('resends a code with 30 s to live, and makes a new one with less', () => {
    const r = recipient()
    r.start()
    r.pass(10 * MINUTE - 30 * SECOND)
    expect(r.start()).toMatchObject({ ok: true, value: { view: { id: 'VE1' } } })
    const late = recipient()
    late.start()
    late.pass(10 * MINUTE - 30 * SECOND + 1)
    late.facts.length = 0
    expect(late.start()).toMatchObject({
      ok: true,
      value: { view: { id: 'VE2', attemptsRemaining: 5 } },
    })
    expect(late.facts).toEqual([
      'verification.expired',
      'verification.started',
      'verification.sent',
    ])
  })

  it('makes a new verification when the engine changed: a simulated code was shown to anyone', () => {
    const r = recipient()
    r.start({ engine: 'simulation' })
    r.pass(MINUTE)
    expect(r.start({ engine: 'own' })).toMatchObject({
      ok: true,
      value: { view: { id: 'VE2', engine: 'own' } },
    })
  })

  it('makes a new verification after a spent one', () => {
    const r = recipient()
    r.start()
    for (let i = 0; i < 5; i++) r.check(WRONG)
    r.pass(MINUTE)
    expect(r.start()).toMatchObject({
      ok: true,
      value: { view: { id: 'VE2', attemptsRemaining: 5 } },
    })
  })
})

describe('idempotency', () => {
  const idempotency = { key: 'k1', fingerprint: 'f1' }

  it('replays the first answer for ten minutes, then forgets it', () => {
    const r = recipient()
    const first = r.start({ idempotency })
    if (!first.ok) throw new Error('refused')
    r.pass(10 * MINUTE - 1)
    expect(r.start({ idempotency })).toEqual({
      ok: true,
      value: { view: first.value.view, send: null },
    })
    r.pass(1)
    expect(r.start({ idempotency })).toMatchObject({ ok: true, value: { view: { id: 'VE3' } } })
  })

  it('refuses another body, and a repetition while the first is under way', () => {
    const r = recipient()
    r.begin({ idempotency })
    expect(r.begin({ idempotency: { key: 'k1', fingerprint: 'f2' } })).toEqual(
      no({ code: 'idempotency_mismatch' }),
    )
    expect(r.begin({ idempotency })).toEqual(no({ code: 'idempotency_in_progress' }))
    r.settle('SM1')
    expect(r.begin({ idempotency })).toMatchObject({ ok: true, value: { send: null } })
  })

  it('replays that the outcome is unknown', () => {
    const r = recipient()
    r.begin({ idempotency })
    r.pass(30 * SECOND)
    expect(r.begin({ idempotency })).toMatchObject({
      ok: true,
      value: { send: null, view: { sendStatus: 'unknown' } },
    })
  })

  it('forgets the key of a send that failed, so that the same key may try again', () => {
    const r = recipient()
    r.begin({ idempotency })
    r.settle('SM1', {
      provider: 'twilio',
      latencyMs: 1,
      failures: [],
      status: 'failed',
      kind: 'unavailable',
      refusal: 'temporarily_unavailable',
      reason: '20503',
    })
    expect(r.begin({ idempotency })).toMatchObject({ ok: true, value: { send: { id: 'SM2' } } })
  })

  it('takes any key, also those that objects are born with', () => {
    const r = recipient()
    expect(r.start({ idempotency: { key: '__proto__', fingerprint: 'f' } }).ok).toBe(true)
    r.pass(MINUTE)
    expect(r.start({ idempotency: { key: 'constructor', fingerprint: 'f' } })).toMatchObject({
      ok: true,
      value: { send: {} },
    })
  })
})

describe('check', () => {
  it('approves the right code once', () => {
    const r = recipient()
    r.start()
    expect(r.check(CODE)).toMatchObject({
      ok: true,
      value: { id: 'VE1', status: 'approved', attemptsRemaining: 4 },
    })
    expect(r.check(CODE)).toEqual(no({ code: 'no_pending_verification' }))
  })

  it('answers the 5th wrong code with nothing left, and the 6th check with 429', () => {
    const r = recipient()
    r.start()
    for (const attemptsRemaining of [4, 3, 2, 1, 0])
      expect(r.check(WRONG)).toEqual(no({ code: 'incorrect_code', attemptsRemaining }))
    expect(r.check(CODE)).toEqual(
      no({ code: 'too_many_attempts', attemptsRemaining: 0, retryAfter: 60 }),
    )
  })

  it('accepts a code until the last millisecond, then says expired', () => {
    const early = recipient()
    early.start()
    early.pass(10 * MINUTE - 1)
    expect(early.check(CODE).ok).toBe(true)
    const late = recipient()
    late.start()
    late.pass(10 * MINUTE)
    expect(late.check(CODE)).toEqual(no({ code: 'code_expired' }))
    expect(late.facts.filter((type) => type === 'verification.expired')).toHaveLength(1)
  })

  it('says expired of a spent verification, too, once it is', () => {
    const r = recipient()
    r.start()
    for (let i = 0; i < 5; i++) r.check(WRONG)
    r.pass(10 * MINUTE)
    expect(r.check(CODE)).toEqual(no({ code: 'code_expired' }))
  })

  it('never takes a code that the simulation showed where texts are sent', () => {
    const r = recipient()
    r.start({ engine: 'simulation' })
    expect(r.check(CODE)).toEqual(no({ code: 'no_pending_verification' }))
  })

  it('never takes a code for another purpose, by number or by id', () => {
    const r = recipient()
    r.start({ purpose: 'login' })
    expect(r.check(CODE)).toEqual(no({ code: 'no_pending_verification' }))
    expect(r.check(CODE, { id: 'VE1', purpose: 'verify' })).toEqual(
      no({ code: 'no_pending_verification' }),
    )
    expect(r.check(CODE, { id: 'VE1' }).ok).toBe(true)
  })

  it('finds nothing canceled', () => {
    const r = recipient()
    r.start()
    expect(r.cancel('VE1')).toMatchObject({ ok: true, value: { status: 'canceled' } })
    expect(r.check(CODE)).toEqual(no({ code: 'no_pending_verification' }))
    expect(r.cancel('VE1')).toEqual(no({ code: 'no_pending_verification' }))
  })

  it('locks after ten wrong codes across verifications, ever longer, and unlocks by itself', () => {
    const r = recipient()
    const lockedFor = () => {
      for (let wrong = 0; wrong < 10; ) {
        const started = r.start({ terms: { ...TERMS, sends: { limit: 1000, windowMs: HOUR } } })
        expect(started.ok).toBe(true)
        for (let i = 0; i < 5; i++, wrong++)
          expect(r.check(WRONG)).toMatchObject(no({ code: 'incorrect_code' }))
        r.pass(MINUTE)
      }
      const refused = r.check(CODE)
      if (refused.ok || refused.refusal.code !== 'locked') throw new Error('not locked')
      expect(r.start()).toEqual(refused)
      r.pass(refused.refusal.retryAfter * SECOND - 1)
      expect(r.check(CODE)).toEqual(no({ code: 'locked', retryAfter: 1 }))
      r.pass(1)
      return refused.refusal.retryAfter + 60
    }
    expect([lockedFor(), lockedFor(), lockedFor(), lockedFor()]).toEqual([
      900, 3600, 86_400, 86_400,
    ])
    r.pass(24 * HOUR)
    expect(lockedFor()).toBe(900)
  })

  it('does not count refused checks towards the lock', () => {
    const r = recipient()
    r.start()
    for (let i = 0; i < 50; i++) r.check(WRONG)
    expect(r.state().failures).toHaveLength(5)
  })
})

describe('settle', () => {
  const failed = (kind: 'unknown' | 'unavailable'): SendOutcome => ({
    provider: 'twilio',
    latencyMs: 1,
    failures: [],
    status: 'failed',
    kind,
    refusal: 'temporarily_unavailable',
    reason: 'test',
  })
  const terms = { ...TERMS, cooldownsMs: [SECOND, 300 * SECOND] }

  it.each(['unknown', 'unavailable'] as const)(
    'leaves the cooldown of a newer send when an older one is %s',
    (kind) => {
      const r = recipient()
      r.begin({ terms })
      r.pass(SECOND)
      r.begin({ terms })
      r.settle('SM1', failed(kind))
      expect(r.begin({ terms })).toEqual(no({ code: 'cooldown', retryAfter: 300 }))
      r.settle('SM2', failed(kind))
      expect(r.begin({ terms }).ok).toBe(true)
    },
  )

  it('leaves it also when the older one is lost', () => {
    const r = recipient()
    r.begin({ terms })
    r.pass(SECOND)
    r.start({ terms })
    r.pass(30 * SECOND)
    expect(r.begin({ terms })).toEqual(no({ code: 'cooldown', retryAfter: 270 }))
  })
})

describe('delivery reports', () => {
  const ORDERS = [
    ['queued', 'sent', 'delivered'],
    ['delivered', 'sent', 'queued'],
    ['sent', 'delivered', 'sent', 'delivered'],
    ['made-up', 'delivered', 'made-up', 'queued'],
  ]
  it.each(ORDERS)('end in the same state in the order %s %s %s', (...order) => {
    const r = recipient()
    r.start()
    const before = r.facts.length
    for (const status of order) r.report('SM1', status)
    expect(r.state().sends[0]?.status).toBe('delivered')
    const reported = r.facts.length - before
    expect(reported).toBe(order.indexOf('delivered') + 1)
  })
})

describe('memory', () => {
  it('asks to be woken for the next event first, and at last to be forgotten', () => {
    const r = recipient()
    r.begin()
    expect(nextDue(r.state())).toBe(T0 + 30 * SECOND)
    r.settle('SM1')
    expect(nextDue(r.state())).toBe(T0 + 10 * MINUTE)
    r.check(CODE)
    expect(nextDue(r.state())).toBe(T0 + HOUR)
    expect(nextDue(advance(r.state(), T0 + HOUR - 1).state)).toBe(T0 + HOUR)
    expect(nextDue(advance(r.state(), T0 + HOUR).state)).toBeNull()
  })
})
