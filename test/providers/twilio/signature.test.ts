// Held against the official `twilio` package, which runs here beside the code: over all that may come, both say the same.
// @ts-expect-error: the types of Workers do not name it
import { parse, stringify } from 'node:querystring'
import * as fc from 'fast-check'
import {
  getExpectedBodyHash,
  getExpectedTwilioSignature,
  validateRequest,
  validateRequestWithBody,
} from 'twilio/lib/webhooks/webhooks'
import { describe, expect, it } from 'vitest'
import { readTwilioCallback } from '../../../src/providers/twilio/callback'

const encoder = new TextEncoder()

/** A callback as it arrives; where a changed byte is no UTF-8 any more, the body is bytes. */
type Arrived = { token: string; signature: string; url: string; body: string | Uint8Array }

const bytesOf = (body: string | Uint8Array) => new Uint8Array(Buffer.from(body))

const read = ({ token, signature, url, body }: Arrived) =>
  readTwilioCallback([token], { signature, url, body: bytesOf(body) })

const accepts = async (arrived: Arrived) => (await read(arrived)) !== null

/** Name → value, or values where it is repeated: what a web framework makes of a form. */
function parametersOf(form: string): Record<string, string | string[]> {
  const values = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(form.replace(/^\?/, '%3F')))
    values.set(name, [...(values.get(name) ?? []), value])
  return Object.fromEntries(
    [...values].map(([name, all]) => [name, all.length > 1 ? all : (all[0] ?? '')]),
  )
}

/** What Twilio's own package says of a form, or of no body. */
const oracle = ({ token, signature, url, body }: Arrived) =>
  validateRequest(token, signature, url, parametersOf(Buffer.from(body).toString()))

/** A form as one of Twilio's machines, or a proxy, might write it. */
const WRITINGS: ((pairs: [string, string][]) => string)[] = [
  (pairs) => String(new URLSearchParams(pairs)),
  (pairs) => pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&'),
  (pairs) =>
    pairs
      .map((pair) =>
        pair.map((text) => encodeURIComponent(text).replace(/%../g, (hex) => hex.toLowerCase())),
      )
      .map((pair) => pair.join('='))
      .join('&&'),
  (pairs) =>
    pairs.map((pair) => pair.map((text) => text.replace(/[%&=+]/g, escape)).join('=')).join('&'),
]

const token = fc.string({ minLength: 1, maxLength: 40 })
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', ' ', '+', "O'Brien & Söhne", '\ufeff', '100%', 'a=b', '?', '৳ ১০'),
)
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('To', 'Body', 'body', 'A', 'a', '10', '9', '__proto__') },
  { weight: 1, arbitrary: text },
)
const form = fc
  .tuple(fc.array(fc.tuple(name, text), { maxLength: 8 }), fc.constantFrom(...WRITINGS))
  .map(([pairs, write]) => write(pairs))

const piece = fc.constantFrom(
  ...['a', 'b', '1', '0', '=', '=', '&', '&', "'", '%27', '%20', '+', '%2B', '%e3', '%zz', '*'],
  ...['é', '?', '/', ':', '@', '|', '%', '[', '"', '~', '(', ';', ',', '%C3%A9', '.', '\\', '৳'],
)
const joined = (maxLength: number) =>
  fc.array(piece, { maxLength }).map((pieces) => pieces.join(''))
const url = fc
  .record({
    scheme: fc.constantFrom('https://', 'http://', 'HTTPS://'),
    user: fc.constantFrom('', '', 'user:pass@', 'user@', 'us%40er:pa:ss@'),
    host: fc.constantFrom('sms.example', 'Sms.Example', '127.0.0.1', '[::1]', 'bücher.example'),
    port: fc.constantFrom('', '', ':443', ':80', ':8443', ':'),
    path: joined(6).map((path) => path.replaceAll('?', '')),
    query: fc.option(joined(12), { nil: null }),
  })
  .map(({ scheme, user, host, port, path, query }) => ({
    url: `${scheme}${user}${host}${port}/${path}${query === null ? '' : `?${query}`}`,
    ports: [port, '', ':443', ':80', ':8443'].map(
      (other) => `${scheme}${user}${host}${other}/${path}${query === null ? '' : `?${query}`}`,
    ),
  }))
  .filter(({ url }) => URL.canParse(url))

/** The query as Node's older module writes it. */
const older = (url: string) =>
  new URL(url).href.replace(/\?(.+)/, (_, query) => `?${stringify(parse(query))}`)

/** As Twilio may have signed it: the URL as it is called, with other ports, normalised, differently encoded. */
const signedUrls = ({ url, ports }: { url: string; ports: string[] }) => [
  ...ports,
  ...ports.filter((other) => URL.canParse(other)).map((other) => new URL(other).href),
  ...ports.filter((other) => URL.canParse(other)).map(older),
  ...ports.map((other) => other.replaceAll('%27', "'").replaceAll('%2B', '+')),
  ...ports.map((other) => other.replaceAll('%20', '+')),
  decodeURI(encodeURI(url)),
]

const callback = fc
  .record({ token, url, form: fc.oneof(form, fc.constant('')), which: fc.nat() })
  .map(({ token, url, form, which }): Arrived => {
    const signed = signedUrls(url)
    const spelling = signed[which % signed.length] ?? ''
    const signature = getExpectedTwilioSignature(token, spelling, parametersOf(form))
    return { token, signature, url: url.url, body: form }
  })

describe('with Twilio’s own package, it agrees on', () => {
  it('every form, URL, port and encoding', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(callback, async (arrived) => {
        const said = oracle(arrived)
        if (said) accepted++
        expect(await accepts(arrived)).toBe(said)
      }),
      { numRuns: 1500 },
    )
    expect(accepted).toBeGreaterThan(500)
    expect(accepted).toBeLessThan(1500)
  })

  it('every JSON body, by its hash in the URL', async () => {
    const elsewhere = fc.constantFrom<(hash: string) => string>(
      (hash) => hash,
      (hash) => hash.toUpperCase(),
      (hash) => hash.slice(1),
      () => '',
      () => getExpectedBodyHash('{}'),
    )
    await fc.assert(
      fc.asyncProperty(token, url, fc.json(), elsewhere, async (token, { url }, body, hashed) => {
        const hash = hashed(getExpectedBodyHash(body))
        const called = `${url}${url.includes('?') ? '&' : '?'}bodySHA256=${hash}`
        const signature = getExpectedTwilioSignature(token, called, {})
        expect(await accepts({ token, signature, url: called, body })).toBe(
          validateRequestWithBody(token, signature, called, body),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('every changed character of signature, token, URL and form', async () => {
    await fc.assert(
      fc.asyncProperty(
        callback,
        fc.constantFrom('token', 'signature', 'url', 'body'),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        async (arrived, part, at, other) => {
          const is = String(arrived[part])
          const changed = { ...arrived, [part]: put(is, at, other) }
          fc.pre(changed[part] !== '' && URL.canParse(changed.url) && !changed.url.includes('#'))
          expect(await accepts(changed)).toBe(oracle(changed))
        },
      ),
      { numRuns: 1500 },
    )
  })
})

const put = (text: string, at: number, other: string) => {
  const index = at % (text.length || 1)
  return text.slice(0, index) + other + text.slice(index + 1)
}

const TOKEN = '0123456789abcdef0123456789abcdef'
const STATUS = {
  ApiVersion: '2010-04-01',
  AccountSid: `AC${'1'.repeat(32)}`,
  ErrorCode: '30003',
  From: '+15005550006',
  MessageSid: `SM${'2'.repeat(32)}`,
  MessageStatus: 'undelivered',
  RawDlrDoneDate: '2611211058',
  SmsSid: `SM${'2'.repeat(32)}`,
  SmsStatus: 'undelivered',
  To: '+447123456789',
}
const STATUS_URL = `https://sms.example/webhooks/twilio/status/SM4${'3'.repeat(31)}`

/** A status callback that Twilio signed. */
const signedStatus = (url = STATUS_URL): Arrived => ({
  token: TOKEN,
  signature: getExpectedTwilioSignature(TOKEN, url, STATUS),
  url,
  body: String(new URLSearchParams(STATUS)),
})

/** The same about a text in JSON. */
function signedJson(): Arrived & { body: string } {
  const body = JSON.stringify({ ...STATUS, Segments: 1, Channel: { name: 'sms' } })
  const url = `${STATUS_URL}?bodySHA256=${getExpectedBodyHash(body)}`
  return { token: TOKEN, signature: getExpectedTwilioSignature(TOKEN, url, {}), url, body }
}

/** Every byte in turn, each changed in several ways. */
function* changesOf(body: string | Uint8Array): Generator<Uint8Array> {
  const bytes = encoder.encode(String(body))
  for (const at of bytes.keys())
    for (const bits of [0x01, 0x02, 0x04, 0x10, 0x20, 0x80, 0xff])
      yield bytes.map((byte, index) => (index === at ? byte ^ bits : byte))
}

describe('of a status callback', () => {
  const entriesOf = (body: string | Uint8Array) => [
    ...new URLSearchParams(Buffer.from(body).toString()),
  ]

  it('takes the form as it came, and no other: not one byte may say something else', async () => {
    const arrived = signedStatus()
    expect(Object.fromEntries((await read(arrived)) ?? [])).toEqual(STATUS)
    let refused = 0
    for (const body of changesOf(arrived.body)) {
      // %2B and %2b are one plus sign.
      const same = JSON.stringify(entriesOf(body)) === JSON.stringify(entriesOf(arrived.body))
      expect(await accepts({ ...arrived, body }), String(body)).toBe(same)
      if (!same) refused++
    }
    expect(refused).toBeGreaterThan(7 * arrived.body.length - 10)
  })

  // workerd's getAll finds nothing under such a name.
  it('takes no parameter more, not even one whose name is no UTF-8', async () => {
    const arrived = signedStatus()
    for (const more of ['A=', 'A=b', '%FF=', '%FF=b', '%A7%B3+=b'])
      expect(await accepts({ ...arrived, body: `${arrived.body}&${more}` }), more).toBe(false)
  })

  it('takes the JSON as it came, and no other byte', async () => {
    const arrived = signedJson()
    expect(Object.fromEntries((await read(arrived)) ?? [])).toEqual({ ...STATUS, Segments: '1' })
    for (const body of changesOf(arrived.body))
      expect(await accepts({ ...arrived, body })).toBe(false)
  })

  it.each([
    ['form', signedStatus()],
    ['JSON', signedJson()],
  ])(
    'takes the signature, token and URL of a %s as they are, and no other byte',
    async (_, arrived) => {
      for (const part of ['signature', 'token', 'url'] as const)
        for (const change of changesOf(arrived[part])) {
          const changed = { ...arrived, [part]: Buffer.from(change).toString('latin1') }
          // What is behind # is never sent.
          if (!URL.canParse(changed.url) || changed.url.includes('#')) continue
          // Https://Sms.example is https://sms.example.
          const same = part === 'url' && new URL(changed.url).href === arrived.url
          expect(await accepts(changed), changed[part]).toBe(same)
        }
    },
  )

  it('takes nothing without a signature, nor with two of them', async () => {
    const arrived = signedStatus()
    const { url } = arrived
    const body = bytesOf(arrived.body)
    expect(await readTwilioCallback([TOKEN], { signature: undefined, url, body })).toBe(null)
    expect(await accepts({ ...arrived, signature: '' })).toBe(false)
    const twice = `${arrived.signature}, ${arrived.signature}`
    expect(await accepts({ ...arrived, signature: twice })).toBe(false)
  })

  it('takes what either of two tokens signed, and nothing where there is none', async () => {
    const { signature, url, body } = signedStatus()
    const by = async (...tokens: string[]) =>
      (await readTwilioCallback(tokens, { signature, url, body: bytesOf(body) })) !== null
    expect(await by(TOKEN, 'the next one')).toBe(true)
    expect(await by('the last one', TOKEN)).toBe(true)
    expect(await by('the last one', 'the next one')).toBe(false)
    expect(await by()).toBe(false)
  })

  it('takes the usual port for none, and any for none', async () => {
    const signedFor = (authority: string) =>
      signedStatus(STATUS_URL.replace('sms.example', authority))
    const at = (authority: string) => STATUS_URL.replace('sms.example', authority)
    const pairs = [
      ['sms.example', 'sms.example:443', true],
      ['sms.example:443', 'sms.example', true],
      ['sms.example', 'sms.example:8443', true],
      ['sms.example:8443', 'sms.example', false],
      ['sms.example:8443', 'sms.example:8443', true],
      ['user:pass@sms.example', 'user:pass@sms.example:443', true],
      ['user:pass@sms.example', 'sms.example', false],
      ['[::1]:443', '[::1]', true],
    ] as const
    for (const [signed, called, taken] of pairs) {
      const arrived = { ...signedFor(signed), url: at(called) }
      expect(oracle(arrived), `${signed} ${called}`).toBe(taken)
      expect(await accepts(arrived), `${signed} ${called}`).toBe(taken)
    }
  })
})

it('reads the query of a GET, where everything stands in the URL', async () => {
  const url = 'https://sms.example/webhooks?Body=O%27Brien&To=%2B44712&Empty='
  const signature = getExpectedTwilioSignature(TOKEN, url, {})
  const said = await read({ token: TOKEN, signature, url, body: '' })
  expect([...(said ?? [])]).toEqual([
    ['Body', "O'Brien"],
    ['To', '+44712'],
    ['Empty', ''],
  ])
  expect(await read({ token: TOKEN, signature, url: `${url}1`, body: '' })).toBe(null)
})

it('reads nothing out of a signed body that is no JSON object', async () => {
  for (const body of ['<Xml/>', 'null', '7', '']) {
    const url = `${STATUS_URL}?bodySHA256=${getExpectedBodyHash(body)}`
    const signature = getExpectedTwilioSignature(TOKEN, url, {})
    expect([...((await read({ token: TOKEN, signature, url, body })) ?? ['refused'])]).toEqual([])
  }
})

it('agrees with the signature that Twilio publishes', async () => {
  const form = {
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675309',
    Digits: '1234',
    From: '+14158675309',
    To: '+18005551212',
  }
  const arrived = {
    token: '12345',
    signature: 'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
    url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
    body: String(new URLSearchParams(form)),
  }
  expect(Object.fromEntries((await read(arrived)) ?? [])).toEqual(form)
  expect(await read({ ...arrived, url: `${arrived.url}3` })).toBe(null)
})

// Twilio's scheme, not ours: nothing marks where a name ends. In a status callback the names that stand between them in
// the sorted order keep every border where it is, which the changed bytes above show.
it('cannot tell where a name ends, as Twilio’s own package cannot', async () => {
  const url = 'https://sms.example/'
  const signature = getExpectedTwilioSignature(TOKEN, url, { ab: 'c' })
  const arrived = { token: TOKEN, signature, url, body: 'a=bc' }
  expect([oracle(arrived), await accepts(arrived)]).toEqual([true, true])
})
