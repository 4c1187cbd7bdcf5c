import { describe, expect, it } from 'vitest'
import type { TwilioVerifyConfig } from '../../../src/carrier-config'
import type { VerifyRequest, VerifyTarget } from '../../../src/providers/provider'
import { twilioVerify } from '../../../src/providers/twilio/verify'
import { basic, never, outside } from '../outside'
import { faultsOf, type OperationId } from './contract'
import { ACCOUNT, API_KEY, HEX, onTheWire, TOKEN, timeRunsOut } from './outside'

const SERVICE = `VA${HEX}`
const REFERENCE = `VE${HEX}`
const TO = '+12025550123'
const CODE = '012345'
const ROOT = `https://verify.twilio.com/v2/Services/${SERVICE}`

const CONFIG: TwilioVerifyConfig = {
  accountSid: ACCOUNT,
  authToken: TOKEN,
  apiKey: null,
  serviceSid: SERVICE,
  baseUrl: 'https://verify.twilio.com',
  templateSid: undefined,
  templateSubstitutions: undefined,
  friendlyName: undefined,
  rateLimitKey: undefined,
  riskCheck: undefined,
  tags: undefined,
  appHash: undefined,
}

const FULL: TwilioVerifyConfig = {
  ...CONFIG,
  templateSid: `HJ${HEX}`,
  templateSubstitutions: '{"name":"Ada & Co"}',
  friendlyName: 'Acme',
  rateLimitKey: 'end_user_ip',
  riskCheck: 'disable',
  tags: '{"team":"login"}',
  appHash: 'He42w354ol9',
}

const REQUEST: VerifyRequest = { to: TO, channel: 'sms' }

const VERIFICATION = {
  sid: REFERENCE,
  service_sid: SERVICE,
  account_sid: ACCOUNT,
  to: TO,
  channel: 'sms',
  status: 'pending',
  valid: false,
  lookup: {},
  amount: null,
  payee: null,
  send_code_attempts: [{ time: '2030-01-01T00:00:00Z', channel: 'SMS', attempt_sid: `VL${HEX}` }],
  date_created: '2030-01-01T00:00:00Z',
  date_updated: '2030-01-01T00:00:00Z',
  sna: null,
  url: `${ROOT}/Verifications/${REFERENCE}`,
}
const APPROVED = { ...VERIFICATION, status: 'approved', valid: true }

const TRACE = { 'Twilio-Request-Id': `RQ${HEX}` }

const verify = (config: Partial<TwilioVerifyConfig> = {}) => twilioVerify({ ...CONFIG, ...config })

/** Twilio's own words; a text is answered as it stands. */
const answering =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })

const error = (code: number, status: number, message = `This names ${TO}, ${CODE}, ${TOKEN}`) => ({
  code,
  message,
  more_info: `https://www.twilio.com/docs/errors/${code}`,
  status,
})

const notFound = answering(
  404,
  error(20404, 404, `The requested resource /Services/${SERVICE}/VerificationCheck was not found`),
)

const byReference: VerifyTarget = { reference: REFERENCE }
const byNumber: VerifyTarget = { to: TO }

type Call = (verifier: ReturnType<typeof verify>, signal: AbortSignal) => Promise<unknown>

const start: Call = (verifier, signal) => verifier.start(REQUEST, signal)
const check: Call = (verifier, signal) => verifier.check(byReference, CODE, signal)
const cancel: Call = (verifier, signal) => verifier.update(byReference, 'canceled', signal)
const approve: Call = (verifier, signal) => verifier.update(byReference, 'approved', signal)
const fetch: Call = (verifier, signal) => verifier.fetch(byReference, signal)

const CALLS: [string, Call][] = [
  ['start', start],
  ['check', check],
  ['cancel', cancel],
  ['approve', approve],
  ['fetch', fetch],
]

/** The one request that a call makes, which Twilio's contract allows. */
async function requestOf(
  operation: OperationId,
  call: Call,
  config: Partial<TwilioVerifyConfig> = {},
) {
  const asked = outside(answering(201, VERIFICATION))
  await call(verify(config), never())
  const wire = await onTheWire(asked)
  expect(faultsOf(operation, wire.request, wire.params)).toEqual([])
  return wire
}

describe('the request', () => {
  const startOf = (
    request: Partial<VerifyRequest> = {},
    config: Partial<TwilioVerifyConfig> = {},
  ) =>
    requestOf(
      'CreateVerification',
      (verifier, signal) => verifier.start({ ...REQUEST, ...request }, signal),
      config,
    )

  it('to start posts a form to the verifications of the service', async () => {
    const { request, form } = await startOf()
    expect(request.method).toBe('POST')
    expect(request.url).toBe(`${ROOT}/Verifications`)
    expect(request.redirect).toBe('manual')
    expect(Object.fromEntries(request.headers)).toEqual({
      authorization: basic(ACCOUNT, TOKEN),
      'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
    })
    expect(form).toEqual({ To: TO, Channel: 'sms' })
  })

  const CLIENT = { clientIp: '192.0.2.7', client: '192.0.2.7' }

  it('to start has all that is configured and known', async () => {
    const { form } = await startOf({ code: CODE, ...CLIENT, locale: 'es' }, FULL)
    expect(form).toEqual({
      To: TO,
      Channel: 'sms',
      CustomCode: CODE,
      CustomFriendlyName: 'Acme',
      TemplateSid: `HJ${HEX}`,
      TemplateCustomSubstitutions: '{"name":"Ada & Co"}',
      AppHash: 'He42w354ol9',
      RiskCheck: 'disable',
      DeviceIp: '192.0.2.7',
      RateLimits: '{"end_user_ip":"192.0.2.7"}',
      Tags: '{"team":"login"}',
    })
  })

  const COMMON = {
    CustomFriendlyName: 'Acme',
    DeviceIp: '192.0.2.7',
    RateLimits: '{"end_user_ip":"192.0.2.7"}',
    Tags: '{"team":"login"}',
  }
  const TEMPLATE = {
    TemplateSid: `HJ${HEX}`,
    TemplateCustomSubstitutions: '{"name":"Ada & Co"}',
  }

  it.each<[VerifyRequest['channel'], string, Record<string, string>]>([
    ['call', TO, TEMPLATE],
    ['whatsapp', TO, {}],
    ['email', 'ada@example.com', {}],
  ])('to start by %s has only what that channel knows', async (channel, to, its) => {
    const { form } = await startOf({ channel, to, ...CLIENT, locale: 'es' }, FULL)
    expect(form).toEqual({ To: to, Channel: channel, ...COMMON, ...its })
  })

  it.each([
    ['es', 'es'],
    ['ES', 'es'],
    ['es-MX', 'es'],
    ['pt', 'pt'],
    ['pt-br', 'pt-BR'],
    ['pt-PT', 'pt'],
    ['en-GB', 'en'],
    ['nb-NO', 'nb'],
    ['zh', 'zh'],
    ['zh-CN', 'zh'],
    ['zh-Hans-CN', 'zh'],
    ['zh-HK', 'zh-HK'],
    ['zh-TW', undefined],
    ['zh-Hant', undefined],
    ['bn', undefined],
    ['eo', undefined],
    ['x', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('asked for the locale %s names %s, of the languages that Twilio has', async (locale, tag) => {
    const { form } = await startOf(locale === undefined ? {} : { locale })
    expect(form.Locale).toBe(tag)
  })

  it.each<[VerifyRequest['channel'], Partial<TwilioVerifyConfig>]>([
    ['call', {}],
    ['whatsapp', {}],
    ['email', {}],
    ['sms', { templateSid: `HJ${HEX}` }],
  ])('by %s with %j leaves the language to Twilio', async (channel, config) => {
    const { form } = await startOf({ channel, locale: 'es' }, config)
    expect(form).not.toHaveProperty('Locale')
  })

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['2001:db8:0:0::/64', undefined],
    ['unknown', undefined],
    [undefined, undefined],
  ])('from the client %s names the device %s', async (clientIp, device) => {
    const { form } = await startOf(clientIp === undefined ? {} : { clientIp })
    expect(form.DeviceIp).toBe(device)
  })

  it('counts clients only where there is a limit to count them by, and a client', async () => {
    const client = '2001:db8:0:0::/64'
    const rateLimitKey = 'end"user'
    expect((await startOf({ client }, { rateLimitKey })).form.RateLimits).toBe(
      '{"end\\"user":"2001:db8:0:0::/64"}',
    )
    expect((await startOf({ client })).form).not.toHaveProperty('RateLimits')
    expect((await startOf({}, { rateLimitKey })).form).not.toHaveProperty('RateLimits')
  })

  it.each([
    [byReference, { VerificationSid: REFERENCE, Code: CODE }],
    [byNumber, { To: TO, Code: CODE }],
    [{ to: 'ada@example.com' }, { To: 'ada@example.com', Code: CODE }],
  ])('to check %j has its code', async (target, expected) => {
    const { request, form } = await requestOf('CreateVerificationCheck', (verifier, signal) =>
      verifier.check(target, CODE, signal),
    )
    expect([request.method, request.url]).toEqual(['POST', `${ROOT}/VerificationCheck`])
    expect(form).toEqual(expected)
  })

  const PATHS: [VerifyTarget, string][] = [
    [byReference, REFERENCE],
    [byNumber, '%2B12025550123'],
    [{ to: 'a/b?c#d@example.com' }, 'a%2Fb%3Fc%23d%40example.com'],
  ]

  it.each(PATHS)('to update %j posts its status to …/%s', async (target, path) => {
    for (const status of ['canceled', 'approved'] as const) {
      const { request, form } = await requestOf('UpdateVerification', (verifier, signal) =>
        verifier.update(target, status, signal),
      )
      expect([request.method, request.url]).toEqual(['POST', `${ROOT}/Verifications/${path}`])
      expect(form).toEqual({ Status: status })
    }
  })

  it.each(PATHS)('to fetch %j gets …/%s', async (target, path) => {
    const { request, body } = await requestOf('FetchVerification', (verifier, signal) =>
      verifier.fetch(target, signal),
    )
    expect([request.method, request.url]).toEqual(['GET', `${ROOT}/Verifications/${path}`])
    expect(body).toBe('')
    expect(Object.fromEntries(request.headers)).toEqual({ authorization: basic(ACCOUNT, TOKEN) })
  })

  it.each(CALLS)('to %s goes to the base URL, with the API key and the signal', async (_, call) => {
    const asked = outside(answering(200, VERIFICATION))
    const { signal } = new AbortController()
    await call(verify({ baseUrl: 'http://localhost:9000', apiKey: API_KEY }), signal)
    const { request } = await onTheWire(asked)
    expect(request.url).toMatch(`http://localhost:9000/v2/Services/${SERVICE}/`)
    expect(request.headers.get('Authorization')).toBe(basic(API_KEY.sid, API_KEY.secret))
    expect(asked[0]?.init.signal).toBe(signal)
  })

  it.each(CALLS)('to %s is made once, whatever the answer', async (_, call) => {
    const asked = outside(answering(503, error(20503, 503)))
    await call(verify(), never())
    expect(asked).toHaveLength(1)
  })
})

describe('a start', () => {
  const started = (body: unknown, request: Partial<VerifyRequest> = {}) => {
    outside(answering(201, body, TRACE))
    return verify().start({ ...REQUEST, ...request }, never())
  }

  it('is started, with its reference and the id of the request', async () => {
    expect(await started(VERIFICATION)).toEqual({
      ok: true,
      reference: REFERENCE,
      requestId: `RQ${HEX}`,
    })
  })

  it.each<[string, unknown, Partial<VerifyRequest>]>([
    ['without the number', { ...VERIFICATION, to: null }, {}],
    [
      'to a mailbox in another case',
      { ...VERIFICATION, to: 'ada@example.com' },
      { to: 'Ada@Example.com', channel: 'email' },
    ],
    ['with less than Twilio documents', { sid: REFERENCE, status: 'pending' }, {}],
  ])('is started %s', async (_, body, request) => {
    expect(await started(body, request)).toMatchObject({ ok: true, reference: REFERENCE })
  })

  it.each<[string, unknown]>([
    ['no sid', { ...VERIFICATION, sid: undefined }],
    ['the sid of a message', { ...VERIFICATION, sid: `SM${HEX}` }],
    ['another number', { ...VERIFICATION, to: '+12025550124' }],
    ['null', null],
    ['a text', '"ok"'],
  ])('is unknown, and not to be repeated, where 201 brings %s', async (_, body) => {
    expect(await started(body)).toEqual({
      ok: false,
      kind: 'unknown',
      retry: false,
      refusal: 'temporarily_unavailable',
      reason: 'nonsense',
      requestId: `RQ${HEX}`,
    })
  })

  const CONFIGURATION = ['misconfigured', false, 'temporarily_unavailable'] as const
  const OF_ACCOUNT = [...CONFIGURATION, { account: true }] as const

  // HTTP status, Twilio's code → kind, whether to ask again, what to say, and what else there is to say
  it.each<[number, number, string, boolean, string, { retryAfter?: number; account?: true }?]>([
    [401, 20003, ...OF_ACCOUNT],
    [403, 20008, ...OF_ACCOUNT],
    [403, 20403, ...OF_ACCOUNT],
    [404, 20404, ...OF_ACCOUNT],
    [401, 99_999, ...OF_ACCOUNT],
    [402, 99_999, ...OF_ACCOUNT],
    [400, 60200, ...CONFIGURATION],
    [400, 60201, ...CONFIGURATION],
    [403, 60204, ...CONFIGURATION],
    [400, 60207, ...CONFIGURATION],
    [400, 60223, ...CONFIGURATION],
    [400, 60224, ...CONFIGURATION],
    [400, 60228, ...CONFIGURATION],
    [400, 60229, ...CONFIGURATION],
    [400, 21211, 'rejected', false, 'invalid_phone_number'],
    [400, 21614, 'rejected', false, 'not_sms_capable'],
    [403, 60205, 'rejected', false, 'not_sms_capable'],
    [400, 21408, 'rejected', false, 'country_not_allowed'],
    [400, 60220, 'rejected', false, 'country_not_allowed'],
    [403, 60238, 'rejected', false, 'country_not_allowed'],
    [403, 60605, 'rejected', false, 'country_not_allowed'],
    [400, 99_999, 'rejected', false, 'could_not_deliver'],
    [400, 21610, 'blocked', false, 'opted_out'],
    [400, 30450, 'blocked', false, 'send_blocked'],
    [403, 60410, 'blocked', false, 'send_blocked'],
    [403, 60412, 'blocked', false, 'send_blocked'],
    [403, 60413, 'blocked', false, 'send_blocked'],
    [429, 60202, 'throttled', false, 'rate_limited', { retryAfter: 600 }],
    [429, 60203, 'throttled', false, 'rate_limited', { retryAfter: 600 }],
    [429, 60212, 'throttled', false, 'too_many_requests', { retryAfter: 60 }],
    [429, 20429, 'throttled', true, 'temporarily_unavailable'],
    [500, 20500, 'unknown', true, 'temporarily_unavailable'],
    [503, 20503, 'unavailable', true, 'temporarily_unavailable'],
  ])('refused with %i and %i is %s', async (httpStatus, code, kind, retry, refusal, rest) => {
    outside(answering(httpStatus, error(code, httpStatus), TRACE))
    expect(await verify().start(REQUEST, never())).toEqual({
      ok: false,
      kind,
      retry,
      refusal,
      reason: String(code),
      httpStatus,
      requestId: `RQ${HEX}`,
      ...rest,
    })
  })

  const LIMITED = { 'Twilio-Reached-Rate-Limit': 'end_user_ip' }

  it.each<[number, Record<string, string>, boolean, string, number?]>([
    [20429, {}, true, 'temporarily_unavailable'],
    [20429, { 'Retry-After': '7' }, true, 'temporarily_unavailable', 7],
    [20429, LIMITED, false, 'too_many_requests', 60],
    [20429, { ...LIMITED, 'Retry-After': '7' }, false, 'too_many_requests', 7],
    [20429, { ...LIMITED, 'Retry-After': 'soon' }, false, 'too_many_requests', 60],
    [60203, { 'Retry-After': '120' }, false, 'rate_limited', 120],
    [60203, LIMITED, false, 'rate_limited', 600],
    [60212, { 'Retry-After': '3' }, false, 'too_many_requests', 3],
  ])('throttled with %i and %j', async (code, headers, retry, refusal, retryAfter) => {
    outside(answering(429, error(code, 429), headers))
    expect(await verify().start(REQUEST, never())).toEqual({
      ok: false,
      kind: 'throttled',
      retry,
      refusal,
      reason: String(code),
      httpStatus: 429,
      ...(retryAfter !== undefined && { retryAfter }),
    })
  })

  it.each([
    ['Invalid parameter: To', 'rejected', 'invalid_phone_number'],
    [`Invalid parameter \`To\`: ${TO}`, 'rejected', 'invalid_phone_number'],
    ['Invalid parameter: Locale', 'misconfigured', 'temporarily_unavailable'],
    ['Invalid parameter `CustomCode`: To', 'misconfigured', 'temporarily_unavailable'],
    ['Invalid parameter', 'misconfigured', 'temporarily_unavailable'],
    ['', 'misconfigured', 'temporarily_unavailable'],
  ])('refused with 60200 and %j is %s', async (message, kind, refusal) => {
    const expected = { ok: false, kind, retry: false, refusal, reason: '60200', httpStatus: 400 }
    outside(answering(400, error(60200, 400, message)))
    expect(await verify().start(REQUEST, never())).toEqual(expected)
    outside(
      answering(400, { code: 60200, title: 'Invalid parameter', status: 400, detail: message }),
    )
    expect(await verify().start(REQUEST, never())).toEqual(expected)
  })

  it('refused with 60200 and a message that is no text is ours to mend', async () => {
    outside(answering(400, { code: 60200, message: ['To'] }))
    expect(await verify().start(REQUEST, never())).toMatchObject({ kind: 'misconfigured' })
  })
})

describe('a check', () => {
  const checked = (status: number, body: unknown, target: VerifyTarget = byReference) => {
    outside(answering(status, body, TRACE))
    return verify().check(target, CODE, never())
  }

  it.each<[number, string, boolean | null, string]>([
    [200, 'approved', true, 'approved'],
    [201, 'approved', true, 'approved'],
    [200, 'approved', null, 'approved'],
    [200, 'pending', false, 'pending'],
    [200, 'pending', null, 'pending'],
    [200, 'max_attempts_reached', false, 'spent'],
    [200, 'canceled', false, 'gone'],
    [200, 'deleted', false, 'gone'],
    [200, 'expired', false, 'gone'],
    [200, 'failed', false, 'gone'],
  ])('answered %i %s, valid %s, is %s', async (http, status, valid, result) => {
    const body = { ...VERIFICATION, status, valid }
    const expected = { ok: true, result, requestId: `RQ${HEX}` }
    expect(await checked(http, body)).toEqual(expected)
    expect(await checked(http, body, byNumber)).toEqual(expected)
  })

  it('of a mailbox is approved, whatever the case that Twilio gives back', async () => {
    const body = { ...APPROVED, to: 'ada@example.com' }
    expect(await checked(200, body, { to: 'Ada@Example.com' })).toMatchObject({
      result: 'approved',
    })
  })

  it.each([
    [404, 20404, 'gone'],
    [429, 60202, 'spent'],
  ])('answered %i with %i is %s, which is no failure', async (http, code, result) => {
    expect(await checked(http, error(code, http))).toEqual({
      ok: true,
      result,
      requestId: `RQ${HEX}`,
    })
  })

  it.each<[string, VerifyTarget, unknown]>([
    ['another verification', byReference, { ...APPROVED, sid: `VE${'f'.repeat(32)}` }],
    ['another number', byNumber, { ...APPROVED, to: '+12025550124' }],
    ['no number', byNumber, { ...APPROVED, to: null }],
    ['no sid', byReference, { ...APPROVED, sid: null }],
    ['approved but not valid', byReference, { ...APPROVED, valid: false }],
    ['valid but not approved', byReference, { ...APPROVED, status: 'pending' }],
    ['an unknown status', byReference, { ...APPROVED, status: 'Approved' }],
    ['a status that is in every object', byReference, { ...APPROVED, status: 'constructor' }],
    ['no status', byReference, { ...APPROVED, status: undefined }],
    ['a valid that is no boolean', byReference, { ...APPROVED, valid: 'true' }],
    ['an empty object', byReference, {}],
    ['true', byReference, true],
    ['null', byReference, null],
    ['a list', byReference, [APPROVED]],
  ])('answered 200 with %s is never approved', async (_, target, body) => {
    expect(await checked(200, body, target)).toEqual({
      ok: false,
      kind: 'unknown',
      retry: false,
      refusal: 'temporarily_unavailable',
      reason: 'nonsense',
      requestId: `RQ${HEX}`,
    })
  })

  const LATER = 'temporarily_unavailable'
  const MISCONFIGURED = { kind: 'misconfigured', retry: false, refusal: LATER }

  it.each<[number, unknown, object, string]>([
    [400, error(60200, 400, 'Invalid parameter: Code'), MISCONFIGURED, '60200'],
    [401, error(20003, 401), { ...MISCONFIGURED, account: true }, '20003'],
    [401, '', { ...MISCONFIGURED, account: true }, 'http_401'],
    [404, '<html>', { kind: 'rejected', retry: false, refusal: 'could_not_deliver' }, 'http_404'],
    [429, error(20429, 429), { kind: 'throttled', retry: true, refusal: LATER }, '20429'],
    [429, '', { kind: 'throttled', retry: true, refusal: LATER }, 'http_429'],
    [500, error(20500, 500), { kind: 'unknown', retry: true, refusal: LATER }, '20500'],
    [503, error(20503, 503), { kind: 'unavailable', retry: true, refusal: LATER }, '20503'],
  ])('refused with %i and %j is a failure', async (httpStatus, body, verdict, reason) => {
    expect(await checked(httpStatus, body)).toEqual({
      ok: false,
      ...verdict,
      reason,
      httpStatus,
      requestId: `RQ${HEX}`,
    })
  })
})

describe('an update', () => {
  it.each(['canceled', 'approved'] as const)('to %s is done', async (status) => {
    outside(answering(200, { ...VERIFICATION, status }))
    expect(await verify().update(byReference, status, never())).toEqual({ ok: true })
    expect(await verify().update(byNumber, status, never())).toEqual({ ok: true })
  })

  it.each(['canceled', 'approved'] as const)(
    'to %s of one that is gone is done',
    async (status) => {
      outside(notFound)
      expect(await verify().update(byNumber, status, never())).toEqual({ ok: true })
    },
  )

  it.each<[string, unknown]>([
    ['one that is still pending', VERIFICATION],
    ['another one', { ...VERIFICATION, sid: `VE${'f'.repeat(32)}`, status: 'canceled' }],
    ['none', {}],
  ])('answered with %s is unknown', async (_, body) => {
    outside(answering(200, body))
    expect(await verify().update(byReference, 'canceled', never())).toEqual({
      ok: false,
      kind: 'unknown',
      retry: false,
      refusal: 'temporarily_unavailable',
      reason: 'nonsense',
    })
  })
})

describe('a fetch', () => {
  it.each(['pending', 'approved', 'canceled', 'a word of tomorrow'])(
    'tells the status %s',
    async (status) => {
      outside(answering(200, { ...VERIFICATION, status }))
      expect(await verify().fetch(byNumber, never())).toEqual({ ok: true, status })
    },
  )

  it('tells null of one that is gone', async () => {
    outside(notFound)
    expect(await verify().fetch(byReference, never())).toEqual({ ok: true, status: null })
  })

  it.each<[string, unknown]>([
    ['another one', { ...VERIFICATION, to: '+12025550124' }],
    ['none', {}],
  ])('answered with %s is unknown', async (_, body) => {
    outside(answering(200, body))
    expect(await verify().fetch(byNumber, never())).toMatchObject({ ok: false, reason: 'nonsense' })
  })
})

describe.each(CALLS)('what goes wrong on the way to %s', (_name, call) => {
  const unknown = { ok: false, kind: 'unknown', retry: false, refusal: 'temporarily_unavailable' }

  it('is unknown where time runs out', async () => {
    expect(await call(verify(), timeRunsOut())).toEqual({ ...unknown, reason: 'timeout' })
  })

  it('is unknown where the connection breaks', async () => {
    outside(() => {
      throw new TypeError(`Network connection lost: https://${ACCOUNT}:${TOKEN}@twilio.com/${TO}`)
    })
    expect(await call(verify(), never())).toEqual({ ...unknown, reason: 'network' })
  })

  it.each([
    [200, '<!doctype html>'],
    [201, ''],
    [200, '{"sid":"VE'],
  ])('is unknown where %i brings %j', async (httpStatus, body) => {
    outside(answering(httpStatus, body))
    const reason = `http_${httpStatus}`
    expect(await call(verify(), never())).toEqual({ ...unknown, reason, httpStatus })
  })

  it('is unknown where the answer is too long', async () => {
    outside(answering(200, { ...APPROVED, payee: 'x'.repeat(70_000) }))
    const failure = { ...unknown, reason: 'answer_too_long', httpStatus: 200 }
    expect(await call(verify(), never())).toEqual(failure)
  })

  const LATER = 'temporarily_unavailable'

  it.each<[number, unknown, object]>([
    [302, '', { kind: 'misconfigured', retry: false, refusal: LATER }],
    [401, '', { kind: 'misconfigured', retry: false, refusal: LATER, account: true }],
    [402, '<p>', { kind: 'misconfigured', retry: false, refusal: LATER, account: true }],
    [403, '<html>', { kind: 'misconfigured', retry: false, refusal: LATER }],
    [429, '', { kind: 'throttled', retry: true, refusal: LATER }],
    [502, '<html><h1>Bad Gateway</h1></html>', { kind: 'unknown', retry: true, refusal: LATER }],
    [503, '', { kind: 'unknown', retry: true, refusal: LATER }],
    [500, 'null', { kind: 'unknown', retry: true, refusal: LATER }],
  ])('is told by its status where %i brings %j', async (httpStatus, body, verdict) => {
    outside(answering(httpStatus, body))
    const reason = `http_${httpStatus}`
    expect(await call(verify(), never())).toEqual({ ok: false, ...verdict, reason, httpStatus })
  })

  it('leaves neither number, code nor secret in the failure', async () => {
    for (const [status, code] of [
      [400, 60200],
      [401, 20003],
      [403, 60410],
      [429, 60203],
    ] as const) {
      outside(
        answering(status, error(code, status, `Invalid parameter \`To\`: ${TO} ${CODE} ${TOKEN}`)),
      )
      const failure = JSON.stringify(await call(verify({ apiKey: API_KEY }), never()))
      expect(failure).toContain('"ok":false')
      for (const secret of [TO, CODE, TOKEN, API_KEY.secret]) expect(failure).not.toContain(secret)
    }
  })
})

describe('a ping', () => {
  it('reads the service, and tells nothing of it', async () => {
    const asked = outside(answering(200, { sid: SERVICE, friendly_name: 'Acme, secretly' }))
    expect(await verify().ping(never())).toEqual({ answering: true, account: 'service found' })
    const { request } = await onTheWire(asked)
    expect([request.method, request.url]).toEqual(['GET', ROOT])
    expect(request.headers.get('Authorization')).toBe(basic(ACCOUNT, TOKEN))
  })

  it.each<[string, () => Response, string]>([
    ['there is no such service', notFound, '20404'],
    ['credentials are wrong', answering(401, error(20003, 401)), '20003'],
    ['it answers with HTML', answering(502, '<html>'), 'http_502'],
    ['it names another service', answering(200, { sid: `VA${'f'.repeat(32)}` }), 'nonsense'],
    ['it answers something else', answering(200, { hello: 'world' }), 'nonsense'],
    [
      'the connection breaks',
      () => {
        throw new TypeError('Network connection lost')
      },
      'network',
    ],
  ])('says why not where %s', async (_, answer, reason) => {
    outside(answer)
    expect(await verify().ping(never())).toEqual({ answering: false, reason })
  })
})
