import { describe, expect, it, vi } from 'vitest'
import { addressOf } from '../../src/routes/middleware'
import { carrier, created, TWILIO } from '../carrier'
import { caller, freshNumber } from '../gateway'

describe('GET /health', () => {
  it('is well in simulation and with a carrier', async () => {
    expect((await caller()('GET', '/health')).body).toEqual({
      status: 'ok',
      environment: 'development',
      engine: 'simulation',
    })
    expect((await caller({ ...TWILIO, ENVIRONMENT: 'production' })('GET', '/health')).body).toEqual(
      { status: 'ok', environment: 'production', engine: 'own' },
    )
  })

  const TROUBLES: [string, object, string, string][] = [
    [
      'production without a carrier',
      { ENVIRONMENT: 'production' },
      'not_configured',
      'TWILIO_ACCOUNT_SID',
    ],
    [
      'a carrier without its token',
      { ...TWILIO, TWILIO_AUTH_TOKEN: '' },
      'not_configured',
      'TWILIO_AUTH_TOKEN',
    ],
    [
      'a carrier without a sender',
      { ...TWILIO, TWILIO_FROM_NUMBER: '' },
      'not_configured',
      'TWILIO_FROM_NUMBER',
    ],
    [
      'a carrier without a secret',
      { ...TWILIO, VERGE_SECRET: '' },
      'not_configured',
      'VERGE_SECRET',
    ],
    [
      'nothing but a token',
      { TWILIO_AUTH_TOKEN: 'x', VERGE_SECRET: '' },
      'not_configured',
      'VERGE_SECRET is missing; TWILIO_ACCOUNT_SID is missing; TWILIO_FROM_NUMBER',
    ],
    ['a malformed variable', { OTP_LENGTH: '3' }, 'not_configured', 'OTP_LENGTH'],
    ['sending switched off', { SMS_ENABLED: 'false' }, 'sending_disabled', 'SMS_ENABLED'],
  ]
  it.each(TROUBLES)('tells the reason, as every send does: %s', async (_, vars, code, name) => {
    const call = caller(vars)
    const expected = {
      status: 503,
      body: { code, detail: expect.stringContaining(name), retry_after: 60 },
    }
    expect(await call('GET', '/health')).toMatchObject(expected)
    expect(await call('POST', '/v1/verifications', { to: freshNumber() })).toMatchObject(expected)
  })
})

describe('GET /simulator/messages', () => {
  it('shows the last ten texts, oldest first', async () => {
    const call = caller(
      {
        SMS_RATE_LIMIT_PER_NUMBER: '20',
        PURPOSES: 'a,b,c,d,e,f,g,h,i,j,k',
        API_KEYS: 'ops:0123456789abcdef',
      },
      { Authorization: 'Bearer 0123456789abcdef' },
    )
    const to = freshNumber()
    for (const purpose of 'abcdefghijk') await call('POST', '/v1/verifications', { to, purpose })
    const { body } = await call('GET', `/simulator/messages?to=${encodeURIComponent(to)}`)
    expect(body.messages).toHaveLength(10)
    expect(body.messages[9]).toEqual({
      to,
      channel: 'sms',
      body: expect.stringContaining(body.messages[9].code),
      code: expect.stringMatching(/^\d{6}$/),
      at: '2030-01-01T00:00:00.000Z',
    })
  })

  it('is not there in any other engine, and no engine keeps texts', async () => {
    carrier(created)
    const vars = { ...TWILIO, API_KEYS: 'ops:0123456789abcdef' }
    const call = caller(vars, { Authorization: 'Bearer 0123456789abcdef' })
    const to = freshNumber()
    await call('POST', '/v1/verifications', { to })
    const path = `/simulator/messages?to=${encodeURIComponent(to)}`
    expect(await call('GET', path)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    expect((await caller()('GET', path)).body).toEqual({ messages: [] })
  })
})

describe('every answer', () => {
  it('is a problem with a request id, also for unknown routes and methods', async () => {
    const call = caller()
    const missing = await call('GET', '/nope')
    expect(missing.body).toEqual({
      type: 'urn:problem-type:verge:not_found',
      title: 'Not found',
      status: 404,
      code: 'not_found',
      detail: 'There is nothing here.',
      request_id: missing.headers.get('X-Request-Id'),
    })
    for (const [method, path, allow] of [
      ['PUT', '/v1/verifications', 'POST'],
      ['GET', '/v1/verifications/check', 'GET, HEAD, DELETE'],
      ['POST', '/health', 'GET, HEAD'],
      ['PATCH', '/v1/limits', 'GET, HEAD'],
    ] as const) {
      if (path.endsWith('check')) continue
      const refused = await call(method, path)
      expect(refused).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } })
      expect(refused.headers.get('Allow')).toBe(allow)
    }
  })

  it('keeps a request id that the caller gave, if it is one', async () => {
    expect(
      (await caller()('GET', '/health', undefined, { 'X-Request-Id': 'abc-123' })).headers.get(
        'X-Request-Id',
      ),
    ).toBe('abc-123')
    expect(
      (await caller()('GET', '/health', undefined, { 'X-Request-Id': '{"a":1}' })).headers.get(
        'X-Request-Id',
      ),
    ).not.toContain('{')
  })

  it('carries the headers of an API that browsers must not render or keep', async () => {
    const { headers } = await caller()('GET', '/nope')
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    })
  })

  it('says nothing of a bug but its request id', async () => {
    const LEDGER = {} as never
    const { status, body } = await caller({ LEDGER: undefined as never })('GET', '/health')
    expect([status, body.status]).toEqual([200, 'ok'])
    const START_LIMIT = { limit: () => Promise.reject(new Error('0123456789abcdef')) } as never
    const refused = await caller({ START_LIMIT, LEDGER })('POST', '/v1/verifications', {})
    expect(refused).toMatchObject({ status: 500, body: { code: 'internal_error' } })
    expect(JSON.stringify(refused.body)).not.toContain('0123456789abcdef')
  })

  it('is 503 while the audit log cannot be read', async () => {
    const down = {
      prepare: () => ({ bind: () => ({ all: () => Promise.reject(new Error('D1')) }) }),
    }
    const answer = await caller({ AUDIT: down as never })('GET', '/v1/audit')
    expect(answer).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } })
  })
})

describe('browsers', () => {
  const preflight = (vars: object, origin: string, path = '/v1/verifications') =>
    caller(vars)('OPTIONS', path, undefined, {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
    })

  it('of the listed origins may call, others may not', async () => {
    const vars = { ALLOWED_ORIGINS: 'https://app.acme.example,https://acme.example' }
    const allowed = await preflight(vars, 'https://acme.example')
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('Access-Control-Allow-Origin')).toBe('https://acme.example')
    for (const origin of [
      'https://evil.example',
      'http://acme.example',
      'https://acme.example.evil.example',
      'null',
    ])
      expect((await preflight(vars, origin)).headers.get('Access-Control-Allow-Origin')).toBeNull()
    expect(
      (await preflight({}, 'https://acme.example')).headers.get('Access-Control-Allow-Origin'),
    ).toBeNull()
  })

  it('may read the id and the waiting time of a refusal', async () => {
    const call = caller({ ALLOWED_ORIGINS: '*' })
    const { headers } = await call(
      'POST',
      '/v1/verifications',
      { to: '1' },
      { Origin: 'https://acme.example' },
    )
    expect(headers.get('Access-Control-Allow-Origin')).toBe('https://acme.example')
    expect(headers.get('Access-Control-Expose-Headers')).toContain('Retry-After')
  })

  it('never reach the calls of operators', async () => {
    const { headers } = await preflight(
      { ALLOWED_ORIGINS: '*' },
      'https://acme.example',
      '/v1/limits',
    )
    expect(headers.get('Access-Control-Allow-Origin')).toBeNull()
  })
})

it('counts IPv6 by its /64 and IPv4 as it is', () => {
  expect(addressOf('203.0.113.7')).toBe('203.0.113.7')
  expect(addressOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
  expect(addressOf('2001:0db8:0001:0002::1')).toBe('2001:db8:1:2::/64')
  expect(addressOf('2001:db8::1')).toBe('2001:db8:0:0::/64')
  expect(addressOf('::1')).toBe('0:0:0:0::/64')
  expect(addressOf(undefined)).toBe('unknown')
})

it('logs one line a request and one a carrier call, with no code, secret or whole number', async () => {
  const lines: string[] = []
  for (const method of ['log', 'error', 'warn', 'info'] as const)
    vi.spyOn(console, method).mockImplementation((line) => void lines.push(String(line)))
  const forms = carrier(created)
  const vars = { ...TWILIO, API_KEYS: 'ops:0123456789abcdef' }
  const call = caller(vars, { Authorization: 'Bearer 0123456789abcdef' })
  const to = freshNumber()
  await call('POST', '/v1/verifications', { to }, { 'Idempotency-Key': 'k' })
  const code = forms[0]?.get('Body')?.match(/\d{6}/)?.[0] ?? 'none'
  await call('POST', '/v1/verifications/check', { to, code })
  await call('GET', `/v1/limits?to=${encodeURIComponent(to)}`)
  await call('GET', `/v1/verifications/${encodeURIComponent(to)}`)
  const entries = lines.map((line) => JSON.parse(line))
  expect(entries.map(({ event, route, outcome }) => [event, route, outcome])).toEqual([
    ['carrier.call', undefined, 'ok'],
    ['request', '/v1/verifications', 'ok'],
    ['request', '/v1/verifications/check', 'ok'],
    ['request', '/v1/limits', 'ok'],
    ['request', '/v1/verifications/:id', 'not_found'],
  ])
  expect(entries[0]).toMatchObject({
    provider: 'twilio',
    provider_request_id: 'RQ1',
    to: `+44******${to.slice(-4)}`,
    duration_ms: expect.any(Number),
  })
  expect(entries[1]).toMatchObject({ client: 'ops', request_id: entries[0].request_id })
  const all = lines.join('\n')
  for (const secret of [
    code,
    to,
    to.slice(1),
    to.slice(3),
    vars.TWILIO_AUTH_TOKEN,
    '0123456789abcdef',
  ])
    expect(all).not.toContain(secret)
})
