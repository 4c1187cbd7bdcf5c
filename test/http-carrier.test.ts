/// <reference types="vite/client" />
import { describe, expect, it } from 'vitest'
import readme from '../README.md?raw'
import { forbiddenSecretsOf, httpCarrier, httpCarriers, secretsOf } from '../src/http-carrier'

const CARRIER = {
  url: 'https://sms.example.com/send',
  json: { key: '{secret:EXAMPLE_KEY}', number: '{to}', message: '{text}' },
}

/** What is wrong with a configuration, each as `path: message`. */
function faultsOf(change: object): string[] {
  const parsed = httpCarrier.safeParse({ ...CARRIER, ...change })
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

const inJson = (value: string) => ({ json: { ...CARRIER.json, extra: ['', { deep: value }] } })

describe('a configuration', () => {
  it('needs a URL and a place for number and text, and has defaults for the rest', () => {
    expect(httpCarrier.parse(CARRIER)).toEqual({
      ...CARRIER,
      allow_insecure: false,
      method: 'POST',
      headers: {},
      query: {},
      success: {},
      errors: {},
      retry: [],
    })
  })

  it('may say everything that there is to say', () => {
    const carrier = {
      url: 'http://sms.example.com:8080/{secret:A}/send?to={to}&x=%20',
      allow_insecure: true,
      method: 'POST',
      headers: { Authorization: 'Bearer {secret:B_2}', 'X-From': '{sender}' },
      form: { text: '{text}' },
      query: {
        ref: '{ref}',
        short: '{ref_short}',
        ttl: '{ttl}',
        n: '{to_digits}/{to_local}',
        dlr: '{callback}',
      },
      sender: 'Größe 24',
      success: { status: [200, 202], pointer: '/a~1b/0/~0', equals: ['0'] },
      id: '/data/id',
      error: { matches: 'ERR:(\\d+)' },
      errors: { '1': 'unavailable', '2': 'opted_out' },
      retry: ['1'],
      receipt: {
        secret: 'EXAMPLE_TOKEN',
        header: 'X-Token',
        text: '/ref',
        status: { matches: 'stat:(\\w+)' },
        statuses: { DELIVRD: 'delivered', '2': 'undelivered', SEEN: 'read' },
        id: '/id',
        to: '/to',
        error: '/error',
        segments: '/parts',
        cost: '/price/amount',
        currency: '/price/currency',
      },
    }
    expect(httpCarrier.parse(carrier)).toEqual(carrier)
  })

  it('compares codes as text', () => {
    const { success, retry } = httpCarrier.parse({
      ...CARRIER,
      success: { pointer: '/ok', equals: [0, '0', true] },
      error: '/ok',
      retry: [1005, 'E1'],
    })
    expect(success.equals).toEqual(['0', '0', 'true'])
    expect(retry).toEqual(['1005', 'E1'])
  })

  it.each([
    'https://sms.example.com',
    'https://sms.example.com/{to}',
    'https://sms.example.com?to={to}',
    'https://sms.example.com:8443/a/b?c=d',
    'http://localhost:9000/send',
    'http://127.0.0.1:9000/send?to={to}',
    'http://[::1]:9000/',
  ])('may have the URL %s', (url) => {
    expect(faultsOf({ url })).toEqual([])
  })

  const URL_FAULT = 'url: must be a URL without user and fragment, its placeholders after the host'
  const INSECURE =
    'url: must be https; "allow_insecure": true shows codes and secrets to all on the way'

  it.each<[string, string]>([
    ['http://sms.example.com/send', INSECURE],
    ['http://localhost.example.com/send', INSECURE],
    ['http://127.0.0.1.example.com/send', INSECURE],
    ['https://{to}/send', URL_FAULT],
    ['https://{secret:HOST}.example.com/send', URL_FAULT],
    ['https://sms.example.com{to}', URL_FAULT],
    ['https://sms.example.com:{ttl}/', URL_FAULT],
    ['{secret:URL}', URL_FAULT],
    ['https://user:hunter2@sms.example.com/', URL_FAULT],
    ['https://sms.example.com\\@evil.example/', URL_FAULT],
    ['https://sms.example.com/a\\b', URL_FAULT],
    ['https://sms.example.com/#{to}', URL_FAULT],
    ['https://sms.example.com/a b', URL_FAULT],
    ['https://sms.example.com/a\n', URL_FAULT],
    ['https://sms.example.com/a/../b', URL_FAULT],
    ['https://sms.example.com/%2E%2e', URL_FAULT],
    ['https://sms.example.com:99999/', URL_FAULT],
    ['ftp://sms.example.com/', URL_FAULT],
    ['sms.example.com/send', URL_FAULT],
    ['https:///send', URL_FAULT],
    ['', URL_FAULT],
  ])('may not have the URL %j', (url, fault) => {
    expect(faultsOf({ url })).toContain(fault)
  })

  const BRACE =
    'has a brace that is no placeholder; there are {to}, {to_digits}, {to_local}, {text}, {sender}, {ref}, {ref_short}, {ttl}, {callback}, {secret:NAME}'

  it.each([
    '{phone}',
    '{}',
    '{{to}}',
    '{to',
    'to}',
    '{TO}',
    '{ to }',
    '{constructor}',
    '{secret:}',
    '{secret:lower}',
    '{secret:1ST}',
    '{secret:_A}',
    '{secret:A-B}',
    '{secret:A}}',
    '{"to": "{to}"}',
  ])('may not have %j in a value', (value) => {
    expect(faultsOf(inJson(value))).toEqual([`json.extra.1.deep: ${BRACE}`])
  })

  it.each([
    ['url', { url: 'https://sms.example.com/{phone}' }],
    ['headers.X-To', { headers: { 'X-To': '{phone}' } }],
    ['query.to', { query: { to: '{phone}' } }],
  ])('may not have an unknown placeholder in %s', (path, change) => {
    expect(faultsOf(change)).toEqual([`${path}: ${BRACE}`])
  })

  it.each<[string, object, string[]]>([
    ['an unknown field', { body: 'x' }, [': Unrecognized key: "body"']],
    [
      'an unknown field of success',
      { success: { code: 1 } },
      ['success: Unrecognized key: "code"'],
    ],
    ['another method', { method: 'PUT' }, ['method: Invalid option: expected one of "POST"|"GET"']],
    ['json beside form', { form: { a: 'b' } }, ['form: cannot stand beside json']],
    ['a body with GET', { method: 'GET' }, ['method: must be POST where there is json or form']],
    [
      'a name with a placeholder',
      { query: { '{to}': 'x' } },
      ['query.{to}: has a brace in a name; only values have placeholders'],
    ],
    [
      'a text in a header',
      { headers: { 'X-Text': '{text}' } },
      ['headers.X-Text: cannot hold {text}: not every character can stand in a header'],
    ],
    [
      'a header of two lines',
      { headers: { A: 'b\r\nC: d' } },
      ['headers.A: must be printable ASCII'],
    ],
    [
      'a header with a colon',
      { headers: { 'A:': 'b' } },
      ['headers.A:: is not the name of a header'],
    ],
    ['no text', { json: { to: '{to}' } }, [': must send {text}']],
    ['no number', { json: '{text}' }, [': must send {to}, {to_digits} or {to_local}']],
    [
      'a sender that is not there',
      inJson('{sender}'),
      ['sender: is missing, and {sender} asks for it'],
    ],
    [
      'a sender with a placeholder',
      { sender: '{to}' },
      ['sender: must be 1 to 32 characters, without braces'],
    ],
    [
      'a sender of two lines',
      { sender: 'a\nb' },
      ['sender: must be 1 to 32 characters, without braces'],
    ],
    [
      'a pointer without equals',
      { success: { pointer: '/ok' } },
      ['success: must have pointer and equals together'],
    ],
    [
      'equals without a pointer',
      { success: { equals: [1] } },
      ['success: must have pointer and equals together'],
    ],
    [
      'two rules for success',
      { success: { pointer: '/ok', equals: [1], matches: 'ok' } },
      ['success: must have pointer and equals, or matches, but not both'],
    ],
    [
      'null as a value of success',
      { success: { pointer: '/ok', equals: [null] } },
      ['success.equals.0: must be a text, a number, true or false'],
    ],
    [
      'a pointer without slash',
      { success: { pointer: 'ok', equals: [1] } },
      ['success.pointer: must be a JSON pointer (RFC 6901) such as /data/id'],
    ],
    [
      'a pointer with a wrong escape',
      { success: { pointer: '/a~2', equals: [1] } },
      ['success.pointer: must be a JSON pointer (RFC 6901) such as /data/id'],
    ],
    [
      'no regular expression',
      { success: { matches: '(' } },
      ['success.matches: must be a regular expression'],
    ],
    [
      'a regular expression that ends in its escape',
      { success: { matches: 'ok\\' } },
      ['success.matches: must be a regular expression'],
    ],
    [
      'an id without slash',
      { id: 'data.id' },
      ['id: must be a JSON pointer (RFC 6901) such as /data/id'],
    ],
    [
      'an id that is a number',
      { id: 1 },
      ['id: must be a JSON pointer such as /data/id, or an object with matches'],
    ],
    [
      'an error code without a group',
      { error: { matches: 'ERR' } },
      ['error.matches: must have a group'],
    ],
    [
      'errors that nobody finds',
      { errors: { 1: 'rejected' } },
      ['error: must say where the codes of errors and retry stand'],
    ],
    [
      'retries that nobody finds',
      { retry: [1] },
      ['error: must say where the codes of errors and retry stand'],
    ],
    [
      'a retry of what is blocked',
      { error: '/e', errors: { 1: 'opted_out' }, retry: [1] },
      ['errors.1: cannot be opted_out and under retry'],
    ],
  ])('may not have %s', (_, change, faults) => {
    expect(faultsOf(change)).toEqual(faults)
  })

  const RECEIPT = { secret: 'EXAMPLE_TOKEN', query: 'token', status: '/status' }

  it('may have receipts with a secret, its place and a status', () => {
    const { receipt } = httpCarrier.parse({ ...CARRIER, receipt: RECEIPT })
    expect(receipt).toEqual({ ...RECEIPT, statuses: {} })
  })

  it('may have errors of which only its receipts speak, but no retries', () => {
    const receipt = { ...RECEIPT, error: '/err' }
    expect(faultsOf({ receipt, errors: { 1: 'opted_out' } })).toEqual([])
    expect(faultsOf({ receipt, errors: { 1: 'unavailable' }, retry: [1] })).toEqual([
      'error: must say where the codes of errors and retry stand',
    ])
  })

  const NO_RECEIPT = 'cannot hold {callback}: there is no receipt to read what comes there'

  it.each([
    ['url', { url: 'https://sms.example.com/?dlr={callback}' }],
    ['headers.X-Dlr', { headers: { 'X-Dlr': '{callback}' } }],
    ['query.dlr', { query: { dlr: 'to {callback}' } }],
    ['json.extra.1.deep', inJson('{callback}')],
  ])('may not have {callback} in %s without receipts', (path, change) => {
    expect(faultsOf(change)).toEqual([`${path}: ${NO_RECEIPT}`])
    expect(faultsOf({ ...change, receipt: RECEIPT })).toEqual([])
  })

  const PLACE = 'must be a JSON pointer such as /data/id, or an object with matches'
  const SECRET = 'must be the name of a variable, such as EXAMPLE_TOKEN'

  it.each<[string, unknown, string[]]>([
    ['nothing', null, ['receipt: Invalid input: expected object, received null']],
    ['an unknown field', { ...RECEIPT, path: '/x' }, ['receipt: Unrecognized key: "path"']],
    ['no secret', { ...RECEIPT, secret: undefined }, ['receipt.secret: is missing']],
    ['a secret itself', { ...RECEIPT, secret: 'hunter2' }, [`receipt.secret: ${SECRET}`]],
    [
      'a secret as elsewhere',
      { ...RECEIPT, secret: '{secret:EXAMPLE_TOKEN}' },
      [`receipt.secret: ${SECRET}`],
    ],
    [
      'no place for the secret',
      { ...RECEIPT, query: undefined },
      ['receipt: must have header or query, where the secret comes'],
    ],
    [
      'two places for the secret',
      { ...RECEIPT, header: 'X-Token' },
      ['receipt: must have header or query, where the secret comes'],
    ],
    [
      'a header that is none',
      { ...RECEIPT, query: undefined, header: 'X Token' },
      ['receipt.header: must be the name of a header'],
    ],
    [
      'a parameter that is none',
      { ...RECEIPT, query: 'a&b' },
      ['receipt.query: must be the name of a parameter'],
    ],
    ['no status', { ...RECEIPT, status: undefined }, [`receipt.status: ${PLACE}`]],
    ['a place that is a number', { ...RECEIPT, cost: 1 }, [`receipt.cost: ${PLACE}`]],
    [
      'a place without a group',
      { ...RECEIPT, text: { matches: 'SM' } },
      ['receipt.text.matches: must have a group'],
    ],
  ])('may not have receipts with %s', (_, receipt, faults) => {
    expect(faultsOf({ receipt })).toEqual(faults)
  })

  it('names the statuses where its receipts have another', () => {
    expect(faultsOf({ receipt: { ...RECEIPT, statuses: { DELIVRD: 'arrived' } } })).toEqual([
      expect.stringMatching(
        /^receipt\.statuses\.DELIVRD: Invalid option: expected one of .*"sent".*"undelivered".*"delivered"\|"read"$/,
      ),
    ])
  })

  it('names the kinds of errors where it has another', () => {
    expect(faultsOf({ error: '/e', errors: { 1: 'broken' } })).toEqual([
      expect.stringMatching(/^errors\.1: Invalid option: expected one of "rejected"\|/),
    ])
  })
})

describe('the secrets of a configuration', () => {
  const carrier = httpCarrier.parse({
    url: 'https://sms.example.com/{secret:IN_PATH}?k={secret:IN_QUERY}',
    headers: { Authorization: 'Basic {secret:USER}:{secret:PASSWORD}' },
    json: ['{to}{text}', { a: [{ b: '{secret:DEEP}{secret:USER}' }], n: 1, none: null }],
    query: { key: '{secret:TWILIO_AUTH_TOKEN}' },
  })

  it('are found wherever they stand, each once', () => {
    expect(secretsOf(carrier).sort()).toEqual(
      ['DEEP', 'IN_PATH', 'IN_QUERY', 'PASSWORD', 'TWILIO_AUTH_TOKEN', 'USER'].sort(),
    )
  })

  it('are found in a form', () => {
    const form = { a: '{secret:A}', b: '{to}{text}' }
    expect(secretsOf(httpCarrier.parse({ url: CARRIER.url, form }))).toEqual(['A'])
  })

  it('has that of receipts among them', () => {
    const receipt = { secret: 'EXAMPLE_TOKEN', header: 'X-Token', status: '/status' }
    expect(secretsOf(httpCarrier.parse({ ...CARRIER, receipt }))).toEqual([
      'EXAMPLE_KEY',
      'EXAMPLE_TOKEN',
    ])
    expect(
      forbiddenSecretsOf(httpCarrier.parse({ ...CARRIER, receipt }), ['EXAMPLE_TOKEN']),
    ).toEqual(['EXAMPLE_TOKEN'])
  })

  it('may not be Verge’s own', () => {
    const own = ['VERGE_SECRET', 'TWILIO_AUTH_TOKEN', 'DEEP_']
    expect(forbiddenSecretsOf(carrier, own)).toEqual(['TWILIO_AUTH_TOKEN'])
  })
})

describe('HTTP_PROVIDERS', () => {
  const problems = (text: string) =>
    (httpCarriers.safeParse(text).error?.issues ?? []).map(({ message }) => message)

  const NO_OBJECT =
    'must be a JSON object, name to configuration; in .dev.vars between single quotes'
  const NAME = 'must be a name of up to 32 lower-case letters, digits, _ and -'

  it('is JSON, name to configuration', () => {
    expect(httpCarriers.parse(JSON.stringify({ bulk_sms: CARRIER, 'ssl-2': CARRIER }))).toEqual({
      bulk_sms: httpCarrier.parse(CARRIER),
      'ssl-2': httpCarrier.parse(CARRIER),
    })
  })

  it.each<[string, unknown, string[]]>([
    ['a list', [CARRIER], [NO_OBJECT]],
    ['a name with a colon', { 'http:a': CARRIER }, [`http:a: ${NAME}`]],
    ['a name in capitals', { SSL: CARRIER }, [`SSL: ${NAME}`]],
    ['nothing of a carrier', { a: null }, ['a: Invalid input: expected object, received null']],
    [
      'faults in two carriers',
      { a: { ...CARRIER, url: 'http://sms.example.com/' }, b: { ...CARRIER, retry: [{}] } },
      [
        'a.url: must be https; "allow_insecure": true shows codes and secrets to all on the way',
        'b.retry.0: must be a text, a number, true or false',
      ],
    ],
  ])('may not be %s', (_, value, messages) => {
    expect(problems(JSON.stringify(value))).toEqual(messages)
  })

  it('is what the README shows', () => {
    const shown = [...readme.matchAll(/```json\n(\{\n[\s\S]*?)```/g)].map(([, json = '']) => json)
    expect(shown.map(problems)).toEqual([[], []])
  })

  it('says that it is no JSON without repeating it', () => {
    expect(problems('{"a": hunter2')).toEqual([NO_OBJECT])
  })

  it.each([
    { url: 'https://hunter2@sms.example.com/' },
    { url: 'http://sms.example.com/hunter2' },
    { method: 'hunter2' },
    { headers: { Authorization: 'hunter2 {hunter2}\n' } },
    { json: ['hunter2 {hunter2}'] },
    { sender: 'hunter2{' },
    { id: 'hunter2' },
    { success: { matches: '(hunter2' } },
    { error: '/e', errors: { 1: 'hunter2' } },
    { retry: [['hunter2']] },
    { allow_insecure: 'hunter2' },
    { receipt: { secret: 'hunter2', header: 'hunter2:', status: 'hunter2' } },
    { receipt: { secret: 'A', query: 'hunter2&', status: '/s', statuses: { 1: 'hunter2' } } },
  ])('never repeats a value: %j', (change) => {
    const messages = problems(JSON.stringify({ a: { ...CARRIER, ...change } }))
    expect(messages.length).toBeGreaterThan(0)
    expect(messages.join()).not.toContain('hunter2')
  })
})
