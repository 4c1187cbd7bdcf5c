// Several carriers, end to end: who is asked when one fails, what the client is told, and what the operator can read of it.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Env } from '../../src/env'
import {
  accepted,
  broken,
  carriers,
  created,
  LOCAL,
  type Reply,
  refused,
  TELNYX,
  TWILIO,
  VONAGE,
} from '../carrier'
import {
  type Call,
  caller,
  eventsOf,
  freshNumber,
  HOUR,
  healthOfItsOwn,
  ledgerOf,
  MINUTE,
  pass,
  SECOND,
} from '../gateway'

const KEY = { API_KEYS: 'ops:0123456789abcdef' }
const OPS = { Authorization: 'Bearer 0123456789abcdef' }

/** Twilio, then Telnyx. Who calls has a key: the limits per address are not the subject. */
const two = (more: Partial<Env> = {}) => ({
  ...TWILIO,
  ...TELNYX,
  ...KEY,
  ...healthOfItsOwn(),
  ...more,
})
/** Another gateway each time: what one isolate knows, the next does not. */
const isolate = (vars: Partial<Env>) => caller({ ...vars }, OPS)

const start = (call: Call, to = freshNumber(), more: object = {}) =>
  call('POST', '/v1/verifications', { to, ...more })
const check = (call: Call, to: string, code = '') =>
  call('POST', '/v1/verifications/check', { to, code })
const used = async (to: string) => {
  const { key, ledger } = await ledgerOf(to)
  const limits = await ledger.limits(key, 5)
  return limits.ok ? limits.value.sends.length : limits
}
const typesOf = async (to: string) => (await eventsOf(to)).map(({ type }) => type)

const REVOKED = refused(401, 20003, { 'Twilio-Request-Id': 'RQ9' })
const html = (status: number) => () => new Response('<html>Oops</html>', { status })
const hangs: Reply = () => {
  pass(10 * SECOND)
  return Promise.reject(new DOMException('The operation timed out.', 'TimeoutError'))
}
const noBalance: Reply = () =>
  Response.json(
    { errors: [{ code: '20100', title: 'Insufficient Funds' }] },
    { status: 402, headers: { 'X-Request-Id': 'TX9' } },
  )

/** In a 200, as many do. */
const localNoBalance: Reply = () => Response.json({ status: 'error', error: 'low_balance' })

let lines: { level: string; event: string; [field: string]: unknown }[]
const logged = (event: string) => lines.filter((line) => line.event === event)

beforeEach(() => {
  lines = []
  for (const method of ['log', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((line) => void lines.push(JSON.parse(line)))
})

describe('where the first carrier fails, the second sends the same code', () => {
  const failed = (kind: string, reason: string, more: object = {}) => ({
    type: 'provider.failed',
    provider: 'twilio',
    status: kind,
    reason,
    latency_ms: 0,
    ...more,
  })
  const rested = (reason: string) => ({ type: 'provider.rested', provider: 'twilio', reason })
  const FAILURES: [string, Reply, object[]][] = [
    ['times out', hangs, [failed('unknown', 'timeout', { latency_ms: 10_000 })]],
    ['breaks the connection', broken, [failed('unknown', 'network')]],
    [
      'answers 500, once more as well,',
      refused(500, 20500, { 'Twilio-Request-Id': 'RQ9' }),
      Array(2).fill(failed('unknown', '20500', { provider_request_id: 'RQ9' })),
    ],
    ['answers 502 in HTML', html(502), Array(2).fill(failed('unknown', 'http_502'))],
    ['answers 200 in HTML', html(200), [failed('unknown', 'http_200')]],
    [
      'answers 201 with nonsense',
      () => Response.json([7], { status: 201 }),
      [failed('unknown', 'no_sid')],
    ],
    ['has no balance left', html(402), [failed('misconfigured', 'http_402'), rested('http_402')]],
    [
      'revoked the token',
      REVOKED,
      [failed('misconfigured', '20003', { provider_request_id: 'RQ9' }), rested('20003')],
    ],
    ['does not like the sender', refused(400, 21606), [failed('misconfigured', '21606')]],
    ['has no route', refused(400, 21612), [failed('unavailable', '21612')]],
    [
      'has too much to do',
      refused(429, 20429, { 'Retry-After': '30' }),
      [failed('throttled', '20429')],
    ],
    [
      'begins to rest, being down for the third time,',
      refused(503, 20503),
      [...Array(3).fill(failed('unavailable', '20503')), rested('20503')],
    ],
  ]
  it.each(FAILURES)('where it %s', async (_, reply, expected) => {
    const asked = carriers({ twilio: [reply], telnyx: [accepted.telnyx] })
    const call = isolate(two())
    const to = freshNumber()
    const answer = await start(call, to)
    expect(answer).toMatchObject({ status: 201, body: { status: 'pending', engine: 'own' } })
    expect(answer.body).not.toHaveProperty('send_status')

    const calls = expected.filter((event) => 'status' in event).length
    expect(asked.map(({ provider }) => provider)).toEqual([
      ...Array(calls).fill('twilio'),
      'telnyx',
    ])
    const codes = new Set(asked.map(({ code }) => code))
    expect(codes.size).toBe(1)

    const id = answer.body.id
    const about = { verification_id: id, message_id: expect.stringMatching(/^SM/), client: 'ops' }
    expect(await eventsOf(to)).toMatchObject([
      { type: 'verification.started', ...about },
      ...expected.map((event) => ({ ...event, ...about })),
      {
        type: 'verification.sent',
        provider: 'telnyx',
        provider_request_id: 'TX1',
        latency_ms: 0,
        ...about,
      },
    ])
    expect(await used(to)).toBe(1)
    expect((await check(call, to, [...codes][0])).status).toBe(200)
  })

  it.each([
    ['telnyx', TELNYX, accepted.telnyx],
    ['vonage', VONAGE, accepted.vonage],
    ['http:local', LOCAL, accepted.local],
  ])('be it %s', async (second, itsVars, reply) => {
    const asked = carriers({ twilio: [REVOKED], [second]: [reply] })
    const to = freshNumber()
    const vars = { ...TWILIO, ...itsVars, ...KEY, ...healthOfItsOwn() }
    expect((await start(isolate(vars), to)).status).toBe(201)
    expect(asked.map(({ provider }) => provider)).toEqual(['twilio', second])
    expect(asked[0]?.code).toBe(asked[1]?.code)
    expect((await eventsOf(to)).at(-1)).toMatchObject({
      type: 'verification.sent',
      provider: second,
    })
  })

  it('be the first any other: one whose balance is spent, one that refuses in a 200', async () => {
    const vars = {
      ...two(),
      ...LOCAL,
      SMS_PROVIDERS: 'telnyx,http:local,twilio',
    }
    const asked = carriers({
      telnyx: [noBalance],
      'http:local': [localNoBalance],
      twilio: [created],
    })
    const to = freshNumber()
    expect((await start(isolate(vars), to)).status).toBe(201)
    expect(asked.map(({ provider }) => provider)).toEqual(['telnyx', 'http:local', 'twilio'])
    expect((await eventsOf(to)).slice(1)).toMatchObject([
      {
        type: 'provider.failed',
        provider: 'telnyx',
        status: 'misconfigured',
        reason: '20100',
        provider_request_id: 'TX9',
      },
      { type: 'provider.rested', provider: 'telnyx', reason: '20100' },
      { type: 'provider.failed', provider: 'http:local', reason: 'low_balance' },
      { type: 'verification.sent', provider: 'twilio' },
    ])
  })

  it('and a resend carries it once more', async () => {
    const asked = carriers({ twilio: [hangs, created], telnyx: [accepted.telnyx] })
    const call = isolate(two())
    const to = freshNumber()
    await start(call, to)
    pass(MINUTE)
    expect((await start(call, to)).status).toBe(201)
    expect(asked.map(({ provider }) => provider)).toEqual(['twilio', 'telnyx', 'twilio'])
    expect(new Set(asked.map(({ code }) => code)).size).toBe(1)
    expect(await used(to)).toBe(2)
  })

  it('and nothing of the code, the number or a secret is in the events and lines it leaves', async () => {
    const asked = carriers({ twilio: [REVOKED], telnyx: [accepted.telnyx] })
    const to = freshNumber()
    await start(isolate(two()), to)
    const left = JSON.stringify([await eventsOf(to), lines])
    expect(left).toContain('provider.rested')
    for (const hidden of [asked[0]?.code, to.slice(1), TWILIO.TWILIO_AUTH_TOKEN])
      expect(left).not.toContain(hidden)
  })
})

describe('the second carrier is no way round', () => {
  it.each([
    [21610, 403, 'opted_out'],
    [30450, 403, 'send_blocked'],
    [30004, 502, 'could_not_deliver'],
    [21211, 400, 'invalid_phone_number'],
    [21614, 400, 'not_sms_capable'],
    [30003, 502, 'could_not_deliver'],
  ])('Twilio’s %i: HTTP %i %s', async (code, status, told) => {
    const asked = carriers({ twilio: [refused(400, code)] })
    const to = freshNumber()
    const vars = two({ ALLOWED_COUNTRIES: 'GB' })
    expect(await start(isolate(vars), to)).toMatchObject({ status, body: { code: told } })
    expect(asked.map(({ provider }) => provider)).toEqual(['twilio'])
    expect(await eventsOf(to)).toMatchObject([
      { type: 'verification.started' },
      { type: 'provider.failed', provider: 'twilio', reason: String(code) },
      { type: 'verification.send_failed', provider: 'twilio', reason: String(code) },
    ])
    expect(await used(to)).toBe(1)
  })

  it('an opt-out that the second one knows of', async () => {
    const asked = carriers({
      twilio: [refused(400, 21612)],
      telnyx: [() => Response.json({ errors: [{ code: '40300' }] }, { status: 400 })],
    })
    const vars = { ...two(), ...VONAGE, SMS_PROVIDERS: 'twilio,telnyx,vonage' }
    expect(await start(isolate(vars))).toMatchObject({ status: 403, body: { code: 'opted_out' } })
    expect(asked.map(({ provider }) => provider)).toEqual(['twilio', 'telnyx'])
  })

  it('an opt-out after a text that may have left: told as unknown, and in the limits', async () => {
    const optOut = () => Response.json({ errors: [{ code: '40300' }] }, { status: 400 })
    carriers({ twilio: [broken], telnyx: [optOut] })
    const call = isolate(two())
    const to = freshNumber()
    const answer = await start(call, to)
    expect(answer).toMatchObject({ status: 201, body: { send_status: 'unknown' } })
    const { body } = await call('GET', `/v1/limits?to=${encodeURIComponent(to)}`)
    expect(body).toMatchObject({ opted_out: true, sends: { used: 1 } })
  })

  it('a country that Twilio may not send to, but where the operator lists it', async () => {
    const GEO = refused(400, 21408)
    for (const listed of [undefined, '']) {
      const asked = carriers({ twilio: [GEO] })
      const vars = two(listed === undefined ? {} : { ALLOWED_COUNTRIES: listed })
      expect(await start(isolate(vars))).toMatchObject({
        status: 403,
        body: { code: 'country_not_allowed', country: 'GB' },
      })
      expect(asked.map(({ provider }) => provider)).toEqual(['twilio'])
    }
    const asked = carriers({ twilio: [GEO], telnyx: [accepted.telnyx] })
    const to = freshNumber()
    expect((await start(isolate(two({ ALLOWED_COUNTRIES: 'FR,GB' })), to)).status).toBe(201)
    expect(asked.map(({ provider }) => provider)).toEqual(['twilio', 'telnyx'])
    expect(await eventsOf(to)).toMatchObject([
      { type: 'verification.started' },
      { type: 'provider.failed', status: 'rejected', reason: '21408' },
      { type: 'verification.sent', provider: 'telnyx' },
    ])
    // Not even asked where it does not.
    const none = carriers({})
    expect((await start(isolate(two({ ALLOWED_COUNTRIES: 'FR' })))).status).toBe(403)
    expect(none).toEqual([])
  })
})

describe('a recipient whom a carrier blocked', () => {
  it.each([
    [21610, 'opted_out'],
    [30450, 'send_blocked'],
  ])('(%i) is asked for there alone, though that carrier rests', async (code, refusal) => {
    const call = isolate(two())
    const to = freshNumber()
    const blocks = refused(403, code)
    const asked = carriers({ twilio: [blocks, REVOKED, blocks], telnyx: [accepted.telnyx] })
    expect((await start(call, to)).body).toMatchObject({ code: refusal })
    await start(call) // another number; the token is revoked meanwhile
    pass(MINUTE)
    const before = asked.length
    expect((await start(call, to)).body).toMatchObject({ code: refusal })
    expect(asked.slice(before).map(({ provider }) => provider)).toEqual(['twilio'])
  })

  it('is a recipient like any other when that carrier takes a text again', async () => {
    const call = isolate(two())
    const to = freshNumber()
    carriers({ twilio: [refused(403, 21610), created, REVOKED], telnyx: [accepted.telnyx] })
    await start(call, to)
    pass(MINUTE)
    expect((await start(call, to)).status).toBe(201)
    pass(MINUTE)
    expect((await start(call, to)).status).toBe(201)
    expect((await eventsOf(to)).at(-1)).toMatchObject({ provider: 'telnyx' })
  })

  it('is refused without a call where the route has that carrier no more', async () => {
    const to = freshNumber()
    const asked = carriers({ twilio: [refused(403, 21610)], telnyx: [accepted.telnyx] })
    await start(isolate(two()), to)
    pass(MINUTE)
    const answer = await start(isolate(two({ SMS_PROVIDERS: 'telnyx' })), to)
    expect(answer).toMatchObject({ status: 403, body: { code: 'opted_out' } })
    expect(asked).toHaveLength(1)
  })

  it('is remembered a day and then forgotten', async () => {
    const to = freshNumber()
    carriers({ twilio: [refused(403, 21610)], telnyx: [accepted.telnyx] })
    await start(isolate(two()), to)
    pass(24 * HOUR)
    expect((await start(isolate(two({ SMS_PROVIDERS: 'telnyx' })), to)).status).toBe(201)
  })
})

describe('where all carriers fail', () => {
  it('for certain: 503, the send is given back, and a client may try again at once', async () => {
    const vars = { ...two(), ...LOCAL }
    const call = isolate(vars)
    const to = freshNumber()
    carriers({
      twilio: [REVOKED],
      telnyx: [noBalance],
      'http:local': [localNoBalance],
    })
    expect(await start(call, to)).toMatchObject({
      status: 503,
      body: { code: 'temporarily_unavailable', retry_after: 10 },
    })
    expect(await used(to)).toBe(0)
    expect(await typesOf(to)).toEqual([
      'verification.started',
      'provider.failed',
      'provider.rested',
      'provider.failed',
      'provider.rested',
      'provider.failed',
      'verification.send_failed',
    ])
    // The first two rest by now.
    const asked = carriers({ 'http:local': [accepted.local] })
    expect(await start(call, to)).toMatchObject({ status: 201, body: { sends_remaining: 4 } })
    expect(asked.map(({ provider }) => provider)).toEqual(['http:local'])
  })

  it('because none takes the text: 502, given back', async () => {
    carriers({
      twilio: [refused(400, 30007)],
      telnyx: [() => Response.json({ errors: [{ code: '40002' }] }, { status: 400 })],
    })
    const to = freshNumber()
    expect(await start(isolate(two()), to)).toMatchObject({
      status: 502,
      body: { code: 'could_not_deliver' },
    })
    expect(await used(to)).toBe(0)
  })

  it('after one that may have sent it: pending, unknown, counted, and the code is good', async () => {
    const asked = carriers({ twilio: [broken], telnyx: [noBalance] })
    const call = isolate(two())
    const to = freshNumber()
    expect(await start(call, to)).toMatchObject({
      status: 201,
      body: { status: 'pending', send_status: 'unknown', resend_at: '2030-01-01T00:00:00.000Z' },
    })
    expect(await used(to)).toBe(1)
    expect((await eventsOf(to)).at(-1)).toMatchObject({ type: 'verification.send_unknown' })
    expect((await check(call, to, asked[0]?.code)).status).toBe(200)
  })

  it('a client waits fifteen seconds for all of them', async () => {
    const allowed: number[] = []
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      allowed.push(ms)
      return new AbortController().signal
    })
    const hangs: Reply = () => {
      pass(allowed.at(-1) ?? 0)
      return Promise.reject(new DOMException('The operation timed out.', 'TimeoutError'))
    }
    const began = Date.now()
    carriers({ twilio: [hangs], telnyx: [hangs], 'http:local': [hangs] })
    const to = freshNumber()
    expect(await start(isolate({ ...two(), ...LOCAL }), to)).toMatchObject({
      status: 201,
      body: { send_status: 'unknown' },
    })
    expect([allowed, Date.now() - began]).toEqual([[9000, 3000, 3000], 15_000])
    expect(
      (await eventsOf(to)).slice(1).map(({ provider, latency_ms }) => [provider, latency_ms]),
    ).toEqual([
      ['twilio', 9000],
      ['telnyx', 3000],
      ['http:local', 3000],
      ['http:local', 3000],
    ])
  })
})

describe('a revoked token', () => {
  const numbers = (count: number) => Array.from({ length: count }, freshNumber)
  const eventsOfAll = async (all: string[], type: string) =>
    (await Promise.all(all.map(eventsOf))).flat().filter((event) => event.type === type)
  const revoked = () => carriers({ twilio: [REVOKED], telnyx: [accepted.telnyx] })
  const count = (asked: { provider: string }[]) => ({
    twilio: asked.filter(({ provider }) => provider === 'twilio').length,
    telnyx: asked.filter(({ provider }) => provider === 'telnyx').length,
  })

  it('costs one call of twenty, one alarm and one event; the others go straight on', async () => {
    const asked = revoked()
    const call = isolate(two())
    const all = numbers(20)
    for (const to of all) expect((await start(call, to)).status).toBe(201)
    expect(count(asked)).toEqual({ twilio: 1, telnyx: 20 })
    expect(logged('carrier.rested')).toEqual([
      {
        level: 'error',
        event: 'carrier.rested',
        request_id: expect.any(String),
        provider: 'twilio',
        reason: '20003',
        until: '2030-01-01T00:05:00.000Z',
      },
    ])
    expect(await eventsOfAll(all, 'provider.rested')).toHaveLength(1)
    expect(await eventsOfAll(all, 'provider.failed')).toHaveLength(1)
    expect(await typesOf(all[19] ?? '')).toEqual(['verification.started', 'verification.sent'])
  })

  it('is one alarm for twenty at the same time, whichever way their calls end', async () => {
    const { promise: allOut, resolve } = Promise.withResolvers<void>()
    let out = 0
    const together =
      (reply: Reply): Reply =>
      async () => {
        out++
        if (out === 20) resolve()
        await allOut
        return reply()
      }
    const turns = Array.from({ length: 10 }, () => [together(REVOKED), together(created)]).flat()
    const asked = carriers({ twilio: turns, telnyx: [accepted.telnyx] })
    const call = isolate(two())
    const all = numbers(20)
    const answers = await Promise.all(all.map((to) => start(call, to)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    expect(count(asked)).toEqual({ twilio: 20, telnyx: 10 })
    expect(logged('carrier.rested')).toHaveLength(1)
    expect(logged('carrier.recovered')).toEqual([])
    expect(await eventsOfAll(all, 'provider.rested')).toHaveLength(1)
    expect(await eventsOfAll(all, 'provider.recovered')).toEqual([])
    // It rests, although some of the calls that were under way were taken.
    await start(call)
    expect(count(asked)).toEqual({ twilio: 20, telnyx: 11 })
  })

  it('is seen by another isolate for one call, and raises no second alarm', async () => {
    const asked = revoked()
    const vars = two()
    const calls = [isolate(vars), isolate(vars)] as const
    const all = numbers(4)
    for (const [i, to] of all.entries()) await start(i % 2 ? calls[1] : calls[0], to)
    expect(count(asked)).toEqual({ twilio: 2, telnyx: 4 })
    expect(logged('carrier.rested')).toHaveLength(1)
    expect(await eventsOfAll(all, 'provider.rested')).toHaveLength(1)
    expect(await eventsOfAll(all, 'provider.failed')).toHaveLength(2)
  })

  it('is asked about by one call when its rest is over, and rests on', async () => {
    const asked = revoked()
    const call = isolate(two())
    const all = numbers(5)
    const [first = '', early = '', probe = '', later = '', last = ''] = all
    await start(call, first)
    pass(5 * MINUTE - 1)
    await start(call, early)
    expect(count(asked)).toEqual({ twilio: 1, telnyx: 2 })
    pass(1)
    await start(call, probe)
    expect(count(asked)).toEqual({ twilio: 2, telnyx: 3 })
    expect(await typesOf(probe)).toEqual([
      'verification.started',
      'provider.failed',
      'verification.sent',
    ])
    pass(10 * MINUTE - 1)
    await start(call, later)
    expect(count(asked)).toEqual({ twilio: 2, telnyx: 4 })
    pass(1)
    await start(call, last)
    expect(count(asked)).toEqual({ twilio: 3, telnyx: 5 })
    expect(logged('carrier.rested')).toHaveLength(1)
    expect(await eventsOfAll(all, 'provider.rested')).toHaveLength(1)
  })

  it('is mended: one call finds out, and says so once for all isolates', async () => {
    revoked()
    const vars = two()
    const calls = [isolate(vars), isolate(vars)] as const
    for (const call of calls) await start(call)
    pass(5 * MINUTE)
    const asked = carriers({ twilio: [created] })
    const all = numbers(6)
    for (const [i, to] of all.entries())
      expect((await start(i % 2 ? calls[1] : calls[0], to)).status).toBe(201)
    expect(asked.map(({ provider }) => provider)).toEqual(Array(6).fill('twilio'))
    expect(await eventsOf(all[0] ?? '')).toMatchObject([
      { type: 'verification.started' },
      { type: 'provider.recovered', provider: 'twilio' },
      { type: 'verification.sent', provider: 'twilio' },
    ])
    expect(await eventsOfAll(all, 'provider.recovered')).toHaveLength(1)
    expect(logged('carrier.recovered')).toEqual([
      {
        level: 'info',
        event: 'carrier.recovered',
        request_id: expect.any(String),
        provider: 'twilio',
      },
    ])
  })

  it('is over for all when an isolate that knew nothing of it is served', async () => {
    carriers({ twilio: [REVOKED], telnyx: [accepted.telnyx] })
    const vars = two()
    await start(isolate(vars))
    carriers({ twilio: [created] })
    await start(isolate(vars))
    const health = vars.CARRIER_HEALTH?.getByName('carriers')
    expect(await health?.resting()).toEqual({})
  })

  it('is not cut short by another isolate that rests for less', async () => {
    const health = two().CARRIER_HEALTH?.getByName('carriers')
    const [since, now] = [Date.now(), Date.now() + SECOND]
    await health?.rested('twilio', { since, until: since + 5 * MINUTE, reason: '20003' })
    await health?.rested('twilio', { since: now, until: now + 30 * SECOND, reason: '20500' })
    expect(await health?.resting()).toEqual({
      twilio: { since, until: since + 5 * MINUTE, reason: '20003' },
    })
  })

  it('is an alarm and an event again when it happens again', async () => {
    const vars = two()
    const call = isolate(vars)
    revoked()
    await start(call)
    pass(5 * MINUTE)
    carriers({ twilio: [created] })
    await start(call)
    revoked()
    const to = freshNumber()
    await start(call, to)
    expect(await typesOf(to)).toContain('provider.rested')
    expect(logged('carrier.rested')).toHaveLength(2)
  })

  it('is both again for an isolate that still finds it so after another said it is mended', async () => {
    revoked()
    const vars = two()
    const [one, other] = [isolate(vars), isolate(vars)]
    for (const call of [one, other]) await start(call)
    pass(5 * MINUTE)
    carriers({ twilio: [created] })
    await start(one)
    revoked()
    const to = freshNumber()
    await start(other, to)
    expect(await typesOf(to)).toEqual([
      'verification.started',
      'provider.failed',
      'provider.rested',
      'verification.sent',
    ])
    expect(logged('carrier.rested')).toHaveLength(2)
  })

  it('is both again hours later, when those that knew of the first are long gone', async () => {
    revoked()
    const vars = two()
    await start(isolate(vars))
    pass(3 * HOUR)
    const to = freshNumber()
    await start(isolate(vars), to)
    expect(await typesOf(to)).toContain('provider.rested')
    expect(logged('carrier.rested')).toHaveLength(2)
  })

  it('is asked again where no other carrier is left: nothing is lost by it', async () => {
    const asked = carriers({ twilio: [REVOKED, created] })
    const call = isolate({ ...TWILIO, ...KEY, ...healthOfItsOwn() })
    expect((await start(call)).status).toBe(503)
    const to = freshNumber()
    expect((await start(call, to)).status).toBe(201)
    expect(asked).toHaveLength(2)
    expect(await typesOf(to)).toContain('provider.recovered')
  })

  it.each([
    ['is not there', undefined],
    [
      'does not answer',
      { getByName: () => ({ rested: () => Promise.reject(new Error('reset')) }) },
    ],
  ])('is an alarm of each isolate where what they agree in %s', async (_, CARRIER_HEALTH) => {
    const asked = revoked()
    const vars = { ...two(), CARRIER_HEALTH: CARRIER_HEALTH as never }
    for (const call of [isolate(vars), isolate(vars)])
      for (let i = 0; i < 2; i++) expect((await start(call)).status).toBe(201)
    expect(count(asked)).toEqual({ twilio: 2, telnyx: 4 })
    expect(logged('carrier.rested')).toHaveLength(2)
  })
})

describe('an outage', () => {
  it('is a rest after three calls, of half a minute, and over with the first that is taken', async () => {
    const down = carriers({ twilio: [refused(503, 20503)], telnyx: [accepted.telnyx] })
    const call = isolate(two())
    await start(call)
    expect(down.map(({ provider }) => provider)).toEqual(['twilio', 'twilio', 'twilio', 'telnyx'])
    pass(30 * SECOND - 1)
    await start(call)
    expect(down.at(-2)?.provider).toBe('telnyx')
    pass(1)
    const up = carriers({ twilio: [created] })
    const to = freshNumber()
    await start(call, to)
    expect(up.map(({ provider }) => provider)).toEqual(['twilio'])
    expect(await typesOf(to)).toContain('provider.recovered')
  })

  it('is none where texts are refused', async () => {
    const asked = carriers({ twilio: [refused(400, 21612)], telnyx: [accepted.telnyx] })
    const call = isolate(two())
    for (let i = 0; i < 5; i++) await start(call)
    expect(asked.filter(({ provider }) => provider === 'twilio')).toHaveLength(5)
    expect(logged('carrier.rested')).toEqual([])
  })

  it('that ends within one request is neither an alarm nor an event', async () => {
    const call = isolate({ ...TWILIO, ...KEY, ...healthOfItsOwn() })
    carriers({ twilio: [html(503), html(503), refused(503, 20503), created] })
    const [first, to] = [freshNumber(), freshNumber()]
    expect((await start(call, first)).body.send_status).toBe('unknown')
    expect((await start(call, to)).status).toBe(201)
    expect(await typesOf(to)).toEqual([
      'verification.started',
      'provider.failed',
      'verification.sent',
    ])
    expect(logged('carrier.rested')).toEqual([])
    expect(logged('carrier.recovered')).toEqual([])
  })
})

describe('the order', () => {
  const american = () => `+1202555${freshNumber().slice(-4)}`
  const vars = (SMS_ROUTES: object) => ({
    ...two(),
    ...LOCAL,
    SMS_PROVIDERS: 'twilio,telnyx',
    SMS_ROUTES: JSON.stringify(SMS_ROUTES),
  })
  const replies = {
    twilio: [created],
    telnyx: [accepted.telnyx],
    'http:local': [accepted.local],
  }

  it('is the country’s where SMS_ROUTES has it, else that of SMS_PROVIDERS', async () => {
    const call = isolate(vars({ 'GB,IE': ['http:local', 'twilio'] }))
    const asked = carriers(replies)
    for (const to of [freshNumber(), american()]) expect((await start(call, to)).status).toBe(201)
    expect(asked.map(({ provider }) => provider)).toEqual(['http:local', 'twilio'])
  })

  it('falls back within the country’s, and not beyond', async () => {
    const call = isolate(vars({ GB: ['http:local', 'telnyx'] }))
    const asked = carriers({ ...replies, 'http:local': [localNoBalance], telnyx: [noBalance] })
    expect((await start(call)).status).toBe(503)
    expect(asked.map(({ provider }) => provider)).toEqual(['http:local', 'telnyx'])
  })
})

describe('GET /v1/status', () => {
  const status = async (call: Call) => (await call('GET', '/v1/status')).body
  const pings = {
    twilio: [() => Response.json({ status: 'active', type: 'Full' })],
    telnyx: [() => Response.json({ data: { record_type: 'balance' } })],
  }

  it('shows each carrier: whether it is configured, and whether it answers', async () => {
    carriers(pings)
    const call = isolate({ ...two(), ...VONAGE, ...LOCAL })
    expect((await status(call)).providers).toEqual([
      { name: 'twilio', configured: true, answering: true, account: 'active (Full)' },
      { name: 'vonage', configured: true },
      { name: 'telnyx', configured: true, answering: true },
      { name: 'http:local', configured: true },
    ])
  })

  it('shows what one lacks, and that nothing can be sent', async () => {
    const asked = carriers({})
    const body = await status(isolate(two({ TELNYX_FROM: '', VONAGE_FROM: 'Acme' })))
    expect(body).toMatchObject({ engine: null, problem: expect.stringContaining('TELNYX_FROM') })
    expect(body.providers).toEqual([
      { name: 'twilio', configured: true },
      {
        name: 'vonage',
        configured: false,
        problems: ['VONAGE_API_KEY is missing', 'VONAGE_API_SECRET is missing'],
      },
      { name: 'telnyx', configured: false, problems: ['TELNYX_FROM is missing'] },
    ])
    expect(asked).toEqual([])
  })

  it('answers, and texts are sent, while nobody can say who rests', async () => {
    const board = {
      rested: () => new Promise(() => {}),
      resting: () => Promise.reject(new Error('reset')),
    }
    const patience = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(patience.signal)
    const call = isolate(two({ CARRIER_HEALTH: { getByName: () => board } as never }))
    carriers({ twilio: [REVOKED], telnyx: [accepted.telnyx] })
    const to = freshNumber()
    const starting = start(call, to)
    await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(2))
    patience.abort()
    expect((await starting).status).toBe(201)
    expect(await typesOf(to)).toContain('provider.rested')
    carriers(pings)
    const { providers } = await status(call)
    expect(providers[0]).toMatchObject({ name: 'twilio', configured: true })
  })

  it('shows who rests since when, until when and why, to every isolate, until it is over', async () => {
    carriers({ twilio: [REVOKED], telnyx: [accepted.telnyx] })
    const vars = two()
    const call = isolate(vars)
    await start(call)
    carriers(pings)
    const resting = {
      since: '2030-01-01T00:00:00.000Z',
      until: '2030-01-01T00:05:00.000Z',
      reason: '20003',
    }
    const shown = async () => {
      const { providers } = await status(isolate(vars))
      return providers.map((one: { name: string; resting?: object }) => [one.name, one.resting])
    }
    expect(await shown()).toEqual([
      ['twilio', resting],
      ['telnyx', undefined],
    ])
    pass(5 * MINUTE - 1)
    expect((await shown())[0]).toEqual(['twilio', resting])
    pass(1)
    expect((await shown())[0]).toEqual(['twilio', undefined])
    carriers({ twilio: [REVOKED], telnyx: [accepted.telnyx] })
    await start(call)
    carriers(pings)
    const longer = { ...resting, until: '2030-01-01T00:15:00.000Z' }
    expect((await shown())[0]).toEqual(['twilio', longer])
    pass(10 * MINUTE)
    carriers({ twilio: [created] })
    await start(call)
    carriers(pings)
    expect((await shown())[0]).toEqual(['twilio', undefined])
  })
})

it('counts the sends of a number in one limit, whoever carried them', async () => {
  const asked = carriers({
    twilio: [created, refused(400, 21612), created, refused(400, 21612), created],
    telnyx: [accepted.telnyx],
  })
  const call = isolate(two())
  const to = freshNumber()
  for (let sends = 1; sends <= 5; sends++) {
    expect(await start(call, to)).toMatchObject({
      status: 201,
      body: { sends_remaining: 5 - sends },
    })
    pass(11 * MINUTE)
  }
  expect(asked).toHaveLength(7)
  expect(await start(call, to)).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
  expect(asked).toHaveLength(7)
  pass(5 * MINUTE)
  expect((await start(call, to)).status).toBe(201)
})
