import { describe, expect, it } from 'vitest'
import type { TwilioConfig } from '../../../src/carrier-config'
import type { Text } from '../../../src/providers/provider'
import { twilioMessages, twilioWhatsApp } from '../../../src/providers/twilio/messages'
import { basic, never, outside } from '../outside'
import { faultsOf } from './contract'
import { ACCOUNT, API_KEY, HEX, onTheWire, TOKEN, timeRunsOut } from './outside'

const CONFIG: TwilioConfig = {
  accountSid: ACCOUNT,
  authToken: TOKEN,
  apiKey: null,
  from: '+15005550006',
  messagingServiceSid: undefined,
  baseUrl: 'https://api.twilio.com',
}

const TEXT: Text = {
  id: `SM${HEX}`,
  to: '+12025550123',
  body: 'Your code is 012345 & nothing + else = ok. Größe ✓',
  channel: 'sms',
  code: '012345',
  repeatable: true,
  validForSeconds: 600,
}

const MESSAGE = {
  sid: `SM${HEX}`,
  status: 'queued',
  num_segments: '1',
  num_media: '0',
  error_code: null,
  error_message: null,
  price: null,
}

const created = (body: unknown = MESSAGE) => Response.json(body, { status: 201 })

/** The one request that sending made. */
async function requestOf(config: Partial<TwilioConfig> = {}, text: Partial<Text> = {}) {
  const asked = outside(() => created())
  await twilioMessages({ ...CONFIG, ...config }).send({ ...TEXT, ...text }, never())
  return onTheWire(asked)
}

describe('the request', () => {
  it('posts a form to the messages of the account', async () => {
    const { request, form } = await requestOf()
    expect(request.method).toBe('POST')
    expect(request.url).toBe(`https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT}/Messages.json`)
    expect(request.redirect).toBe('manual')
    expect(Object.fromEntries(request.headers)).toEqual({
      authorization: basic(ACCOUNT, TOKEN),
      'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
    })
    expect(form).toEqual({
      To: '+12025550123',
      From: '+15005550006',
      Body: TEXT.body,
      ValidityPeriod: '600',
    })
  })

  it('escapes the plus of a number, and whatever else a form would misread', async () => {
    const { body } = await requestOf()
    expect(body).toContain('To=%2B12025550123&')
    expect(body).toContain('From=%2B15005550006')
    expect(body).toContain('012345+%26+nothing+%2B+else+%3D+ok.+Gr%C3%B6%C3%9Fe+%E2%9C%93')
  })

  it('goes to another base URL where one is set', async () => {
    const { request } = await requestOf({ baseUrl: 'http://localhost:9000' })
    expect(request.url).toBe(`http://localhost:9000/2010-04-01/Accounts/${ACCOUNT}/Messages.json`)
  })

  it('authenticates with the API key where there is one; the account stays in the path', async () => {
    const { request } = await requestOf({ apiKey: API_KEY })
    expect(request.headers.get('Authorization')).toBe(basic(API_KEY.sid, API_KEY.secret))
    expect(request.url).toContain(`/Accounts/${ACCOUNT}/`)
  })

  it('names the Messaging Service where that is the sender', async () => {
    const { form } = await requestOf({ from: undefined, messagingServiceSid: `MG${HEX}` })
    expect(form).toEqual({
      To: '+12025550123',
      MessagingServiceSid: `MG${HEX}`,
      Body: TEXT.body,
      ValidityPeriod: '600',
    })
  })

  it('names both where both are set: a sender out of the pool', async () => {
    const { form } = await requestOf({ messagingServiceSid: `MG${HEX}` })
    expect(form).toMatchObject({ From: '+15005550006', MessagingServiceSid: `MG${HEX}` })
  })

  it('says where to report the delivery, where that is known, and to repeat what fails', async () => {
    const { form } = await requestOf({}, { callbackBase: 'https://sms.example.com' })
    expect(form.StatusCallback).toBe(
      `https://sms.example.com/webhooks/twilio/status/SM${HEX}#rc=3&rp=all`,
    )
  })

  it.each([
    [-10, '5'],
    [0, '5'],
    [4.9, '5'],
    [5, '5'],
    [5.9, '5'],
    [6, '6'],
    [599.999, '599'],
    [36_000, '36000'],
    [36_001, '36000'],
  ])('with %d s left asks for a ValidityPeriod of %s', async (validForSeconds, period) => {
    expect((await requestOf({}, { validForSeconds })).form.ValidityPeriod).toBe(period)
  })

  it('is given the signal that ends it', async () => {
    const asked = outside(() => created())
    const { signal } = new AbortController()
    await twilioMessages(CONFIG).send(TEXT, signal)
    expect(asked[0]?.init.signal).toBe(signal)
  })

  it('is made once, whatever the answer', async () => {
    const asked = outside(() => new Response('', { status: 503 }))
    await twilioMessages(CONFIG).send(TEXT, never())
    expect(asked).toHaveLength(1)
  })

  it.each<[string, Partial<TwilioConfig>, Partial<Text>]>([
    ['a number', {}, {}],
    ['a Messaging Service', { from: undefined, messagingServiceSid: `MG${HEX}` }, {}],
    ['both', { messagingServiceSid: `MG${HEX}` }, { callbackBase: 'https://sms.example.com' }],
  ])('from %s is one that Twilio’s contract allows', async (_, config, text) => {
    const { request, params } = await requestOf(config, text)
    expect(faultsOf('CreateMessage', request, params)).toEqual([])
  })
})

describe('an accepted text', () => {
  it('is sent, with its id, its segments and the id of the request', async () => {
    outside(() =>
      Response.json(
        { ...MESSAGE, num_segments: '2' },
        { status: 201, headers: { 'Twilio-Request-Id': `RQ${HEX}` } },
      ),
    )
    expect(await twilioMessages(CONFIG).send(TEXT, never())).toEqual({
      ok: true,
      providerId: `SM${HEX}`,
      requestId: `RQ${HEX}`,
      segments: 2,
    })
  })

  it.each<[string, unknown]>([
    ['null, as a Messaging Service says at first', null],
    ['0', '0'],
    ['missing', undefined],
    ['nonsense', 'many'],
  ])('is sent where the number of its segments is %s', async (_, num_segments) => {
    outside(() => created({ ...MESSAGE, num_segments }))
    expect(await twilioMessages(CONFIG).send(TEXT, never())).toEqual({
      ok: true,
      providerId: `SM${HEX}`,
    })
  })

  it('is sent where Twilio answers with less than it documents', async () => {
    outside(() => created({ sid: `SM${HEX}` }))
    expect(await twilioMessages(CONFIG).send(TEXT, never())).toEqual({
      ok: true,
      providerId: `SM${HEX}`,
    })
  })
})

describe('a text that may have been accepted', () => {
  const unknown = {
    ok: false,
    kind: 'unknown',
    retry: false,
    refusal: 'temporarily_unavailable',
  }

  it.each<[string, unknown]>([
    ['no sid', { ...MESSAGE, sid: undefined }],
    ['a sid of null', { ...MESSAGE, sid: null }],
    ['an empty sid', { ...MESSAGE, sid: '' }],
    ['a sid that is a number', { ...MESSAGE, sid: 7 }],
    ['null', null],
    ['a list', []],
    ['a text', 'ok'],
  ])('is unknown and never sent again where 201 brings %s', async (_, body) => {
    outside(() => created(body))
    expect(await twilioMessages(CONFIG).send(TEXT, never())).toEqual({
      ...unknown,
      reason: 'no_sid',
    })
  })

  it('keeps the id of the request where 201 brings no sid', async () => {
    outside(() => Response.json({}, { status: 201, headers: { 'Twilio-Request-Id': `RQ${HEX}` } }))
    expect(await twilioMessages(CONFIG).send(TEXT, never())).toMatchObject({
      reason: 'no_sid',
      requestId: `RQ${HEX}`,
    })
  })

  it.each([
    [200, '<!doctype html><title>Welcome</title>'],
    [201, '<html>'],
    [201, ''],
    [202, '{"sid":"SM'],
  ])('is unknown and never sent again where %i brings %j', async (status, body) => {
    outside(() => new Response(body, { status }))
    expect(await twilioMessages(CONFIG).send(TEXT, never())).toEqual({
      ...unknown,
      reason: `http_${status}`,
      httpStatus: status,
    })
  })

  it('is unknown and never sent again where the connection breaks', async () => {
    outside(() => {
      throw new TypeError(`Network connection lost: https://${ACCOUNT}:${TOKEN}@api.twilio.com`)
    })
    const failure = await twilioMessages(CONFIG).send(TEXT, never())
    expect(failure).toEqual({ ...unknown, reason: 'network' })
  })

  it('is unknown and never sent again where time runs out', async () => {
    const failure = await twilioMessages(CONFIG).send(TEXT, timeRunsOut())
    expect(failure).toEqual({ ...unknown, reason: 'timeout' })
  })

  it('is unknown and never sent again where it is given up', async () => {
    outside(() => {
      throw new DOMException('The operation was aborted', 'AbortError')
    })
    const failure = await twilioMessages(CONFIG).send(TEXT, never())
    expect(failure).toEqual({ ...unknown, reason: 'timeout' })
  })

  it.each([201, 400, 500])('is unknown where the body of %i breaks off', async (status) => {
    outside(() => {
      const body = new ReadableStream({
        pull: (stream) => stream.error(new TypeError('Network connection lost')),
      })
      return new Response(body, { status })
    })
    const failure = await twilioMessages(CONFIG).send(TEXT, never())
    expect(failure).toEqual({ ...unknown, reason: 'network' })
  })

  it('is unknown where time runs out within the body', async () => {
    outside(() => {
      const body = new ReadableStream({
        pull: (stream) => stream.error(new DOMException('timed out', 'TimeoutError')),
      })
      return new Response(body, { status: 201 })
    })
    const failure = await twilioMessages(CONFIG).send(TEXT, never())
    expect(failure).toEqual({ ...unknown, reason: 'timeout' })
  })
})

describe('a refused text', () => {
  const refusedWith = async (
    status: number,
    body: unknown,
    headers: Record<string, string> = {},
  ) => {
    outside(() => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return new Response(text, { status, headers })
    })
    return twilioMessages(CONFIG).send(TEXT, never())
  }
  const error = (code: number, status: number) => ({
    code,
    message: `This names ${TEXT.to} and ${TEXT.body}`,
    more_info: `https://www.twilio.com/docs/errors/${code}`,
    status,
  })

  it.each<[number, number, string, boolean, string, true?]>([
    [400, 21211, 'rejected', false, 'invalid_phone_number'],
    [400, 21614, 'rejected', false, 'not_sms_capable'],
    [400, 21408, 'rejected', false, 'country_not_allowed'],
    [400, 21610, 'blocked', false, 'opted_out'],
    [400, 21612, 'unavailable', false, 'could_not_deliver'],
    [400, 21618, 'unavailable', false, 'could_not_deliver'],
    [400, 21606, 'misconfigured', false, 'temporarily_unavailable'],
    [400, 21608, 'misconfigured', false, 'temporarily_unavailable'],
    [400, 21617, 'misconfigured', false, 'temporarily_unavailable'],
    [400, 30450, 'blocked', false, 'send_blocked'],
    [400, 99_999, 'rejected', false, 'could_not_deliver'],
    [401, 20003, 'misconfigured', false, 'temporarily_unavailable', true],
    [403, 20008, 'misconfigured', false, 'temporarily_unavailable', true],
    [404, 20404, 'misconfigured', false, 'temporarily_unavailable', true],
    [409, 20409, 'unavailable', true, 'temporarily_unavailable'],
    [429, 20429, 'throttled', true, 'temporarily_unavailable'],
    [429, 21611, 'throttled', true, 'temporarily_unavailable'],
    [500, 20500, 'unknown', true, 'temporarily_unavailable'],
    [503, 20503, 'unavailable', true, 'temporarily_unavailable'],
  ])('with %i and %i is %s', async (httpStatus, code, kind, retry, refusal, account) => {
    expect(await refusedWith(httpStatus, error(code, httpStatus))).toEqual({
      ok: false,
      kind,
      retry,
      refusal,
      ...(account && { account }),
      reason: String(code),
      httpStatus,
    })
  })

  const LATER = 'temporarily_unavailable'
  const BROKEN = { kind: 'unknown', retry: true, refusal: LATER }

  it.each<[number, string, unknown, object]>([
    [400, 'HTML', '<html>', { kind: 'rejected', retry: false, refusal: 'could_not_deliver' }],
    [401, 'nothing', '', { kind: 'misconfigured', retry: false, refusal: LATER, account: true }],
    [402, 'HTML', '<p>', { kind: 'misconfigured', retry: false, refusal: LATER, account: true }],
    [403, 'HTML', '<html>', { kind: 'misconfigured', retry: false, refusal: LATER }],
    [404, 'nothing', '', { kind: 'rejected', retry: false, refusal: 'could_not_deliver' }],
    [429, 'nothing', '', { kind: 'throttled', retry: true, refusal: LATER }],
    [500, 'JSON without a code', { message: 'oops' }, BROKEN],
    [502, 'HTML', '<html><h1>Bad Gateway</h1></html>', BROKEN],
    [503, 'nothing', '', BROKEN],
    [504, 'JSON that is no object', 'null', BROKEN],
    [500, 'a code that is no number', { code: 'E_OOPS' }, BROKEN],
  ])('with %i and %s is told by its status', async (httpStatus, _, body, verdict) => {
    expect(await refusedWith(httpStatus, body)).toEqual({
      ok: false,
      ...verdict,
      reason: `http_${httpStatus}`,
      httpStatus,
    })
  })

  it('is told by its code in a body of RFC 9457', async () => {
    const problem = {
      type: 'https://www.twilio.com/docs/api/errors/21610',
      title: 'Attempt to send to unsubscribed recipient',
      status: 400,
      code: 21610,
      detail: 'The recipient has replied STOP',
    }
    expect(
      await refusedWith(400, problem, { 'Content-Type': 'application/problem+json' }),
    ).toMatchObject({ kind: 'blocked', refusal: 'opted_out', reason: '21610' })
  })

  it('is told by its status where its code is null', async () => {
    expect(await refusedWith(500, { code: null })).toMatchObject({ reason: 'http_500' })
  })

  it.each<[string, number | undefined]>([
    ['2', 2],
    ['0', 1],
    ['1.5', undefined],
    ['Infinity', undefined],
    ['99999', undefined],
    ['-1', undefined],
    ['soon', undefined],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ])('with Retry-After: %s asks for a wait of %s s', async (header, retryAfter) => {
    const failure = await refusedWith(429, error(20429, 429), { 'Retry-After': header })
    expect(failure).toEqual({
      ok: false,
      kind: 'throttled',
      retry: true,
      refusal: 'temporarily_unavailable',
      reason: '20429',
      httpStatus: 429,
      ...(retryAfter !== undefined && { retryAfter }),
    })
  })

  it('keeps the id of the request', async () => {
    expect(
      await refusedWith(400, error(21211, 400), { 'Twilio-Request-Id': `RQ${HEX}` }),
    ).toMatchObject({ requestId: `RQ${HEX}` })
  })

  it('keeps nothing of what the carrier wrote: neither number nor code', async () => {
    const failure = JSON.stringify(await refusedWith(400, error(21211, 400)))
    expect(failure).not.toContain(TEXT.to)
    expect(failure).not.toContain('012345')
  })

  it('is not followed to another place', async () => {
    const failure = await refusedWith(302, '', { Location: 'https://example.com/' })
    expect(failure).toMatchObject({ ok: false, reason: 'http_302', httpStatus: 302 })
  })
})

describe('a ping', () => {
  it('reads the account with the account’s own token, even where there is an API key', async () => {
    const asked = outside(() => Response.json({ status: 'active', type: 'Full' }))
    const answering = await twilioMessages({ ...CONFIG, apiKey: API_KEY }).ping?.(never())
    expect(answering).toEqual({ answering: true, account: 'active (Full)' })
    const { url = '', init } = asked[0] ?? {}
    const request = new Request(url, init)
    expect([request.method, request.url]).toEqual([
      'GET',
      `https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT}.json`,
    ])
    expect(request.headers.get('Authorization')).toBe(basic(ACCOUNT, TOKEN))
  })

  it('says what the account is, suspended or without a type', async () => {
    outside(() => Response.json({ status: 'suspended' }))
    expect(await twilioMessages(CONFIG).ping?.(never())).toEqual({
      answering: true,
      account: 'suspended',
    })
  })

  it.each<[string, () => Response, string]>([
    ['credentials are wrong', () => Response.json({ code: 20003 }, { status: 401 }), '20003'],
    ['it answers with HTML', () => new Response('<html>', { status: 502 }), 'http_502'],
    ['it answers something else', () => Response.json({ hello: 'world' }), 'nonsense'],
    [
      'the connection breaks',
      () => {
        throw new TypeError('Network connection lost')
      },
      'network',
    ],
  ])('says why not where %s', async (_, answer, reason) => {
    outside(answer)
    expect(await twilioMessages(CONFIG).ping?.(never())).toEqual({ answering: false, reason })
  })
})

describe('what became of a text', () => {
  const SENT = {
    ...MESSAGE,
    status: 'undelivered',
    to: '+12025550123',
    error_code: 30003,
    num_segments: '2',
    price: '-0.00750',
    price_unit: 'usd',
  }
  const fetchOf = async (answer: () => Response, config: Partial<TwilioConfig> = {}) => {
    const asked = outside(answer)
    const result = await twilioMessages({ ...CONFIG, ...config }).fetch?.(MESSAGE.sid, never())
    return { asked, result }
  }

  it('is asked of its own resource, as the sender', async () => {
    const { asked, result } = await fetchOf(() => Response.json(SENT), { apiKey: API_KEY })
    const { request, params } = await onTheWire(asked)
    expect(faultsOf('FetchMessage', request, params)).toEqual([])
    expect(request.headers.get('Authorization')).toBe(basic(API_KEY.sid, API_KEY.secret))
    expect(result).toEqual({
      ok: true,
      to: '+12025550123',
      receipt: {
        providerId: MESSAGE.sid,
        status: 'undelivered',
        errorCode: '30003',
        segments: 2,
        cost: '0.0075',
        currency: 'USD',
      },
    })
  })

  it.each<[unknown, unknown, object]>([
    [null, 'USD', {}],
    [undefined, undefined, {}],
    ['-0.00750', null, {}],
    ['free', 'USD', {}],
    ['-0.00000', 'USD', { cost: '0', currency: 'USD' }],
    ['-12.50000', 'EUR', { cost: '12.5', currency: 'EUR' }],
    ['-100', 'JPY', { cost: '100', currency: 'JPY' }],
    [0.0075, 'USD', {}],
  ])('costs, at %j of %j, %j', async (price, price_unit, cost) => {
    const body = { ...SENT, error_code: null, num_segments: '0', price, price_unit }
    const { result } = await fetchOf(() => Response.json(body))
    expect(result).toMatchObject({
      receipt: { providerId: MESSAGE.sid, status: 'undelivered', errorCode: null, ...cost },
    })
    const { receipt } = result as { receipt: object }
    expect(Object.keys(receipt)).toHaveLength(3 + Object.keys(cost).length)
  })

  it('is null where Twilio has no such text', async () => {
    const { result } = await fetchOf(() => Response.json({ code: 20404 }, { status: 404 }))
    expect(result).toBeNull()
  })

  it.each<[string, () => Response, object]>([
    ['no JSON', () => new Response('<html>'), { kind: 'unknown', reason: 'http_200' }],
    ['no message', () => Response.json({ sid: 'SM1' }), { kind: 'unknown', reason: 'nonsense' }],
    [
      'a refused account',
      () => Response.json({ code: 20003 }, { status: 401 }),
      { kind: 'misconfigured', account: true, reason: '20003' },
    ],
  ])('is a failure where the answer is %s', async (_, answer, failure) => {
    expect((await fetchOf(answer)).result).toMatchObject({ ok: false, ...failure })
  })
})

describe('a code by WhatsApp', () => {
  const CONTENT = `HX${HEX}`

  async function whatsAppOf(from: string | undefined, config: Partial<TwilioConfig> = {}) {
    const asked = outside(() => created())
    const messenger = twilioWhatsApp({ ...CONFIG, ...config }, { contentSid: CONTENT, from })
    const text = { ...TEXT, channel: 'whatsapp' as const, callbackBase: 'https://sms.example.com' }
    const outcome = await messenger.send(text, never())
    return { outcome, ...(await onTheWire(asked)) }
  }

  it('is an approved template with the code as its first variable, and no words of ours', async () => {
    const { request, form, params, outcome } = await whatsAppOf('+15005550007')
    expect(form).toEqual({
      To: 'whatsapp:+12025550123',
      From: 'whatsapp:+15005550007',
      ContentSid: CONTENT,
      ContentVariables: '{"1":"012345"}',
      StatusCallback: `https://sms.example.com/webhooks/twilio/status/${TEXT.id}#rc=3&rp=all`,
    })
    expect(faultsOf('CreateMessage', request, params)).toEqual([])
    expect(outcome).toEqual({ ok: true, providerId: MESSAGE.sid, segments: 1 })
  })

  it('comes from the Messaging Service where it has no sender of its own', async () => {
    const service = { messagingServiceSid: `MG${HEX}` }
    const { form } = await whatsAppOf(undefined, service)
    expect(form).toMatchObject({ MessagingServiceSid: `MG${HEX}` })
    expect(form).not.toHaveProperty('From')
    expect((await whatsAppOf('+15005550007', service)).form).not.toHaveProperty(
      'MessagingServiceSid',
    )
  })
})
