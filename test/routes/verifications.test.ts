import { describe, expect, it } from 'vitest'
import {
  type Call,
  caller,
  codeShown,
  freshNumber,
  HOUR,
  ledgerOf,
  MINUTE,
  onlyLedger,
  pass,
  SECOND,
  wrong,
} from '../gateway'

const start = (call: Call, to: string, more: object = {}, headers = {}) =>
  call('POST', '/v1/verifications', { to, ...more }, headers)

const check = (call: Call, to: string, code: string, more: object = {}) =>
  call('POST', '/v1/verifications/check', { to, code, ...more })

describe('a verification', () => {
  it('goes from start to approval', async () => {
    const call = caller()
    const to = freshNumber()
    const started = await start(call, to)
    const id = started.body.id
    expect(started.status).toBe(201)
    expect(started.body).toEqual({
      id: expect.stringMatching(/^VE4[0-9a-f]{31}$/),
      to,
      channel: 'sms',
      channels: ['sms', 'call', 'whatsapp'],
      purpose: 'verify',
      status: 'pending',
      engine: 'simulation',
      expires_at: '2030-01-01T00:10:00.000Z',
      resend_at: '2030-01-01T00:01:00.000Z',
      sends_remaining: 4,
      attempts_remaining: 5,
      simulated: true,
    })
    const code = await codeShown(call, to)
    expect((await check(call, to, wrong(code))).body).toMatchObject({
      code: 'incorrect_code',
      attempts_remaining: 4,
    })
    const checked = await check(call, to, code)
    expect(checked.status).toBe(200)
    expect(checked.body).toMatchObject({ id, to, status: 'approved', attempts_remaining: 3 })
    expect(await check(call, to, code)).toMatchObject({
      status: 404,
      body: { code: 'no_pending_verification' },
    })
  })

  it('is read and canceled by id, the number masked', async () => {
    const call = caller()
    const to = freshNumber()
    const { body } = await start(call, to)
    const read = await call('GET', `/v1/verifications/${body.id}`)
    const masked = `+44******${to.slice(-4)}`
    const { channels: _, ...rest } = body // of a number that is not told, nobody knows them
    expect(read.body).toEqual({ ...rest, to: masked })
    expect(await call('DELETE', `/v1/verifications/${body.id}`)).toMatchObject({
      status: 200,
      body: { status: 'canceled', to: masked },
    })
    expect((await call('GET', `/v1/verifications/${body.id}`)).body.status).toBe('canceled')
    expect((await check(call, to, '123456')).status).toBe(404)
  })

  it('is checked by id', async () => {
    const call = caller()
    const to = freshNumber()
    const { id } = (await start(call, to)).body
    const code = await codeShown(call, to)
    const byId = (purpose?: string) =>
      call('POST', '/v1/verifications/check', { id, code, ...(purpose && { purpose }) })
    expect(await byId('login')).toMatchObject({
      status: 404,
      body: { code: 'no_pending_verification' },
    })
    expect(await byId('verify')).toMatchObject({
      status: 200,
      body: { status: 'approved', to: `+44******${to.slice(-4)}` },
    })
  })

  it('resends the same code under the same id', async () => {
    const call = caller()
    const to = freshNumber()
    const first = await start(call, to)
    const code = await codeShown(call, to)
    expect(await start(call, to)).toMatchObject({
      status: 429,
      body: { code: 'cooldown', retry_after: 60 },
    })
    pass(MINUTE)
    expect((await start(call, to)).body.id).toBe(first.body.id)
    expect(await codeShown(call, to)).toBe(code)
  })

  it('keeps purposes apart', async () => {
    const call = caller()
    const to = freshNumber()
    await start(call, to, { purpose: 'login' })
    const login = await codeShown(call, to)
    await start(call, to, { purpose: 'admin_2fa' })
    const admin = await codeShown(call, to)
    expect(admin).not.toBe(login)
    expect((await check(call, to, login)).status).toBe(404)
    expect((await check(call, to, login, { purpose: 'admin_2fa' })).body).toMatchObject({
      code: 'incorrect_code',
      attempts_remaining: 2,
    })
    expect((await check(call, to, admin, { purpose: 'admin_2fa' })).status).toBe(200)
    expect((await check(call, to, login, { purpose: 'login' })).status).toBe(200)
  })

  it('gives an administrator no more than five minutes and three checks', async () => {
    const vars = { OTP_EXPIRATION_MINUTES: '30', OTP_MAX_ATTEMPTS: '9' }
    const call = caller(vars)
    const { body } = await start(call, freshNumber(), { purpose: 'admin_2fa' })
    expect(body).toMatchObject({ expires_at: '2030-01-01T00:05:00.000Z', attempts_remaining: 3 })
    expect((await start(call, freshNumber())).body).toMatchObject({
      expires_at: '2030-01-01T00:30:00.000Z',
      attempts_remaining: 9,
    })
  })

  it('has as many digits as OTP_LENGTH says', async () => {
    const call = caller({ OTP_LENGTH: '10' })
    const to = freshNumber()
    await start(call, to)
    const code = await codeShown(call, to)
    expect(code).toMatch(/^[0-9]{10}$/)
    expect((await check(call, to, code)).status).toBe(200)
  })

  it('speaks the language that was asked for', async () => {
    const call = caller()
    const to = freshNumber()
    await start(call, to, { locale: 'es-CO' })
    const { body } = await call('GET', `/simulator/messages?to=${encodeURIComponent(to)}`)
    expect(body.messages[0].body).toMatch(
      /^Su código de verificación es \d{6}\. Válido por 10 minutos\.$/,
    )
  })

  it('expires', async () => {
    const call = caller()
    const to = freshNumber()
    const { id } = (await start(call, to)).body
    const code = await codeShown(call, to)
    pass(10 * MINUTE)
    expect(await check(call, to, code)).toMatchObject({
      status: 410,
      body: { code: 'code_expired' },
    })
    expect((await call('GET', `/v1/verifications/${id}`)).body.status).toBe('expired')
    expect(await call('DELETE', `/v1/verifications/${id}`)).toMatchObject({ status: 410 })
  })

  it('is refused with Retry-After after five texts in an hour', async () => {
    const call = caller({}, {})
    const to = freshNumber()
    for (const purpose of ['verify', 'login', 'admin_2fa'])
      expect((await start(call, to, { purpose })).status).toBe(201)
    pass(MINUTE)
    for (const purpose of ['verify', 'login'])
      expect((await start(call, to, { purpose })).status).toBe(201)
    const sixth = await start(call, to, { purpose: 'admin_2fa' })
    expect(sixth).toMatchObject({
      status: 429,
      body: { code: 'rate_limited', retry_after: 59 * 60 },
    })
    expect(sixth.headers.get('Retry-After')).toBe(String(59 * 60))
    pass(59 * MINUTE - SECOND)
    expect((await start(call, to, { purpose: 'admin_2fa' })).body).toMatchObject({ retry_after: 1 })
    pass(SECOND)
    expect((await start(call, to, { purpose: 'admin_2fa' })).status).toBe(201)
  })
})

describe('an Idempotency-Key', () => {
  it('replays the answer to the same body, whatever the number was typed like', async () => {
    const call = caller()
    const to = freshNumber()
    const key = { 'Idempotency-Key': 'order-1' }
    const first = await start(call, to, {}, key)
    const again = await start(call, `${to.slice(0, 3)} ${to.slice(3)}`, {}, key)
    expect(again).toMatchObject({ status: 201, body: first.body })
    expect([first, again].map(({ headers }) => headers.get('Idempotent-Replayed'))).toEqual([
      null,
      'true',
    ])
    expect(await start(call, to, { purpose: 'login' }, key)).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    })
    expect(
      (await start(call, freshNumber(), {}, key)).headers.get('Idempotent-Replayed'),
    ).toBeNull()
  })

  it('must be printable ASCII, and of a bearable length', async () => {
    const call = caller()
    const refused = await start(call, freshNumber(), {}, { 'Idempotency-Key': 'x'.repeat(256) })
    expect(refused).toMatchObject({ status: 400, body: { issues: [{ path: 'Idempotency-Key' }] } })
  })
})

describe('bad input', () => {
  const to = '+447700123456'
  const BODIES: [string, unknown][] = [
    ['no body', ''],
    ['bad JSON', '{"to":'],
    ['an array', []],
    ['null', null],
    ['a number as text', { to: 447700123456 }],
    ['a missing field', {}],
    ['an unknown field', { to, code: '123456' }],
    ['an unknown purpose', { to, purpose: 'other' }],
    ['a purpose that objects are born with', { to, purpose: 'constructor' }],
    ['an unknown channel', { to, channel: 'pigeon' }],
    ['a bad locale', { to, locale: '../en' }],
    ['a bad country', { to, country: 'XX' }],
  ]
  it.each(BODIES)('is refused as invalid_request: %s', async (_, body) => {
    const answer = await caller()('POST', '/v1/verifications', body)
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(answer.body.issues.length).toBeGreaterThan(0)
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
  })

  const NUMBERS: [string, string, string, object?][] = [
    ['an empty number', '', 'invalid_request'],
    ['letters', 'call me', 'invalid_phone_number'],
    ['200 digits', `+${'1'.repeat(200)}`, 'invalid_phone_number'],
    ['digits of another script', '+٤٤٧٧٠٠١٢٣٤٥٦', 'invalid_phone_number'],
    ['national form without a country', '07700123456', 'invalid_phone_number'],
    ['a short number', '+4477001', 'invalid_phone_number'],
    ['premium rate', '+449091234567', 'invalid_phone_number'],
    ['a landline', '+442071234567', 'not_sms_capable'],
    ['an extension', '+447700123456 ext 5', 'invalid_phone_number'],
  ]
  it.each(NUMBERS)('is refused with its own code: %s', async (_, number, code) => {
    expect(await start(caller(), number)).toMatchObject({ status: 400, body: { code } })
  })

  it.each(['12345a', '123', '12345678901', '１２３４５６', '١٢٣٤٥٦', ' 123456', ''])(
    'spends no attempt on the code %j',
    async (code) => {
      const call = caller()
      const number = freshNumber()
      const { id } = (await start(call, number)).body
      expect(await check(call, number, code)).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', issues: [{ path: 'code' }] },
      })
      expect((await call('GET', `/v1/verifications/${id}`)).body.attempts_remaining).toBe(5)
    },
  )

  it('is refused where a check names both or neither of number and id', async () => {
    const call = caller()
    const id = `VE4${'0'.repeat(31)}`
    for (const body of [{ code: '123456' }, { code: '123456', to, id }])
      expect((await call('POST', '/v1/verifications/check', body)).status).toBe(400)
  })

  it('is 404 for ids that are unknown or of the wrong shape, and 400 in a body', async () => {
    const call = caller()
    const unknown = `VE4${'0'.repeat(31)}`
    for (const id of [
      unknown,
      unknown.toUpperCase(),
      'VE1',
      `VEf${'0'.repeat(31)}`,
      `SM4${'0'.repeat(31)}`,
      '%00',
      to,
    ])
      for (const method of ['GET', 'DELETE'])
        expect(await call(method, `/v1/verifications/${id}`)).toMatchObject({
          status: 404,
          body: { code: 'not_found' },
        })
    expect(
      (await call('POST', '/v1/verifications/check', { id: unknown, code: '123456' })).body.code,
    ).toBe('no_pending_verification')
    expect(
      (await call('POST', '/v1/verifications/check', { id: 'VE1', code: '123456' })).status,
    ).toBe(400)
  })

  it('is 415 without JSON', async () => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect(await caller()('POST', '/v1/verifications', `to=${to}`, form)).toMatchObject({
      status: 415,
      body: { code: 'unsupported_media_type' },
    })
  })

  it.each([
    ['does not say its length', () => ({})],
    ['says its length', (size: number) => ({ 'Content-Length': String(size) })],
    ['says two things', () => ({ 'Content-Length': '1', 'Transfer-Encoding': 'chunked' })],
  ])('is 413 beyond 16 KiB, where it %s', async (_, saying) => {
    const json = (pad: string) => JSON.stringify({ to, pad })
    const post = (size: number) =>
      caller()('POST', '/v1/verifications', json('x'.repeat(size - json('').length)), saying(size))
    expect((await post(16 * 1024)).status).toBe(400)
    expect(await post(16 * 1024 + 1)).toMatchObject({
      status: 413,
      body: { code: 'payload_too_large' },
    })
  })
})

describe('numbers', () => {
  it('are taken in national form with a country', async () => {
    const to = freshNumber()
    const national = `0${to.slice(3)}`
    expect((await start(caller(), national, { country: 'GB' })).body.to).toBe(to)
    const other = freshNumber()
    expect((await start(caller({ DEFAULT_COUNTRY: 'GB' }), `0${other.slice(3)}`)).body.to).toBe(
      other,
    )
  })

  it('are held to the allowed countries by real region: +1 is many', async () => {
    const call = caller({ ALLOWED_COUNTRIES: 'US,GB' })
    expect((await start(call, '+12125550123')).status).not.toBe(403)
    expect(await start(call, '+14165550123')).toMatchObject({
      status: 403,
      body: { code: 'country_not_allowed', country: 'CA' },
    })
    expect(await start(call, '+18765550123')).toMatchObject({
      status: 403,
      body: { country: 'JM' },
    })
  })

  it.each(['+881612345678', '+883510012345678', '+870773111632'])(
    'of no country are refused: %s',
    async (to) => {
      expect(await start(caller(), to)).toMatchObject({
        status: 403,
        body: { code: 'country_not_allowed', country: null },
      })
    },
  )

  const MAGIC: [string, number, string][] = [
    ['+15005550001', 400, 'invalid_phone_number'],
    ['+15005550002', 502, 'could_not_deliver'],
    ['+15005550003', 403, 'country_not_allowed'],
    ['+15005550004', 403, 'opted_out'],
    ['+15005550009', 400, 'not_sms_capable'],
  ]
  it.each(MAGIC)('rehearse failures in simulation: %s', async (to, status, code) => {
    expect(await start(caller(), to)).toMatchObject({ status, body: { code } })
  })
})

describe('limits in front of the ledger', () => {
  it('hold back an address after 10 starts a minute, but not another, nor a key', async () => {
    const call = caller()
    for (let i = 0; i < 10; i++) expect((await start(call, freshNumber())).status).toBe(201)
    const refused = await start(call, freshNumber())
    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'ip_rate_limited', retry_after: 60 },
    })
    expect((await start(caller(), freshNumber())).status).toBe(201)
    const API_KEYS = 'backend:0123456789abcdef'
    const keyed = caller({ API_KEYS }, { Authorization: 'Bearer 0123456789abcdef' })
    for (let i = 0; i < 11; i++) expect((await start(keyed, freshNumber())).status).toBe(201)
  })

  it('hold back 61 calls a minute for one recipient, from many addresses, by number or id alike', async () => {
    const to = freshNumber()
    const { id } = (await start(caller(), to)).body
    for (let i = 1; i < 60; i++)
      expect((await caller()('GET', `/v1/verifications/${id}`)).status).toBe(200)
    expect(await check(caller(), to, '123456')).toMatchObject({
      status: 429,
      body: { code: 'too_many_requests' },
    })
    expect(await caller()('GET', `/v1/verifications/${id}`)).toMatchObject({ status: 429 })
  })

  it('are not needed: where the runtime has none, calls pass', async () => {
    const call = caller(
      Object.fromEntries(
        ['START_LIMIT', 'CHECK_LIMIT', 'RECIPIENT_LIMIT'].map((name) => [name, undefined]),
      ),
    )
    for (let i = 0; i < 11; i++) expect((await start(call, freshNumber())).status).toBe(201)
  })
})

describe('failing storage', () => {
  it('is 503, sends nothing and leaves nothing', async () => {
    const call = caller(onlyLedger({ start: () => Promise.reject(new Error('storage')) }))
    const to = freshNumber()
    const answer = await start(call, to)
    expect(answer).toMatchObject({
      status: 503,
      body: { code: 'temporarily_unavailable', retry_after: 5 },
    })
    expect(answer.headers.get('Retry-After')).toBe('5')
    const { key, ledger } = await ledgerOf(to)
    expect(await ledger.limits(key, 5)).toMatchObject({ value: { sends: [] } })
  })
})

describe('a lock', () => {
  it('answers checks and starts with locked, and ends by itself', async () => {
    const API_KEYS = 'backend:0123456789abcdef'
    const call = caller({ API_KEYS }, { Authorization: 'Bearer 0123456789abcdef' })
    const to = freshNumber()
    for (let round = 0; round < 2; round++) {
      await start(call, to)
      const code = wrong(await codeShown(call, to))
      for (let i = 0; i < 5; i++) await check(call, to, code)
      pass(MINUTE)
    }
    expect(await check(call, to, '123456')).toMatchObject({
      status: 429,
      body: { code: 'locked', retry_after: 840 },
    })
    expect(await start(call, to)).toMatchObject({ status: 429, body: { code: 'locked' } })
    pass(14 * MINUTE)
    expect((await start(call, to)).status).toBe(201)
    pass(HOUR)
  })
})
