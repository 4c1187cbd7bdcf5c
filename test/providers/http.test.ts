import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { httpCarrier } from '../../src/http-carrier'
import { httpMessages } from '../../src/providers/http'
import type { Text } from '../../src/providers/provider'

const HEX = '0123456789abcdef0123456789abcdef'

const TEXT: Text = {
  id: `SM${HEX}`,
  to: '+8801700000000',
  body: 'Your code is 012345',
  channel: 'sms',
  code: '012345',
  repeatable: true,
  validForSeconds: 600,
}

const SECRETS = {
  EXAMPLE_KEY: 'not-a-real-key',
  SSLWIRELESS_TOKEN: 'not-a-real-token',
  BULKSMSBD_KEY: 'not a real key &+',
}

const SSL_WIRELESS = {
  url: 'https://smsplus.sslwireless.com/api/v3/send-sms',
  json: {
    api_token: '{secret:SSLWIRELESS_TOKEN}',
    sid: '{sender}',
    msisdn: '{to_digits}',
    sms: '{text}',
    csms_id: '{ref_short}',
  },
  sender: 'EXAMPLE',
  success: { pointer: '/status', equals: ['SUCCESS'] },
  id: '/smsinfo/0/reference_id',
  error: '/status_code',
  errors: { '4001': 'misconfigured', '4003': 'misconfigured' },
}

const BULKSMSBD = {
  url: 'http://bulksmsbd.net/api/smsapi',
  allow_insecure: true,
  method: 'GET',
  query: {
    api_key: '{secret:BULKSMSBD_KEY}',
    type: 'text',
    number: '{to_digits}',
    senderid: '{sender}',
    message: '{text}',
  },
  sender: '8809600000000',
  success: { pointer: '/response_code', equals: [202] },
  id: '/message_id',
  error: '/response_code',
  errors: {
    '1001': 'invalid_phone_number',
    '1002': 'misconfigured',
    '1005': 'unavailable',
    '1006': 'misconfigured',
    '1007': 'misconfigured',
    '1011': 'misconfigured',
  },
  retry: [1005],
}

const SMSBANGLADESH = {
  url: 'https://panel.smsbangladesh.com/api',
  form: { user: 'example', password: '{secret:EXAMPLE_KEY}', to: '{to_digits}', text: '{text}' },
  success: { pointer: '/success', equals: [1] },
  error: '/response_code',
}

const ALPHA_SMS = {
  url: 'https://api.sms.net.bd/sendsms',
  form: { api_key: '{secret:EXAMPLE_KEY}', to: '{to_local}', msg: '{text}' },
  success: { pointer: '/error', equals: [0] },
  id: '/data/request_id',
  error: '/error',
  errors: { '405': 'misconfigured' },
}

const PLAIN = { url: 'https://sms.example.com/send', form: { to: '{to}', text: '{text}' } }

const carrier = (configuration: object, secrets: Record<string, string> = SECRETS) =>
  httpMessages('example', { ...httpCarrier.parse(configuration), secrets })

const never = () => new AbortController().signal

/** Lets the outside answer, and remembers what it was asked. */
function outside(answer: () => Response | Promise<Response>) {
  const asked: { url: string; init: RequestInit }[] = []
  vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
    asked.push({ url: String(input), init: init ?? {} })
    return answer()
  })
  return asked
}

/** The one request that sending made, as it goes on the wire. */
async function requestOf(configuration: object, text: Partial<Text> = {}) {
  const asked = outside(() => new Response('ok'))
  await carrier(configuration).send({ ...TEXT, ...text }, never())
  expect(asked).toHaveLength(1)
  const { url, init } = asked[0] ?? { url: '', init: {} }
  const request = new Request(url, init)
  const body = new TextDecoder().decode(await request.arrayBuffer())
  return { request, url: new URL(request.url), headers: Object.fromEntries(request.headers), body }
}

const sendTo = (configuration: object, answer: () => Response, text: Partial<Text> = {}) => {
  outside(answer)
  return carrier(configuration).send({ ...TEXT, ...text }, never())
}

const AWKWARD = `"quotes" & 'more' + 100% = ok? #1 \\ {to} {secret:EXAMPLE_KEY} $& $1\r\nগোপন 🔑</sms>`

describe('the request', () => {
  it('to SSL Wireless is a POST of JSON', async () => {
    const { request, headers, body } = await requestOf(SSL_WIRELESS)
    expect([request.method, request.url]).toEqual([
      'POST',
      'https://smsplus.sslwireless.com/api/v3/send-sms',
    ])
    expect(headers).toEqual({ 'content-type': 'application/json' })
    expect(body).toBe(
      '{"api_token":"not-a-real-token","sid":"EXAMPLE","msisdn":"8801700000000","sms":"Your code is 012345","csms_id":"cdef0123456789abcdef"}',
    )
  })

  it('to BulkSMSBD is a GET, all of it in the query', async () => {
    const { request, headers, body } = await requestOf(BULKSMSBD)
    expect(request.method).toBe('GET')
    expect(request.url).toBe(
      'http://bulksmsbd.net/api/smsapi?api_key=not+a+real+key+%26%2B&type=text&number=8801700000000&senderid=8809600000000&message=Your+code+is+012345',
    )
    expect(headers).toEqual({})
    expect(body).toBe('')
  })

  it('to Alpha SMS is a POST of a form, the number as dialled in its country', async () => {
    const { request, headers, body } = await requestOf(ALPHA_SMS)
    expect([request.method, request.url]).toEqual(['POST', 'https://api.sms.net.bd/sendsms'])
    expect(headers).toEqual({ 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' })
    expect(body).toBe('api_key=not-a-real-key&to=01700000000&msg=Your+code+is+012345')
  })

  it('may have a query beside its body, and what is in the URL before it', async () => {
    const { request, body } = await requestOf({
      ...PLAIN,
      url: 'https://sms.example.com/{secret:EXAMPLE_KEY}/{to}?v=1&s={sender}',
      query: { ref: '{ref}', ttl: '{ttl}' },
      sender: 'A & B',
    })
    expect(request.url).toBe(
      `https://sms.example.com/not-a-real-key/%2B8801700000000?v=1&s=A+%26+B&ref=SM${HEX}&ttl=600`,
    )
    expect(body).toBe('to=%2B8801700000000&text=Your+code+is+012345')
  })

  it('has the headers of its configuration, which may name another type of JSON', async () => {
    const { headers } = await requestOf({
      ...SSL_WIRELESS,
      headers: {
        Authorization: 'Bearer {secret:EXAMPLE_KEY}',
        'content-type': 'application/vnd.example+json',
        'X-To': '{to_digits};{sender}',
      },
    })
    expect(headers).toEqual({
      authorization: 'Bearer not-a-real-key',
      'content-type': 'application/vnd.example+json',
      'x-to': '8801700000000;EXAMPLE',
    })
  })

  it('fills in a whole structure, and leaves what is no text as it is', async () => {
    const { body } = await requestOf({
      url: PLAIN.url,
      json: [
        { messages: [{ to: ['{to}', '{to_local}'], text: '>{text}<' }], flash: false, dlr: null },
        { ttl: '{ttl}', minutes: '{ttl} s', priority: 1.5, ids: ['{ref}', '{ref_short}'] },
      ],
    })
    expect(JSON.parse(body)).toEqual([
      {
        messages: [{ to: ['+8801700000000', '01700000000'], text: '>Your code is 012345<' }],
        flash: false,
        dlr: null,
      },
      { ttl: 600, minutes: '600 s', priority: 1.5, ids: [`SM${HEX}`, 'cdef0123456789abcdef'] },
    ])
  })

  it('leaves every name of the structure as it is', async () => {
    const json = '{"__proto__":"{text}","constructor":{"0":"{to}"}}'
    const { body } = await requestOf({ url: PLAIN.url, json: JSON.parse(json) })
    expect(body).toBe('{"__proto__":"Your code is 012345","constructor":{"0":"+8801700000000"}}')
  })

  it.each([
    [599.999, 599],
    [1, 1],
    [0.4, 1],
    [-10, 1],
  ])('with %d s left has a ttl of %i', async (validForSeconds, ttl) => {
    const json = ['{to}{text}', '{ttl}']
    const { body } = await requestOf({ url: PLAIN.url, json }, { validForSeconds })
    expect(JSON.parse(body)[1]).toBe(ttl)
  })

  it('is given the signal that ends it, and follows no redirect', async () => {
    const asked = outside(() => new Response('ok'))
    const { signal } = new AbortController()
    await carrier(PLAIN).send(TEXT, signal)
    expect(asked[0]?.init).toMatchObject({ signal, redirect: 'manual' })
  })
})

describe('what is filled in', () => {
  it('keeps its place in JSON', async () => {
    const { body } = await requestOf(SSL_WIRELESS, { body: AWKWARD })
    expect(JSON.parse(body)).toEqual({
      api_token: 'not-a-real-token',
      sid: 'EXAMPLE',
      msisdn: '8801700000000',
      sms: AWKWARD,
      csms_id: 'cdef0123456789abcdef',
    })
  })

  it('keeps its place in a form', async () => {
    const { body } = await requestOf(PLAIN, { body: AWKWARD })
    expect([...new URLSearchParams(body)]).toEqual([
      ['to', '+8801700000000'],
      ['text', AWKWARD],
    ])
  })

  it('keeps its place in a query', async () => {
    const { url } = await requestOf(BULKSMSBD, { body: AWKWARD })
    expect([...url.searchParams]).toEqual([
      ['api_key', 'not a real key &+'],
      ['type', 'text'],
      ['number', '8801700000000'],
      ['senderid', '8809600000000'],
      ['message', AWKWARD],
    ])
  })

  it('keeps its place in a path, and in a query that stands in the URL', async () => {
    const { url } = await requestOf(
      { ...PLAIN, url: 'https://sms.example.com/a/{text}/z?text={text}&to={to}' },
      { body: `${AWKWARD}/../x` },
    )
    const [, a, text = '', z] = url.pathname.split('/')
    expect([a, decodeURIComponent(text), z]).toEqual(['a', `${AWKWARD}/../x`, 'z'])
    expect([...url.searchParams]).toEqual([
      ['text', `${AWKWARD}/../x`],
      ['to', '+8801700000000'],
    ])
  })

  it('is never itself filled in: neither a sender nor a secret nor an id', async () => {
    const config = httpCarrier.parse({
      url: PLAIN.url,
      json: ['{sender}', '{secret:EXAMPLE_KEY}', '{ref}', '{to}', '{text}'],
      sender: 'X',
    })
    const asked = outside(() => new Response('ok'))
    const secrets = { EXAMPLE_KEY: '{text}{secret:EXAMPLE_KEY}' }
    await httpMessages('example', { ...config, sender: '{to}', secrets }).send(
      { ...TEXT, id: '{ttl}', body: '{secret:EXAMPLE_KEY}' },
      never(),
    )
    expect(JSON.parse(String(asked[0]?.init.body))).toEqual([
      '{to}',
      '{text}{secret:EXAMPLE_KEY}',
      '{ttl}',
      '+8801700000000',
      '{secret:EXAMPLE_KEY}',
    ])
  })

  describe('names where its receipt may come', () => {
    const receipt = { secret: 'BULKSMSBD_KEY', header: 'X-Token', status: '/status' }
    const inQuery = { ...receipt, header: undefined, query: 'token' }
    const callbackBase = 'https://verge.example'
    const url = `${callbackBase}/webhooks/http/example/status/SM${HEX}`
    const dlrOf = async (receipt: object, text: Partial<Text>) => {
      const { body } = await requestOf(
        { ...PLAIN, form: { ...PLAIN.form, dlr: '{callback}' }, receipt },
        text,
      )
      return new URLSearchParams(body).get('dlr')
    }

    it('without the secret, where that comes in a header', async () => {
      expect(await dlrOf(receipt, { callbackBase })).toBe(url)
    })

    it('with the secret, where that comes in the query', async () => {
      const dlr = await dlrOf(inQuery, { callbackBase })
      expect(dlr).toBe(`${url}?token=not+a+real+key+%26%2B`)
      expect(new URL(dlr ?? '').searchParams.get('token')).toBe(SECRETS.BULKSMSBD_KEY)
    })

    it('as nothing, where none can come', async () => {
      for (const rule of [receipt, inQuery]) expect(await dlrOf(rule, {})).toBe('')
    })

    it('escaped for its place', async () => {
      const { url: asked } = await requestOf(
        { ...PLAIN, url: 'https://sms.example.com/send?dlr={callback}&v=1', receipt: inQuery },
        { callbackBase },
      )
      expect([...asked.searchParams]).toEqual([
        ['dlr', `${url}?token=not+a+real+key+%26%2B`],
        ['v', '1'],
      ])
    })
  })

  it('stays text in JSON even where it reads {ttl}', async () => {
    const { body } = await requestOf(
      { url: PLAIN.url, json: ['{to}', '{text}'] },
      { body: '{ttl}' },
    )
    expect(JSON.parse(body)).toEqual(['+8801700000000', '{ttl}'])
  })

  // Any UTF-16 whatever, halves of surrogate pairs included; these arrive as U+FFFD.
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))
  const anyText = fc.oneof(fc.string({ unit }), fc.string({ unit: 'binary' }), fc.string())

  it.each<[string, object, (wire: { url: URL; body: string }) => unknown]>([
    [
      'JSON',
      { url: PLAIN.url, json: { a: ['{to}', '<{text}>'] } },
      ({ body }) => JSON.parse(body).a[1],
    ],
    [
      'a form',
      { url: PLAIN.url, form: { text: '<{text}>', to: '{to}' } },
      ({ body }) => new URLSearchParams(body).get('text'),
    ],
    [
      'a query',
      { url: PLAIN.url, query: { text: '<{text}>', to: '{to}' } },
      ({ url }) => url.searchParams.get('text'),
    ],
    [
      'a path',
      { url: 'https://sms.example.com/a/%3C{text}%3E/{to}' },
      ({ url }) => decodeURIComponent(url.pathname.split('/')[2] ?? ''),
    ],
  ])('arrives as it was written, whatever it is, in %s', async (_, configuration, read) => {
    await fc.assert(
      fc.asyncProperty(anyText, async (body) => {
        expect(read(await requestOf(configuration, { body }))).toBe(`<${body.toWellFormed()}>`)
      }),
    )
  })

  it.each(['.', '..'])('is not sent where a path would lose it: %j', async (body) => {
    const asked = outside(() => new Response('ok'))
    const configuration = { url: 'https://sms.example.com/{to}/{text}' }
    expect(await carrier(configuration).send({ ...TEXT, body }, never())).toEqual({
      ok: false,
      kind: 'rejected',
      retry: false,
      refusal: 'could_not_deliver',
      reason: 'dots_in_path',
    })
    expect(asked).toEqual([])
  })

  it.each(['two\r\nlines: 1', 'nul\0', 'naïve', '🔑', 'tab\t'])(
    'is not sent where a header cannot hold it: %j',
    async (secret) => {
      const asked = outside(() => new Response('ok'))
      const configuration = { ...PLAIN, headers: { Authorization: 'Bearer {secret:EXAMPLE_KEY}' } }
      const failure = await carrier(configuration, { EXAMPLE_KEY: secret }).send(TEXT, never())
      expect(failure).toEqual({
        ok: false,
        kind: 'misconfigured',
        retry: false,
        refusal: 'temporarily_unavailable',
        reason: 'unprintable_header',
      })
      expect(asked).toEqual([])
    },
  )
})

describe('an accepted text', () => {
  it.each<[string, object, unknown, string]>([
    [
      'SSL Wireless',
      SSL_WIRELESS,
      {
        status: 'SUCCESS',
        status_code: 200,
        error_message: '',
        smsinfo: [{ sms_status: 'SUCCESS', reference_id: 'ref-1', csms_id: 'x' }],
      },
      'ref-1',
    ],
    [
      'BulkSMSBD',
      BULKSMSBD,
      { response_code: 202, message_id: 59432678, success_message: 'SMS Submitted Successfully' },
      '59432678',
    ],
    ['BulkSMSBD, saying it as text', BULKSMSBD, { response_code: '202' }, TEXT.id],
    [
      'SMSBangladesh, which gives no id',
      SMSBANGLADESH,
      { success: 1, response_code: 100, delivery_status: [] },
      TEXT.id,
    ],
    [
      'Alpha SMS',
      ALPHA_SMS,
      { error: 0, msg: 'Request successfully submitted', data: { request_id: 99 } },
      '99',
    ],
    ['Alpha SMS without an id', ALPHA_SMS, { error: 0, data: null }, TEXT.id],
    ['Alpha SMS with an empty id', ALPHA_SMS, { error: 0, data: { request_id: '' } }, TEXT.id],
    ['Alpha SMS with a list as id', ALPHA_SMS, { error: 0, data: { request_id: [1] } }, TEXT.id],
    [
      'Alpha SMS with an endless id',
      ALPHA_SMS,
      { error: 0, data: { request_id: '9'.repeat(129) } },
      TEXT.id,
    ],
    [
      'Alpha SMS quoting the number as id',
      ALPHA_SMS,
      { error: 0, data: { request_id: '01700000000' } },
      TEXT.id,
    ],
    [
      'Dinisoft',
      {
        ...PLAIN,
        success: { pointer: '/Status', equals: ['0'] },
        id: '/Message_ID',
      },
      { Status: '0', Text: 'ACCEPTD', Message_ID: '194234' },
      '194234',
    ],
  ])('of %s is sent', async (_, configuration, body, providerId) => {
    expect(await sendTo(configuration, () => Response.json(body))).toEqual({ ok: true, providerId })
  })

  it.each<[string, object, number, string, boolean]>([
    ['any 2xx, where there is no rule', {}, 204, '', true],
    ['no other, where there is no rule', {}, 302, 'ok', false],
    ['a listed status', { status: [200, 202] }, 202, '', true],
    ['no other 2xx', { status: [200, 202] }, 201, '', false],
    ['a text that matches', { matches: '^OK(:|$)' }, 200, 'OK: 17', true],
    ['no text that does not', { matches: '^OK(:|$)' }, 200, 'NOT OK', false],
    ['no match with a wrong status', { matches: '^OK(:|$)' }, 500, 'OK: 17', false],
    ['a match with a listed status', { matches: 'OK', status: [500] }, 500, 'OK', true],
    ['true for true', { pointer: '/a/1/ok', equals: [true] }, 200, '{"a":[0,{"ok":true}]}', true],
    ['no null', { pointer: '/ok', equals: ['null'] }, 200, '{"ok":null}', false],
    ['a slash in a name', { pointer: '/a~1b', equals: [1] }, 200, '{"a/b":1}', true],
    ['a tilde in a name', { pointer: '/a~0b', equals: [1] }, 200, '{"a~b":1}', true],
    ['a document that is a number', { pointer: '', equals: [202] }, 200, ' 202\n', true],
  ])('is %s', async (_, success, status, body, accepted) => {
    const answer = () => new Response(status === 204 ? null : body, { status })
    expect(await sendTo({ ...PLAIN, success }, answer)).toMatchObject({ ok: accepted })
  })

  it('has its id in a text', async () => {
    const configuration = { ...PLAIN, success: { matches: '^OK' }, id: { matches: 'id=(\\w+)' } }
    expect(await sendTo(configuration, () => new Response('OK id=a17;'))).toEqual({
      ok: true,
      providerId: 'a17',
    })
    expect(await sendTo(configuration, () => new Response('OK'))).toEqual({
      ok: true,
      providerId: TEXT.id,
    })
  })
})

describe('a known error code', () => {
  const failing = { ...SSL_WIRELESS, success: undefined }
  const answer = () => Response.json({ status: 'SUCCESS', status_code: 4001 })

  it('is a failure with 200 where no rule looks at the body', async () => {
    expect(await sendTo(failing, answer)).toMatchObject({ ok: false, reason: '4001' })
  })

  it('is none where the rules see a success in the body', async () => {
    expect(await sendTo(SSL_WIRELESS, answer)).toMatchObject({ ok: true })
  })
})

describe('a refused text', () => {
  it.each<[string, object, unknown, string, boolean, string, string]>([
    [
      'SSL Wireless, unauthorized',
      SSL_WIRELESS,
      { status: 'FAILED', status_code: 4001, error_message: 'Unauthorized' },
      'misconfigured',
      false,
      'temporarily_unavailable',
      '4001',
    ],
    [
      'SSL Wireless, a code that is not listed',
      SSL_WIRELESS,
      { status: 'FAILED', status_code: 4999, error_message: '' },
      'unavailable',
      false,
      'could_not_deliver',
      '4999',
    ],
    [
      'SSL Wireless, without a code',
      SSL_WIRELESS,
      { status: 'FAILED' },
      'unavailable',
      false,
      'could_not_deliver',
      'http_200',
    ],
    [
      'BulkSMSBD, a wrong number',
      BULKSMSBD,
      { response_code: 1001, error_message: 'Invalid Number' },
      'rejected',
      false,
      'invalid_phone_number',
      '1001',
    ],
    [
      'BulkSMSBD, its own fault',
      BULKSMSBD,
      { response_code: '1005' },
      'unavailable',
      true,
      'temporarily_unavailable',
      '1005',
    ],
    [
      'BulkSMSBD, no balance',
      BULKSMSBD,
      { response_code: 1007, error_message: 'Balance Insufficient' },
      'misconfigured',
      false,
      'temporarily_unavailable',
      '1007',
    ],
    [
      'BulkSMSBD, a text that must be in Bengali',
      BULKSMSBD,
      { response_code: 1012 },
      'unavailable',
      false,
      'could_not_deliver',
      '1012',
    ],
    [
      'SMSBangladesh',
      SMSBANGLADESH,
      { success: 0, response_code: 105 },
      'unavailable',
      false,
      'could_not_deliver',
      '105',
    ],
    [
      'Alpha SMS, no balance',
      ALPHA_SMS,
      { error: 405, msg: 'Insufficient balance' },
      'misconfigured',
      false,
      'temporarily_unavailable',
      '405',
    ],
    [
      'Alpha SMS, an error named like a method of objects',
      ALPHA_SMS,
      { error: 'constructor' },
      'unavailable',
      false,
      'could_not_deliver',
      'constructor',
    ],
  ])('of %s', async (_, configuration, body, kind, retry, refusal, reason) => {
    expect(await sendTo(configuration, () => Response.json(body))).toEqual({
      ok: false,
      kind,
      retry,
      refusal,
      reason,
      httpStatus: 200,
    })
  })

  it.each([
    ['rejected', 'rejected', 'could_not_deliver'],
    ['blocked', 'blocked', 'could_not_deliver'],
    ['throttled', 'throttled', 'temporarily_unavailable'],
    ['unavailable', 'unavailable', 'temporarily_unavailable'],
    ['misconfigured', 'misconfigured', 'temporarily_unavailable'],
    ['unknown', 'unknown', 'temporarily_unavailable'],
    ['opted_out', 'blocked', 'opted_out'],
    ['send_blocked', 'blocked', 'send_blocked'],
    ['invalid_phone_number', 'rejected', 'invalid_phone_number'],
    ['not_sms_capable', 'rejected', 'not_sms_capable'],
    ['country_not_allowed', 'rejected', 'country_not_allowed'],
  ])(
    'means %s where its code is said to, whatever the HTTP status',
    async (meaning, kind, refusal) => {
      const configuration = { ...ALPHA_SMS, errors: { E7: meaning } }
      for (const status of [200, 400, 401, 429, 500])
        expect(
          await sendTo(configuration, () => Response.json({ error: 'E7' }, { status })),
        ).toEqual({
          ok: false,
          kind,
          retry: false,
          refusal,
          reason: 'E7',
          httpStatus: status,
        })
    },
  )

  it.each([200, 400, 500])(
    'may be asked again where its code alone says so, with %i',
    async (status) => {
      const configuration = { ...ALPHA_SMS, retry: ['E7'] }
      expect(
        await sendTo(configuration, () => Response.json({ error: 'E7' }, { status })),
      ).toMatchObject({ kind: 'unavailable', retry: true, refusal: 'temporarily_unavailable' })
    },
  )

  it.each<[number, string, boolean, string, true?]>([
    [302, 'misconfigured', false, 'temporarily_unavailable'],
    [400, 'rejected', false, 'could_not_deliver'],
    [401, 'misconfigured', false, 'temporarily_unavailable', true],
    [402, 'misconfigured', false, 'temporarily_unavailable', true],
    [403, 'misconfigured', false, 'temporarily_unavailable'],
    [404, 'rejected', false, 'could_not_deliver'],
    [422, 'rejected', false, 'could_not_deliver'],
    [429, 'throttled', true, 'temporarily_unavailable'],
    [500, 'unknown', true, 'temporarily_unavailable'],
    [503, 'unknown', true, 'temporarily_unavailable'],
  ])(
    'without a known code is told by its status: %i',
    async (status, kind, retry, refusal, account) => {
      const verdict = { kind, retry, refusal, ...(account && { account }) }
      const failure = { ok: false, ...verdict, httpStatus: status }
      const html = () => new Response('<html>', { status })
      expect(await sendTo(ALPHA_SMS, html)).toEqual({ ...failure, reason: `http_${status}` })
      const unlisted = () => Response.json({ error: 17 }, { status })
      expect(await sendTo(ALPHA_SMS, unlisted)).toEqual({ ...failure, reason: '17' })
    },
  )

  it('keeps the wait that the carrier asks for', async () => {
    const answer = () => new Response('', { status: 429, headers: { 'Retry-After': '7' } })
    expect(await sendTo(ALPHA_SMS, answer)).toMatchObject({ kind: 'throttled', retryAfter: 7 })
  })

  it('has its code in a text', async () => {
    const configuration = {
      ...PLAIN,
      success: { matches: '^OK' },
      error: { matches: '^ERR(?:OR)? ?(\\w+)?' },
      errors: { '17': 'opted_out' },
    }
    const told = (body: string) => sendTo(configuration, () => new Response(body))
    expect(await told('ERROR 17')).toMatchObject({ kind: 'blocked', reason: '17' })
    expect(await told('ERR 18')).toMatchObject({ kind: 'unavailable', reason: '18' })
    expect(await told('ERR')).toMatchObject({ kind: 'unknown', reason: 'http_200' })
  })
})

describe('a text that may have been accepted', () => {
  const unknown = {
    ok: false,
    kind: 'unknown',
    retry: false,
    refusal: 'temporarily_unavailable',
  }

  it.each([
    ['HTML', '<!doctype html><title>Welcome</title>'],
    ['nothing', ''],
    ['half of JSON', '{"error":0'],
    ['null', 'null'],
    ['other JSON', '{"ok":true}'],
    ['null as verdict', '{"error":null}'],
    ['a list as verdict', '{"error":[405]}'],
  ])('is unknown and never sent again where 200 brings %s', async (_, body) => {
    expect(await sendTo(ALPHA_SMS, () => new Response(body))).toEqual({
      ...unknown,
      reason: 'http_200',
      httpStatus: 200,
    })
  })

  it('is unknown where the body says yes and another 2xx was expected', async () => {
    const configuration = { ...ALPHA_SMS, success: { ...ALPHA_SMS.success, status: [201] } }
    expect(await sendTo(configuration, () => Response.json({ error: 0 }))).toMatchObject(unknown)
  })

  it('is unknown where the verdict is empty, unless that is how the carrier says yes', async () => {
    const success = (equals: string[]) => ({ ...PLAIN, success: { pointer: '/error', equals } })
    const answer = () => Response.json({ error: '' })
    expect(await sendTo(success(['ok']), answer)).toMatchObject(unknown)
    expect(await sendTo(success(['']), answer)).toEqual({ ok: true, providerId: TEXT.id })
  })

  it('is unknown where a code is there, and the verdict is not', async () => {
    const answer = () => Response.json({ response_code: 100 })
    expect(await sendTo(SMSBANGLADESH, answer)).toMatchObject({ ...unknown, reason: '100' })
  })

  it('is unknown and never sent again where the connection breaks', async () => {
    outside(() => {
      throw new TypeError('Network connection lost: https://sms.example.com/?key=not-a-real-key')
    })
    const failure = await carrier(ALPHA_SMS).send(TEXT, never())
    expect(failure).toEqual({ ...unknown, reason: 'network' })
  })
})

describe('a failure', () => {
  it.each([
    ['a secret', 'Invalid api_key not-a-real-key'],
    ['another secret', 'No user with not a real key &+'],
    ['the number', '8801700000000 is not valid'],
    ['the number in another form', 'Bad MSISDN 01700000000'],
    ['the code', 'Blocked word 012345'],
    ['the text', 'Spam: Hello'],
  ])('never quotes %s', async (_, error) => {
    const code = error.startsWith('Spam') ? {} : { code: '012345' }
    const failure = await sendTo(ALPHA_SMS, () => Response.json({ error }), {
      ...code,
      body: 'Hello',
    })
    expect(failure).toMatchObject({ ok: false, reason: 'http_200' })
  })

  it('quotes at most 64 characters', async () => {
    const failure = await sendTo(ALPHA_SMS, () => Response.json({ error: 'é'.repeat(65) }))
    expect(failure).toMatchObject({ reason: 'é'.repeat(64) })
  })

  it('still means what its code says where that is not quoted', async () => {
    const configuration = { ...ALPHA_SMS, errors: { 'Bad 01700000000': 'invalid_phone_number' } }
    expect(
      await sendTo(configuration, () => Response.json({ error: 'Bad 01700000000' })),
    ).toMatchObject({ refusal: 'invalid_phone_number', reason: 'http_200' })
  })

  it('holds no secret, whatever a carrier answers', async () => {
    const secret = 'not-a-real-key'
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(SMSBANGLADESH, ALPHA_SMS, { ...PLAIN, error: { matches: '(.*)' } }),
        fc.constantFrom(200, 400, 401, 429, 500),
        fc.string(),
        fc.string(),
        fc.constantFrom('error', 'response_code', 'success'),
        async (configuration, status, before, after, field) => {
          const body = { [field]: `${before}${secret}${after}` }
          const failure = await sendTo(configuration, () => Response.json(body, { status }))
          expect(JSON.stringify(failure)).not.toContain(secret)
        },
      ),
    )
  })
})

describe('the messenger', () => {
  it('is named after its configuration, and has nothing to ping', () => {
    expect(carrier(PLAIN).name).toBe('http:example')
    expect(carrier(PLAIN).ping).toBeUndefined()
  })
})
