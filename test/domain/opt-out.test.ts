import { describe, expect, it } from 'vitest'
import type { CarrierRefusal, SendOutcome } from '../../src/domain/delivery'
import { advance, nextDue } from '../../src/domain/due'
import type { Fact } from '../../src/domain/event'
import { isStopped, type Keyword, keywordOf, reply } from '../../src/domain/opt-out'
import { emptyRecord, type RecipientRecord } from '../../src/domain/record'
import { settle } from '../../src/domain/settlement'
import { type StartCommand, start, type Terms } from '../../src/domain/start'
import { check } from '../../src/domain/verification'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const T0 = Date.parse('2030-01-01T00:00:00Z')
const CALLER = { request_id: 'r1' }
const MASKED = '+44******0001'

const TERMS: Terms = {
  lifetimeMs: 10 * MINUTE,
  codeLength: 6,
  maxAttempts: 5,
  cooldownsMs: [MINUTE],
  sends: { limit: 5, windowMs: HOUR },
}

const OUTCOME = { provider: 'twilio', latencyMs: 5, failures: [] }
const SENT: SendOutcome = { ...OUTCOME, providerId: 'SM1', status: 'sent' }

/** What a carrier says that blocks a recipient. */
const blocked = (refusal: CarrierRefusal, provider = 'twilio'): SendOutcome => {
  const failure = { kind: 'blocked', refusal, reason: '21610' } as const
  const failures = [{ ...failure, provider, latencyMs: 5 }]
  return { ...OUTCOME, ...failure, provider, failures, status: 'failed' }
}

/** One recipient and a clock. A reply has an id of its own unless the test says which. */
function recipient() {
  let state = emptyRecord('GB', MASKED)
  let now = T0
  let ids = 0
  const facts: Fact[] = []
  const run = <T>(
    decide: (state: RecipientRecord) => { state: RecipientRecord; facts: Fact[]; result: T },
  ): T => {
    const step = decide(advance(state, now).state)
    state = step.state
    facts.push(...step.facts)
    return step.result
  }
  return {
    facts,
    state: () => state,
    types: () => facts.map(({ type }) => type),
    pass: (ms: number) => (now += ms),
    advance: () => run((s) => advance(s, now)),
    writes: (keyword: Keyword | null, providerId = `SMin${++ids}`) =>
      run((s) =>
        reply(s, { keyword, provider: 'twilio', providerId, channel: 'sms', caller: CALLER }, now),
      ),
    start: (more: Partial<StartCommand> = {}) => {
      const id = ++ids
      const command = {
        verificationId: `VE${id}`,
        sendId: `SM${id}`,
        purpose: 'verify',
        channel: 'sms',
        engine: 'own',
        terms: TERMS,
        caller: CALLER,
        ...more,
      } as const
      return run((s) => start(s, command, now))
    },
    settle: (outcome: SendOutcome, nth = -1) => {
      const send = state.sends.at(nth)?.id ?? ''
      run((s) => settle(s, { send, outcome, sendLimit: 5, caller: CALLER }, now))
    },
    check: (code: string) => {
      const target = { purpose: 'verify' }
      const command = { target, code, simulated: false, expected: '123456', sendLimit: 5 }
      return run((s) => check(s, { ...command, caller: CALLER }, now))
    },
  }
}

const refused = { ok: false, refusal: { code: 'opted_out' } }

describe('a keyword', () => {
  it.each<[Keyword, string[]]>([
    ['stop', ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'END', 'QUIT', 'REVOKE', 'OPTOUT', 'CANCEL']],
    ['start', ['START', 'YES', 'UNSTOP']],
    ['help', ['HELP', 'INFO']],
  ])('means %s in any case, with space around it', (keyword, words) => {
    for (const word of words) {
      const capital = word.charAt(0) + word.slice(1).toLowerCase()
      for (const body of [
        word,
        word.toLowerCase(),
        capital,
        `  ${word} `,
        `\n${word}\r\n`,
        `${word}\u00a0`,
      ])
        expect(keywordOf(body), JSON.stringify(body)).toBe(keyword)
    }
  })

  it.each([
    'Stop.',
    'STOP!!!',
    '"stop"',
    '“Stop”',
    'stop 🛑',
    'STOP ❤️',
    'stop all',
    'opt out',
    'Opt-Out',
    'ＳＴＯＰ',
    's t o p',
  ])('to stop may be written as %s', (body) => expect(keywordOf(body)).toBe('stop'))

  it.each(['Start.', 'Yes!', 'un stop', '“START”'])('to start may not be written as %s', (body) =>
    expect(keywordOf(body)).toBeNull(),
  )

  it.each([
    ...['stop it', 'please stop', "don't stop", 'STOP 2', 'nonstop', 'stops', 'bus stop?', 'stóp'],
    ...['the end', 'weekend', 'cancel my order', 'yes please', 'no', 'start over', 'help me', ''],
    ...['   ', '.', '123456', 'constructor', '__proto__'],
  ])('is not in %j', (body) => expect(keywordOf(body)).toBeNull())

  it('is what Twilio says it is, whatever the words', () => {
    expect(keywordOf('ARRET', 'STOP')).toBe('stop')
    expect(keywordOf('stop', 'START')).toBe('start')
    expect(keywordOf('yes', 'HELP')).toBe('help')
  })

  it('is told by the words where Twilio says nothing, or nothing known', () => {
    for (const optOutType of [undefined, null, '', 'constructor', 'OTHER']) {
      expect(keywordOf('stop', optOutType)).toBe('stop')
      expect(keywordOf('hello', optOutType)).toBeNull()
    }
  })
})

describe('STOP', () => {
  it('opts out once, and says so in one event', () => {
    const r = recipient()
    expect(r.writes('stop', 'SMa')).toEqual({ ok: true, value: null })
    expect(isStopped(r.state())).toBe(true)
    const fact = { channel: 'sms', provider: 'twilio', reason: 'stop', ...CALLER }
    expect(r.facts).toEqual([{ type: 'recipient.opted_out', provider_id: 'SMa', ...fact }])
    r.writes('stop', 'SMb')
    expect(r.facts.slice(1)).toEqual([{ type: 'recipient.replied', provider_id: 'SMb', ...fact }])
    expect(isStopped(r.state())).toBe(true)
  })

  it.each([
    { engine: 'own' },
    { engine: 'simulation' },
    { engine: 'delegated', channel: 'whatsapp' },
    { engine: 'delegated', channel: 'call' },
    { engine: 'delegated', ownCode: true },
    { purpose: 'login' },
  ] as const)('refuses every start, as by %j, before any limit', (more) => {
    const r = recipient()
    expect(r.start(more).ok).toBe(true)
    r.settle(SENT)
    r.writes('stop')
    const before = r.state()
    expect(r.start(more)).toEqual(refused)
    expect(r.state()).toEqual(before)
    expect(r.facts.at(-1)).toMatchObject({ type: 'verification.refused', reason: 'opted_out' })
    r.pass(DAY)
    expect(r.start(more)).toEqual(refused)
    expect(r.state().sends).toEqual([])
    r.writes('start')
    expect(r.start(more).ok).toBe(true)
  })

  it('leaves an earlier answer as it was, for the same Idempotency-Key', () => {
    const r = recipient()
    const idempotency = { key: 'k1', fingerprint: 'f' }
    const first = r.start({ idempotency })
    r.settle(SENT)
    r.writes('stop')
    if (!first.ok) throw new Error('refused')
    const { view } = first.value
    expect(r.start({ idempotency })).toEqual({ ok: true, value: { view, send: null } })
    expect(r.start({ idempotency: { ...idempotency, key: 'k2' } })).toEqual(refused)
  })

  it('leaves the code alone that has arrived', () => {
    const r = recipient()
    r.start()
    r.settle(SENT)
    r.writes('stop')
    expect(r.check('654321')).toMatchObject({ refusal: { code: 'incorrect_code' } })
    expect(r.check('123456')).toMatchObject({ ok: true, value: { status: 'approved' } })
  })

  it.each([
    ['sent', SENT],
    ['blocked', blocked('opted_out')],
    ['lost', { ...blocked('opted_out'), kind: 'unknown', failures: [] } as SendOutcome],
  ])('outlives a text that was on its way, and was then %s', (_, outcome) => {
    const r = recipient()
    r.start()
    r.writes('stop')
    r.settle(outcome)
    expect(isStopped(r.state())).toBe(true)
    r.pass(DAY)
    expect(r.start()).toEqual(refused)
  })

  it("is more than a carrier's word, which the carrier takes back with the next text", () => {
    const r = recipient()
    r.start()
    r.settle(blocked('opted_out'))
    expect(r.state().optOut).toBe('carrier')
    r.pass(MINUTE)
    expect(r.start().ok).toBe(true)
    r.writes('stop')
    expect(r.types().at(-1)).toBe('recipient.opted_out')
    r.settle(SENT)
    expect(r.state().optOut).toBe('stop')
  })
})

describe('START', () => {
  it('opts in again, and says so in one event', () => {
    const r = recipient()
    r.writes('stop')
    r.writes('start', 'SMb')
    expect(r.state().optOut).toBeNull()
    const fact = { channel: 'sms', provider: 'twilio', reason: 'start', ...CALLER }
    expect(r.facts.at(-1)).toEqual({ type: 'recipient.opted_in', provider_id: 'SMb', ...fact })
    r.writes('start')
    expect(r.types()).toEqual(['recipient.opted_out', 'recipient.opted_in', 'recipient.replied'])
    expect(r.start().ok).toBe(true)
  })

  it("takes back a carrier's word, and lets every carrier be asked again", () => {
    const r = recipient()
    r.start()
    r.settle(blocked('opted_out', 'telnyx'))
    expect(r.state()).toMatchObject({ optOut: 'carrier', barred: { provider: 'telnyx' } })
    r.writes('start')
    expect(r.state()).toMatchObject({ optOut: null, barred: null })
    expect(r.types().at(-1)).toBe('recipient.opted_in')
    r.pass(MINUTE)
    expect(r.start()).toMatchObject({ ok: true, value: { send: { only: null } } })
  })

  it('leaves a block for another reason', () => {
    const r = recipient()
    r.start()
    r.settle(blocked('send_blocked'))
    const { barred } = r.state()
    expect(barred).not.toBeNull()
    r.writes('stop')
    r.writes('start')
    expect(r.state()).toMatchObject({ optOut: null, barred })
  })

  it('keeps the limits', () => {
    const r = recipient()
    r.start()
    r.settle(SENT)
    r.writes('stop')
    r.writes('start')
    expect(r.start()).toMatchObject({ refusal: { code: 'cooldown' } })
  })
})

describe('other words, and HELP', () => {
  it.each([
    [null, 'other'],
    ['help', 'help'],
  ] as const)('leave an event only: %s', (keyword, reason) => {
    for (const optOut of ['stop', 'start'] as const) {
      const r = recipient()
      r.writes(optOut)
      const before = r.state()
      r.writes(keyword, 'SMx')
      expect(r.state()).toEqual(before)
      expect(r.facts.at(-1)).toEqual({
        type: 'recipient.replied',
        channel: 'sms',
        provider: 'twilio',
        provider_id: 'SMx',
        reason,
        ...CALLER,
      })
    }
    const stranger = recipient()
    stranger.writes(keyword)
    expect(nextDue(stranger.state())).toBeNull()
  })
})

describe('a reply that is told twice', () => {
  it('changes nothing and leaves no event', () => {
    const r = recipient()
    for (const [keyword, id] of [
      ['stop', 'SMa'],
      ['start', 'SMb'],
    ] as const) {
      r.writes(keyword, id)
      const before = r.state()
      const told = r.facts.length
      r.writes(keyword, id)
      expect(r.state()).toEqual(before)
      expect(r.facts).toHaveLength(told)
    }
  })

  it('undoes nothing newer: an old STOP after a START, an old START after a STOP', () => {
    const r = recipient()
    r.writes('start', 'SMa') // changes nothing, and is heard
    r.writes('stop', 'SMb')
    r.writes('start', 'SMa')
    expect(isStopped(r.state())).toBe(true)
    r.writes('start', 'SMc')
    r.writes('stop', 'SMb')
    expect(isStopped(r.state())).toBe(false)
  })

  it('is known for an hour', () => {
    const r = recipient()
    r.writes('stop', 'SMa')
    r.writes('start', 'SMb')
    expect(nextDue(r.state())).toBe(T0 + HOUR)
    r.pass(HOUR - 1)
    r.writes('stop', 'SMa')
    expect(isStopped(r.state())).toBe(false)
    r.pass(1)
    r.writes('stop', 'SMa')
    expect(isStopped(r.state())).toBe(true)
  })

  it('is known among few: the record stays small', () => {
    const r = recipient()
    for (let i = 0; i < 100; i++) r.writes(i % 2 ? 'start' : 'stop', `${i}`.padEnd(1000, 'x'))
    expect(JSON.stringify(r.state().replies).length).toBeLessThan(1000)
  })

  it('is not told from others where it has no id', () => {
    const r = recipient()
    r.writes('stop', '')
    r.writes('start', '')
    expect(r.facts.map(({ provider_id }) => provider_id)).toEqual([undefined, undefined])
    expect(r.state().optOut).toBeNull()
  })
})

describe('an opt-out', () => {
  it('outlives everything else in the record', () => {
    const r = recipient()
    r.start()
    r.settle(SENT)
    r.check('123456')
    r.writes('stop')
    for (let wakes = 0; nextDue(r.state()) !== Number.POSITIVE_INFINITY; wakes++) {
      expect(wakes).toBeLessThan(10)
      r.pass((nextDue(r.state()) ?? 0) - T0)
      r.advance()
    }
    expect(r.state()).toEqual({ ...emptyRecord('GB', MASKED), optOut: 'stop' })
    r.pass(1000 * DAY)
    r.advance()
    expect(r.state()).toEqual({ ...emptyRecord('GB', MASKED), optOut: 'stop' })
    expect(r.start()).toEqual(refused)
  })

  it("is forgotten with the record where it is a carrier's word", () => {
    const r = recipient()
    r.start()
    r.settle(blocked('opted_out'))
    r.pass(DAY - 1)
    r.advance()
    expect(r.state().optOut).toBe('carrier')
    r.pass(1)
    r.advance()
    expect(r.state()).toEqual(emptyRecord('GB', MASKED))
    expect(nextDue(r.state())).toBeNull()
  })

  it('of nobody on file is kept for ever; START forgets it', () => {
    const r = recipient()
    r.writes('stop')
    r.pass(DAY)
    r.advance()
    expect(nextDue(r.state())).toBe(Number.POSITIVE_INFINITY)
    r.writes('start')
    r.pass(HOUR)
    r.advance()
    expect(nextDue(r.state())).toBeNull()
  })
})
