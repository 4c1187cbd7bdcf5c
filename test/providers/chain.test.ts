import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { FAILURE_KINDS, type FailureKind } from '../../src/domain/delivery'
import { type Answered, type Attempt, type Clock, call, deliver } from '../../src/providers/chain'
import { createCircuits } from '../../src/providers/circuit'
import type { Failure, Messenger, Sent, Text } from '../../src/providers/provider'

const MESSAGE: Text = {
  id: `SM${'0'.repeat(32)}`,
  to: '+12025550123',
  body: 'Your parcel is here.',
  channel: 'sms',
  repeatable: false,
  validForSeconds: 600,
}
const CODE: Text = { ...MESSAGE, body: 'Your code is 012345.', code: '012345', repeatable: true }
const BOTH = [CODE, MESSAGE]

const SENT: Sent = { ok: true, providerId: 'SM1' }

const failure = (kind: FailureKind, more: Partial<Failure> = {}): Failure => ({
  ok: false,
  kind,
  retry: false,
  refusal: 'temporarily_unavailable',
  reason: kind,
  ...more,
})

const again = { retry: true }
const THROTTLED = failure('throttled', again)
const UNAVAILABLE = failure('unavailable', again)
const SERVER_ERROR = failure('unknown', { retry: true, httpStatus: 500 })
const TIMEOUT = failure('unknown', { reason: 'timeout' })
const NETWORK = failure('unknown', { reason: 'network' })
const REVOKED = failure('misconfigured', { account: true, reason: '20003' })
const SENDER = failure('misconfigured', { reason: '21606' })
const NOT_FROM_HERE = failure('unavailable', { refusal: 'could_not_deliver', reason: '21612' })
const INVALID = failure('rejected', { refusal: 'invalid_phone_number', reason: '21211' })
const GEO = failure('rejected', { refusal: 'country_not_allowed', reason: '21408' })
const OPTED_OUT = failure('blocked', { refusal: 'opted_out', reason: '21610' })
const FRAUD = failure('blocked', { refusal: 'send_blocked', reason: '30450' })

const T0 = 1_800_000_000_000

/** What a carrier does with one call: it answers, or holds the line for as long as it may. */
type Answer = Sent | Failure | 'hangs'
/** As many milliseconds later. */
type Slow = { after: number; answer: Answer }
type Carriers = Record<string, (Answer | Slow)[]>

/**
 * A clock that only carriers and waits advance, and carriers that answer in turn. One that is asked once more than it has
 * answers throws. No call outlasts its signal.
 */
function world(script: Carriers, { random = 0.5, tookMs = 0 } = {}) {
  let now = T0
  const waits: number[] = []
  const asked: { name: string; text: Text; signal: AbortSignal; timeoutMs: number }[] = []
  const timeouts = new Map<AbortSignal, number>()
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const { signal } = new AbortController()
    timeouts.set(signal, ms)
    return signal
  })
  const clock: Clock = {
    now: () => now,
    wait: async (ms) => {
      waits.push(ms)
      now += ms
    },
    random: () => random,
  }
  const messengers = Object.entries(script).map(
    ([name, answers]): Messenger => ({
      name,
      async send(text, signal) {
        const timeoutMs = timeouts.get(signal) ?? 0
        asked.push({ name, text, signal, timeoutMs })
        const calls = asked.filter((one) => one.name === name).length
        const given = answers[calls - 1]
        if (!given) throw new Error(`${name} was asked ${calls} times`)
        const slow = typeof given === 'object' && 'after' in given
        const { after, answer } = slow ? given : { after: tookMs, answer: given }
        const hangs = answer === 'hangs' || after > timeoutMs
        now += hangs ? timeoutMs : after
        return hangs ? TIMEOUT : answer
      },
    }),
  )
  return { clock, messengers, waits, asked, tookMs: () => now - T0 }
}

type Options = {
  text?: Text
  countryListed?: boolean
  circuits?: ReturnType<typeof createCircuits>
  random?: number
  tookMs?: number
}

/** Delivers through carriers that stand in this order. */
async function delivering(
  script: Carriers,
  { text = CODE, countryListed = false, circuits = createCircuits(), ...pace }: Options = {},
) {
  const { clock, messengers, waits, asked, tookMs } = world(script, pace)
  const heard: Attempt<Answered>[] = []
  const onAttempt = (attempt: Attempt<Answered>) => heard.push(attempt)
  const { outcome, attempts } = await deliver(
    { messengers, circuits, text, countryListed, onAttempt },
    clock,
  )
  return {
    outcome,
    attempts,
    waits,
    heard,
    asked,
    names: asked.map(({ name }) => name),
    calls: asked.length,
    timeouts: asked.map(({ timeoutMs }) => timeoutMs),
    tookMs: tookMs(),
  }
}

/** Delivers through one carrier. */
const alone = (text: Text, answers: (Answer | Slow)[], options: Options = {}) =>
  delivering({ carrier: answers }, { text, ...options })

describe('a delivery', () => {
  it('that the carrier takes is one call and no wait', async () => {
    const { outcome, attempts, calls, waits, asked } = await alone(CODE, [SENT], { tookMs: 120 })
    expect(outcome).toEqual({ ...SENT, provider: 'carrier', latencyMs: 120 })
    expect(attempts).toEqual([outcome])
    expect([calls, waits]).toEqual([1, []])
    expect(asked[0]?.text).toBe(CODE)
  })

  it('is heard of call by call, over all carriers', async () => {
    const { heard, attempts, outcome } = await delivering(
      { first: [THROTTLED, SENDER], second: [UNAVAILABLE, SENT] },
      { tookMs: 30 },
    )
    const latencyMs = 30
    expect(heard).toEqual([
      { ...THROTTLED, provider: 'first', latencyMs },
      { ...SENDER, provider: 'first', latencyMs },
      { ...UNAVAILABLE, provider: 'second', latencyMs },
      { ...SENT, provider: 'second', latencyMs },
    ])
    expect(attempts).toEqual(heard)
    expect(outcome).toEqual(heard[3])
  })

  it('sends the same text every time, with a signal of its own each', async () => {
    const { asked } = await delivering({ first: [THROTTLED, THROTTLED, SENDER], second: [SENT] })
    for (const { text } of asked) expect(text).toBe(CODE)
    expect(new Set(asked.map(({ signal }) => signal)).size).toBe(4)
  })

  it('hands each carrier a signal that ends its call', async () => {
    const signals: AbortSignal[] = []
    const messenger: Messenger = {
      name: 'carrier',
      async send(_, signal) {
        signals.push(signal)
        return SENT
      },
    }
    await deliver({
      messengers: [messenger],
      circuits: createCircuits(),
      text: CODE,
      countryListed: false,
      onAttempt: () => {},
    })
    expect(signals[0]).toBeInstanceOf(AbortSignal)
    expect(signals[0]?.aborted).toBe(false)
  })
})

describe('a carrier', () => {
  it.each([
    ['throttles', THROTTLED],
    ['is unavailable', UNAVAILABLE],
  ])('that %s is asked again, for a code and for a message', async (_, refused) => {
    for (const text of BOTH) {
      const { outcome, calls } = await alone(text, [refused, refused, SENT])
      expect(outcome).toMatchObject(SENT)
      expect(calls).toBe(3)
    }
  })

  it('is asked three times and never a fourth', async () => {
    for (const text of BOTH) {
      const { outcome, calls } = await alone(text, [UNAVAILABLE, UNAVAILABLE, THROTTLED])
      expect(outcome).toMatchObject(THROTTLED)
      expect(calls).toBe(3)
    }
  })

  it.each<FailureKind>(['rejected', 'blocked', 'misconfigured', 'throttled', 'unavailable'])(
    'whose answer is %s and not to be repeated is not asked again',
    async (kind) => {
      for (const text of BOTH) {
        const { outcome, calls, waits } = await alone(text, [failure(kind)])
        expect(outcome).toEqual({ ...failure(kind), provider: 'carrier', latencyMs: 0 })
        expect([calls, waits]).toEqual([1, []])
      }
    },
  )

  it('is not asked again where the account is at fault, whatever else it says', async () => {
    const { calls } = await alone(CODE, [{ ...REVOKED, retry: true }])
    expect(calls).toBe(1)
  })

  it.each(['timeout', 'network', 'no_sid', 'http_201'])(
    'that may have accepted (%s) is not asked again',
    async (reason) => {
      for (const text of BOTH) {
        const { outcome, calls } = await alone(text, [failure('unknown', { reason })])
        expect(outcome).toMatchObject({ kind: 'unknown', reason })
        expect(calls).toBe(1)
      }
    },
  )

  it('that answers with its own error is asked once more for a code', async () => {
    expect(await alone(CODE, [SERVER_ERROR, SENT])).toMatchObject({ outcome: SENT, calls: 2 })
    const twice = await alone(CODE, [SERVER_ERROR, SERVER_ERROR])
    expect(twice.outcome).toMatchObject(SERVER_ERROR)
    expect(twice.calls).toBe(2)
  })

  it('that answers with its own error is never asked again for a message', async () => {
    const { outcome, calls } = await alone(MESSAGE, [SERVER_ERROR])
    expect(outcome).toMatchObject(SERVER_ERROR)
    expect(calls).toBe(1)
  })

  it('that times out when asked again is not asked a third time', async () => {
    const { outcome, calls } = await alone(CODE, [THROTTLED, TIMEOUT])
    expect(outcome).toMatchObject(TIMEOUT)
    expect(calls).toBe(2)
  })
})

describe('where an earlier call may have been accepted', () => {
  it.each([
    ['throttled', failure('throttled')],
    ['unavailable', failure('unavailable')],
    ['misconfigured', failure('misconfigured')],
  ])('a later %s is unknown too: the text is not given back', async (_, later) => {
    const { outcome, heard, calls } = await alone(CODE, [SERVER_ERROR, later])
    expect(outcome).toMatchObject({ ...later, kind: 'unknown' })
    expect(heard[1]).toMatchObject(later)
    expect(calls).toBe(2)
  })

  it('the outcome stays unknown over all three calls', async () => {
    const { outcome, calls } = await alone(CODE, [SERVER_ERROR, THROTTLED, UNAVAILABLE])
    expect(outcome).toMatchObject({ ...UNAVAILABLE, kind: 'unknown' })
    expect(calls).toBe(3)
  })

  it('an opt-out or a rejection does not undo that: somebody may hold the code', async () => {
    for (const kind of ['blocked', 'rejected'] as const) {
      const unknown = { kind: 'unknown' }
      expect((await alone(CODE, [SERVER_ERROR, failure(kind)])).outcome).toMatchObject(unknown)
      const { outcome } = await delivering({ first: [TIMEOUT], second: [failure(kind)] })
      expect(outcome).toMatchObject(unknown)
    }
  })

  it('a later success is a success', async () => {
    expect((await alone(CODE, [SERVER_ERROR, SENT])).outcome).toMatchObject(SENT)
  })
})

describe('the wait before the next call', () => {
  it.each([
    [0, [0, 0]],
    [0.5, [125, 250]],
    [1 - 2 ** -53, [249, 499]],
  ])('is full jitter under a doubling bound: %d of it is %j ms', async (random, expected) => {
    const { waits } = await alone(CODE, [THROTTLED, THROTTLED, SENT], { random })
    expect(waits).toEqual(expected)
  })

  it('is what the carrier asks for', async () => {
    const { waits } = await alone(CODE, [
      { ...THROTTLED, retryAfter: 2 },
      { ...THROTTLED, retryAfter: 0.5 },
      SENT,
    ])
    expect(waits).toEqual([2000, 500])
  })

  it('is given up where it leaves less than three of the fifteen seconds', async () => {
    const inTime = await alone(CODE, [{ ...THROTTLED, retryAfter: 12 }, SENT])
    expect([inTime.calls, inTime.waits]).toEqual([2, [12_000]])
    const late = { ...THROTTLED, retryAfter: 12.001 }
    const tooLate = await alone(CODE, [late])
    expect([tooLate.calls, tooLate.waits]).toEqual([1, []])
    expect(tooLate.outcome).toMatchObject(late)
  })

  it('leaves each call ten seconds, and the last one what is left of the fifteen', async () => {
    const { timeouts } = await alone(
      CODE,
      [{ ...THROTTLED, retryAfter: 4 }, { ...THROTTLED, retryAfter: 3 }, SENT],
      { tookMs: 2000 },
    )
    expect(timeouts).toEqual([10_000, 9000, 4000])
  })

  it('counts the time that calls took, and earlier waits', async () => {
    const twoSeconds = { ...THROTTLED, retryAfter: 2 }
    const inTime = await alone(CODE, [twoSeconds, twoSeconds, SENT], { tookMs: 4000 })
    expect(inTime.calls).toBe(3)
    const tooLate = await alone(CODE, [twoSeconds, twoSeconds], { tookMs: 4001 })
    expect(tooLate.calls).toBe(2)
    expect(tooLate.outcome).toMatchObject(twoSeconds)
  })

  it.each([600, Number.POSITIVE_INFINITY])('is never %d s', async (retryAfter) => {
    const { calls, waits } = await alone(CODE, [{ ...THROTTLED, retryAfter }])
    expect([calls, waits]).toEqual([1, []])
  })

  it('that a carrier asks for is at most a second where another stands ready', async () => {
    const patient = await delivering({
      first: [{ ...THROTTLED, retryAfter: 1 }, SENT],
      second: [],
    })
    expect([patient.names, patient.waits]).toEqual([['first', 'first'], [1000]])
    const impatient = await delivering({
      first: [{ ...THROTTLED, retryAfter: 1.001 }],
      second: [SENT],
    })
    expect([impatient.names, impatient.waits]).toEqual([['first', 'second'], []])
  })

  it('is what the last carrier asks for: nobody stands behind it', async () => {
    const { names, waits, outcome } = await delivering({
      first: [{ ...THROTTLED, retryAfter: 5 }],
      second: [{ ...THROTTLED, retryAfter: 5 }, SENT],
    })
    expect([names, waits]).toEqual([['first', 'second', 'second'], [5000]])
    expect(outcome).toMatchObject(SENT)
  })
})

describe('the next carrier', () => {
  type Row = { what: string; said: Failure; code: boolean; message: boolean; listed: boolean }
  const row = (what: string, said: Failure, code: boolean, message = code, listed = code): Row => ({
    what,
    said,
    code,
    message,
    listed,
  })
  const ROWS = [
    row('rejected for its recipient', INVALID, false),
    row('rejected for its text', failure('rejected', { refusal: 'could_not_deliver' }), false),
    row('rejected for its country', GEO, false, false, true),
    row('blocked by an opt-out', OPTED_OUT, false),
    row('blocked as fraud', FRAUD, false),
    row('blocked for another reason', failure('blocked', { refusal: 'could_not_deliver' }), false),
    // Never: not even where its refusal reads as a country's.
    row('blocked in a country', failure('blocked', { refusal: 'country_not_allowed' }), false),
    row('throttled', failure('throttled'), true),
    row('unavailable', failure('unavailable'), true),
    row('not taken from here', NOT_FROM_HERE, true),
    row('misconfigured for its sender', SENDER, true),
    row('misconfigured for its account', REVOKED, true),
    row('unknown by a time-out', TIMEOUT, true, false),
    row('unknown by a lost connection', NETWORK, true, false),
    row(
      'unknown by an answer of nonsense',
      failure('unknown', { reason: 'http_201' }),
      true,
      false,
    ),
  ]

  it('has a row here for every kind', () => {
    expect(new Set(ROWS.map(({ said }) => said.kind))).toEqual(new Set(FAILURE_KINDS))
  })

  for (const { what, said, code, message, listed } of ROWS) {
    const cases = [
      ['a code', CODE, false, code],
      ['a text without a code', MESSAGE, false, message],
      ['a code to a listed country', CODE, true, listed],
      ['a text without a code to a listed country', MESSAGE, true, message || (listed && !code)],
    ] as const
    it.each(cases)(`of %s that was ${what}`, async (_, text, countryListed, passesOn) => {
      const options = { text, countryListed }
      const two = await delivering({ first: [said], second: passesOn ? [SENT] : [] }, options)
      expect(two.names).toEqual(passesOn ? ['first', 'second'] : ['first'])
      expect(two.outcome).toMatchObject(passesOn ? { ...SENT, provider: 'second' } : said)

      const three = await delivering(
        { first: [said], second: passesOn ? [said] : [], third: passesOn ? [SENT] : [] },
        options,
      )
      expect(three.names).toEqual(passesOn ? ['first', 'second', 'third'] : ['first'])
      expect(three.outcome).toMatchObject(passesOn ? { ...SENT, provider: 'third' } : said)
      for (const { text: sent } of three.asked) expect(sent).toBe(text)
    })
  }

  it('is not asked where the first took the text', async () => {
    const { names } = await delivering({ first: [SENT], second: [], third: [] })
    expect(names).toEqual(['first'])
  })

  it('is asked after all calls to the one before it', async () => {
    const { names } = await delivering({
      first: [UNAVAILABLE, THROTTLED, UNAVAILABLE],
      second: [SERVER_ERROR, SERVER_ERROR],
      third: [UNAVAILABLE, SENT],
    })
    expect(names).toEqual(['first', 'first', 'first', 'second', 'second', 'third', 'third'])
  })

  it('ends it where it refuses for good: the third is not asked', async () => {
    for (const said of [INVALID, OPTED_OUT, FRAUD]) {
      const { names, outcome } = await delivering({ first: [REVOKED], second: [said], third: [] })
      expect(names).toEqual(['first', 'second'])
      expect(outcome).toMatchObject({ ...said, provider: 'second' })
    }
  })

  it('is not asked where the first was unknown and then refused for good', async () => {
    const { names } = await delivering({ first: [SERVER_ERROR, OPTED_OUT], second: [] })
    expect(names).toEqual(['first', 'first'])
  })
})

describe('where all carriers failed', () => {
  const DOWN = failure('unavailable')
  const FULL = failure('throttled')
  type Row = [string, Failure, Failure, Partial<Attempt & Failure>]
  const ROWS: Row[] = [
    ['the last word, where all may do it later', DOWN, SENDER, { ...SENDER, provider: 'second' }],
    ['with the wait that the last asks for', FULL, { ...FULL, retryAfter: 40 }, { retryAfter: 40 }],
    ['later, where one may and the last refuses', DOWN, NOT_FROM_HERE, DOWN],
    ['a refusal, where all refuse', NOT_FROM_HERE, NOT_FROM_HERE, NOT_FROM_HERE],
    ['a rejection, where that came last', DOWN, INVALID, INVALID],
    ['an opt-out, where that came last', DOWN, OPTED_OUT, OPTED_OUT],
    ['unknown, where the first may have taken it', TIMEOUT, SENDER, { kind: 'unknown' }],
    ['unknown, where the last may have taken it', SENDER, TIMEOUT, { kind: 'unknown' }],
    ['unknown, over a rejection', TIMEOUT, INVALID, { kind: 'unknown' }],
    ['unknown, over an opt-out', TIMEOUT, OPTED_OUT, { kind: 'unknown' }],
    ['unknown, in the words of the last', TIMEOUT, SENDER, { ...SENDER, kind: 'unknown' }],
  ]
  it.each(ROWS)('it is %s', async (_, first, second, expected) => {
    const { outcome } = await delivering({ first: [first], second: [second] })
    expect(outcome).toMatchObject(expected)
  })

  it('a listed country that none may send to is a refusal, and one that the last could not is not', async () => {
    const refused = await delivering({ first: [GEO], second: [GEO] }, { countryListed: true })
    expect(refused.outcome).toMatchObject({ ...GEO, provider: 'second' })
    const down = await delivering({ first: [GEO], second: [SENDER] }, { countryListed: true })
    expect(down.outcome).toMatchObject({ ...SENDER, provider: 'second' })
  })
})

describe('fifteen seconds over all carriers', () => {
  it('leave the second what the first did not use, and three seconds at least', async () => {
    const { timeouts, tookMs, outcome } = await delivering({ first: ['hangs'], second: ['hangs'] })
    expect([timeouts, tookMs]).toEqual([[10_000, 5000], 15_000])
    expect(outcome).toMatchObject({ ...TIMEOUT, provider: 'second', latencyMs: 5000 })
  })

  it.each([
    [1, [10_000]],
    [2, [10_000, 5000]],
    [3, [9000, 3000, 3000]],
    [4, [6000, 3000, 3000, 3000]],
    [5, [3000, 3000, 3000, 3000, 3000]],
    // There is no time for a sixth.
    [6, [3000, 3000, 3000, 3000, 3000]],
  ])('leave each of %d that hang its own time', async (count, expected) => {
    const script = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`c${i}`, ['hangs' as const]]),
    )
    const { timeouts, tookMs, outcome } = await delivering(script)
    expect(timeouts).toEqual(expected)
    expect(tookMs).toBe(expected.reduce((sum, ms) => sum + ms))
    expect(outcome).toMatchObject({ kind: 'unknown', reason: 'timeout' })
  })

  it('are not kept for carriers that rest', async () => {
    const circuits = createCircuits()
    for (const name of ['second', 'third']) circuits.asked(name, T0)(REVOKED, T0)
    const { timeouts } = await delivering(
      { first: ['hangs'], second: ['hangs'], third: [] },
      { circuits },
    )
    expect(timeouts).toEqual([10_000, 5000])
  })

  it('let a carrier be asked again only where the others keep their chance', async () => {
    const slow = { after: 4500, answer: UNAVAILABLE }
    const inTime = await delivering({ first: [slow, slow, SENT], second: [] }, { random: 0 })
    expect(inTime.timeouts).toEqual([10_000, 7500, 3000])
    const slower = { after: 4501, answer: UNAVAILABLE }
    const tooLate = await delivering({ first: [slower, slower], second: ['hangs'] }, { random: 0 })
    expect(tooLate.timeouts).toEqual([10_000, 7499, 15_000 - 2 * 4501])
    expect(tooLate.tookMs).toBe(15_000)
  })
})

describe('a carrier that rests', () => {
  const resting = (...names: string[]) => {
    const circuits = createCircuits()
    for (const name of names) circuits.asked(name, T0)(REVOKED, T0)
    return circuits
  }

  it('is left out', async () => {
    const { names, outcome } = await delivering(
      { first: [], second: [SENT], third: [] },
      { circuits: resting('first') },
    )
    expect(names).toEqual(['second'])
    expect(outcome).toMatchObject({ ...SENT, provider: 'second' })
  })

  it('is asked last, where the others fail: a user is not refused for it', async () => {
    const { names, outcome } = await delivering(
      { first: [SENT], second: [SENDER], third: [SENDER] },
      { circuits: resting('first') },
    )
    expect(names).toEqual(['second', 'third', 'first'])
    expect(outcome).toMatchObject({ ...SENT, change: 'recovered' })
  })

  it('is asked where all of them do, in order', async () => {
    const { names, outcome, attempts } = await delivering(
      { first: [REVOKED], second: [SENT] },
      { circuits: resting('first', 'second') },
    )
    expect(names).toEqual(['first', 'second'])
    expect(outcome).toMatchObject({ ...SENT, change: 'recovered' })
    expect(attempts[0]).not.toHaveProperty('change')
  })

  it('says when it began, and the next delivery goes straight on', async () => {
    const circuits = createCircuits()
    const first = await delivering({ first: [REVOKED], second: [SENT] }, { circuits })
    expect(first.attempts).toMatchObject([{ provider: 'first', change: 'rested' }, SENT])
    const next = await delivering({ first: [], second: [SENT] }, { circuits })
    expect(next.names).toEqual(['second'])
  })

  it('begins to with the third call in a row that fails, be it for one text', async () => {
    const circuits = createCircuits()
    const { attempts } = await delivering(
      { first: [UNAVAILABLE, UNAVAILABLE, UNAVAILABLE], second: [SENT] },
      { circuits },
    )
    expect(attempts.map(({ change }) => change)).toEqual([
      undefined,
      undefined,
      'rested',
      undefined,
    ])
    expect(circuits.rests('first', T0 + 30_000)).toBe(true)
  })

  it('does not for texts that it refuses', async () => {
    const circuits = createCircuits()
    for (let i = 0; i < 5; i++)
      await delivering({ first: [NOT_FROM_HERE], second: [SENT] }, { circuits })
    expect(circuits.rests('first', T0)).toBe(false)
  })
})

describe('a call of its own', () => {
  const calling = async (answers: (Answer | Slow)[], circuits = createCircuits()) => {
    const { clock, messengers, waits, asked } = world({ verifier: answers })
    const heard: Attempt<Answered>[] = []
    const onAttempt = (attempt: Attempt<Answered>) => heard.push(attempt)
    const attempts = await call(
      'verifier',
      { circuits, onAttempt },
      async (signal) => (await messengers[0]?.send(CODE, signal)) ?? SENT,
      clock,
    )
    expect(heard).toEqual(attempts)
    return { attempts, waits, timeouts: asked.map(({ timeoutMs }) => timeoutMs) }
  }

  it('is made once where it succeeds, with ten seconds for it', async () => {
    const { attempts, timeouts } = await calling([SENT])
    expect(attempts).toEqual([{ ...SENT, provider: 'verifier', latencyMs: 0 }])
    expect(timeouts).toEqual([10_000])
  })

  it('is made up to three times where it was certainly not accepted', async () => {
    const { attempts, waits } = await calling([THROTTLED, UNAVAILABLE, UNAVAILABLE])
    expect(attempts).toMatchObject([THROTTLED, UNAVAILABLE, UNAVAILABLE])
    expect(waits).toEqual([125, 250])
  })

  it('is not made again where it may have been accepted, nor where the account is at fault', async () => {
    for (const said of [SERVER_ERROR, TIMEOUT, REVOKED, INVALID])
      expect((await calling([said])).attempts).toMatchObject([said])
  })

  it('waits as long as it is asked to within fifteen seconds', async () => {
    const { attempts, waits, timeouts } = await calling([{ ...THROTTLED, retryAfter: 12 }, SENT])
    expect(attempts).toHaveLength(2)
    expect([waits, timeouts]).toEqual([[12_000], [10_000, 3000]])
    expect((await calling([{ ...THROTTLED, retryAfter: 12.001 }])).attempts).toHaveLength(1)
  })

  it('tells the circuit', async () => {
    const circuits = createCircuits()
    const { attempts } = await calling([REVOKED], circuits)
    expect(attempts).toMatchObject([{ change: 'rested' }])
    expect(circuits.rests('verifier', T0)).toBe(true)
  })
})

describe('every sequence of answers, of one to four carriers', () => {
  const failures = fc
    .record({
      kind: fc.constantFrom(...FAILURE_KINDS),
      retry: fc.boolean(),
      account: fc.boolean(),
      refusal: fc.constantFrom(
        'temporarily_unavailable' as const,
        'could_not_deliver' as const,
        'country_not_allowed' as const,
        'opted_out' as const,
      ),
      retryAfter: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
    })
    .map(({ kind, retry, account, refusal, retryAfter }) =>
      failure(kind, {
        retry,
        refusal,
        ...(account && { account }),
        ...(retryAfter !== undefined && { retryAfter }),
      }),
    )
  const slow = fc.record({
    after: fc.nat({ max: 12_000 }),
    answer: fc.oneof(
      { weight: 6, arbitrary: failures },
      { weight: 1, arbitrary: fc.constant(SENT) },
      { weight: 2, arbitrary: fc.constant('hangs' as const) },
    ),
  })
  const carriers = fc.array(fc.array(slow, { minLength: 3, maxLength: 3 }), {
    minLength: 1,
    maxLength: 4,
  })
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  it('keeps the promises', async () => {
    await fc.assert(
      fc.asyncProperty(
        carriers,
        fc.boolean(),
        fc.boolean(),
        random,
        async (given, isCode, countryListed, jitter) => {
          const script = Object.fromEntries(given.map((answers, i) => [`c${i}`, answers]))
          const text = isCode ? CODE : MESSAGE
          const { outcome, attempts, heard, names, asked, timeouts, tookMs } = await delivering(
            script,
            { text, countryListed, random: jitter },
          )
          const earlier = attempts.slice(0, -1)
          const kinds = attempts.flatMap((attempt) => (attempt.ok ? [] : [attempt.kind]))
          const ends = (attempt: Attempt) =>
            attempt.ok ||
            attempt.kind === 'blocked' ||
            (attempt.kind === 'rejected' &&
              !(attempt.refusal === 'country_not_allowed' && countryListed)) ||
            (attempt.kind === 'unknown' && !isCode)

          // Never more than three calls each (a fourth would throw), in order, each known to all.
          expect(names).toEqual([...names].sort())
          expect(attempts.map(({ provider }) => provider)).toEqual(names)
          expect(heard).toEqual(attempts)
          // The time of a request, whatever the carriers do with theirs.
          expect(tookMs).toBeLessThanOrEqual(15_000)
          for (const ms of timeouts) expect(ms).toBeGreaterThanOrEqual(3000)
          for (const ms of timeouts) expect(ms).toBeLessThanOrEqual(10_000)
          // The same text, and the same carrier only where it said so.
          for (const { text: sent } of asked) expect(sent).toBe(text)
          for (const [i, attempt] of earlier.entries())
            if (names[i + 1] === names[i]) expect(attempt).toMatchObject({ ok: false, retry: true })
          // What ends it ends it: nobody is asked after an answer that says stop, unless its carrier takes it back.
          for (const [i, attempt] of earlier.entries())
            if (names[i + 1] !== names[i]) expect(ends(attempt)).toBe(false)
          if (!isCode) expect(earlier.some((a) => !a.ok && a.kind === 'unknown')).toBe(false)
          // And nothing else does: each carrier had its chance.
          const last = attempts.at(-1) as Attempt
          if (!ends(last)) expect(new Set(names).size).toBe(given.length)
          // The outcome is never better known than the worst of them.
          if (outcome.ok) expect(outcome).toBe(last)
          else if (kinds.includes('unknown')) expect(outcome.kind).toBe('unknown')
          else expect(attempts).toContain(outcome)
          if (last.ok) expect(outcome).toBe(last)
          if (!last.ok && ends(last) && !outcome.ok && !kinds.includes('unknown'))
            expect(outcome).toBe(last)
        },
      ),
      { seed: 1, numRuns: 1000 },
    )
  })

  it('ends with an opt-out, a block or a rejection', async () => {
    const final = fc.constantFrom(OPTED_OUT, FRAUD, INVALID, GEO)
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 3 }),
        final,
        fc.constantFrom(SENDER, REVOKED, NOT_FROM_HERE, failure('throttled')),
        fc.boolean(),
        async (before, last, failing, isCode) => {
          const script: Carriers = {}
          for (let i = 0; i < before; i++) script[`c${i}`] = [failing]
          script.last = [last]
          for (let i = 0; i < 3; i++) script[`never${i}`] = []
          const text = isCode ? CODE : MESSAGE
          const { outcome, names } = await delivering(script, { text })
          expect(outcome).toMatchObject({ ...last, provider: 'last' })
          expect(names).toHaveLength(before + 1)
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  })
})
