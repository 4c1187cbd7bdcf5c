import { describe, expect, it } from 'vitest'
import { httpCarrier } from '../../src/http-carrier'
import { httpReceipts } from '../../src/providers/http-receipt'

const TEXT = `SM4${'0'.repeat(31)}`
const SECRETS = { EXAMPLE_KEY: 'a key for sending', EXAMPLE_TOKEN: 'a token for receipts' }
const NOT_SIGNED = { ok: false, refusal: { code: 'invalid_signature' } }

const CARRIER = {
  url: 'https://sms.example.com/send',
  form: { key: '{secret:EXAMPLE_KEY}', to: '{to}', text: '{text}', dlr: '{callback}' },
  error: '/error',
  errors: { 'E-7': 'opted_out', 'E-8': 'account', 'E-9': 'not_sms_capable' },
}
const RULE = {
  secret: 'EXAMPLE_TOKEN',
  header: 'X-Token',
  status: '/status',
  statuses: { DELIVRD: 'delivered', UNDELIV: 'undelivered', ACCEPTD: 'sent' },
  error: '/err',
}

type Called = {
  body?: string
  query?: string
  headers?: Record<string, string>
  text?: string | null
}

const readerOf = (change: object) => {
  const config = {
    ...httpCarrier.parse({ ...CARRIER, receipt: { ...RULE, ...change } }),
    secrets: SECRETS,
  }
  if (!config.receipt) throw new Error('no receipt')
  return httpReceipts(config.receipt, config)
}

/** What is read out of a callback by a rule, of which the tests change a part. */
const read = (
  change: object,
  { body = '', query = '', text = TEXT, headers = { 'X-Token': SECRETS.EXAMPLE_TOKEN } }: Called,
) =>
  readerOf(change)({
    text,
    path: `/webhooks/http/example/status${query && `?${query}`}`,
    headers: new Headers(headers),
    body: new TextEncoder().encode(body) as Uint8Array<ArrayBuffer>,
  })

/** Of JSON, the receipt within. */
async function receiptOf(change: object, said: object) {
  const told = await read(change, { body: JSON.stringify(said) })
  if (!told.ok) throw new Error(JSON.stringify(told.refusal))
  return told.value.receipt
}

const DELIVERED = {
  ok: true,
  value: {
    text: TEXT,
    to: null,
    receipt: { providerId: TEXT, status: 'delivered', errorCode: null },
  },
}

describe('a receipt of a configured carrier', () => {
  it.each<[string, Called]>([
    ['JSON', { body: '{"status":"DELIVRD"}' }],
    ['a form', { body: 'status=DELIVRD&more=x' }],
    ['a query', { query: 'status=DELIVRD' }],
    ['a form that says more than the query', { body: 'status=DELIVRD', query: 'status=ACCEPTD' }],
  ])('may come as %s', async (_, called) => {
    expect(await read({}, called)).toEqual(DELIVERED)
  })

  it('has whatever its places lead to', async () => {
    const places = {
      status: '/dlr/0/state',
      id: '/dlr/0/id',
      to: '/dlr/0/msisdn',
      error: '/dlr/0/err',
      segments: '/dlr/0/parts',
      cost: '/dlr/0/price',
      currency: '/dlr/0/currency',
    }
    const said = { state: 'UNDELIV', id: 77, msisdn: 447123456789, err: 'E-9', parts: '2' }
    const body = JSON.stringify({ dlr: [{ ...said, price: 0.25, currency: 'BDT' }] })
    expect(await read(places, { body })).toEqual({
      ok: true,
      value: {
        text: TEXT,
        to: '+447123456789',
        receipt: {
          providerId: '77',
          status: 'undelivered',
          errorCode: 'E-9',
          failure: { kind: 'rejected', refusal: 'not_sms_capable' },
          segments: 2,
          cost: '0.25',
          currency: 'BDT',
        },
      },
    })
  })

  it('may be found by regular expressions, in a body and in a query', async () => {
    const status = { matches: 'stat:(\\w+)' }
    expect(await read({ status }, { body: 'id:1 stat:DELIVRD err:000' })).toEqual(DELIVERED)
    const query = { status: { matches: 'stat=(\\w+)' } }
    expect(await read(query, { query: 'id=1&stat=DELIVRD' })).toEqual(DELIVERED)
  })

  it('keeps a status that is not mapped as it is', async () => {
    expect((await receiptOf({}, { status: 'delivered' })).status).toBe('delivered')
    expect((await receiptOf({}, { status: 'ENROUTE' })).status).toBe('ENROUTE')
    expect((await receiptOf({}, { status: 'toString' })).status).toBe('toString')
    expect((await receiptOf({}, { status: 2 })).status).toBe('2')
    expect((await receiptOf({ statuses: { 2: 'read' } }, { status: 2 })).status).toBe('read')
  })

  it.each([
    ['E-7', { kind: 'blocked', refusal: 'opted_out' }],
    ['E-8', { kind: 'misconfigured', refusal: 'temporarily_unavailable' }],
  ])('says of one that is lost with %s what that means', async (err, failure) => {
    expect(await receiptOf({}, { status: 'UNDELIV', err })).toMatchObject({
      errorCode: err,
      failure,
    })
    expect(await receiptOf({}, { status: 'ACCEPTD', err })).not.toHaveProperty('failure')
  })

  it('says of a code that is not among its errors the code alone', async () => {
    for (const err of ['E-1', 'constructor'])
      expect(await receiptOf({}, { status: 'UNDELIV', err })).toEqual({
        providerId: TEXT,
        status: 'undelivered',
        errorCode: err,
      })
  })

  it('names its text where its URL is the same for all', async () => {
    const body = JSON.stringify({ status: 'DELIVRD', ref: TEXT })
    expect(await read({ text: '/ref' }, { body, text: null })).toEqual(DELIVERED)
    expect(await read({}, { body, text: null })).toMatchObject({ ok: true, value: { text: null } })
    const other = `SM4${'1'.repeat(31)}`
    expect(await read({ text: '/ref' }, { body, text: other })).toMatchObject({
      value: { text: other },
    })
  })

  it('never holds a secret, nor the number where an id or a word is expected', async () => {
    const places = { id: '/id', to: '/to', error: '/err' }
    for (const quoted of [...Object.values(SECRETS), '447123456789', 'sent to 3456789']) {
      const said = { status: 'UNDELIV', to: '447123456789', id: quoted, err: quoted }
      expect(await receiptOf(places, said)).toEqual({
        providerId: TEXT,
        status: 'undelivered',
        errorCode: null,
      })
      const word = await read(places, { body: JSON.stringify({ ...said, status: quoted }) })
      expect(word).toMatchObject({ ok: false, refusal: { code: 'invalid_request' } })
    }
  })

  it.each(['01712345678', '0171-2345678', 8801712345678])(
    'never holds the number either where that comes as %s',
    async (to) => {
      const said = { status: 'ACCEPTD', to, id: 'x1712345678', err: 'no route to 8801712345678' }
      expect(await receiptOf({ id: '/id', to: '/to' }, said)).toEqual({
        providerId: TEXT,
        status: 'sent',
        errorCode: null,
      })
    },
  )

  it.each(['', '{', 'null', '7', '"DELIVRD"', '[]', '{}', '{"status":{}}', '{"status":[1]}'])(
    'cannot be read where its body is %j',
    async (body) => {
      expect(await read({}, { body })).toEqual({
        ok: false,
        refusal: {
          code: 'invalid_request',
          issues: [{ path: 'status', message: 'is not there' }],
        },
      })
    },
  )

  it.each(['\0', '\uFFFF', '%', '=&=&?', '{"__proto__":{"status":"DELIVRD"}}', '['.repeat(9000)])(
    'has nothing in it where its body is the nonsense %j',
    async (body) => {
      expect(await read({}, { body })).toMatchObject({ ok: false })
    },
  )
})

describe('the secret of a carrier’s receipts', () => {
  const body = '{"status":"DELIVRD"}'
  const { EXAMPLE_TOKEN: token, EXAMPLE_KEY: key } = SECRETS

  it.each([undefined, '', ' ', token.slice(1), `${token}x`, token.toUpperCase(), key])(
    'is not %j in the header',
    async (given) => {
      const headers: Record<string, string> = given === undefined ? {} : { 'X-Token': given }
      expect(await read({}, { body, headers })).toEqual(NOT_SIGNED)
      const inQuery = { header: undefined, query: 'token' }
      const query = given === undefined ? '' : String(new URLSearchParams({ token: given }))
      expect(await read(inQuery, { body, headers, query })).toEqual(NOT_SIGNED)
    },
  )

  it('counts only where it belongs', async () => {
    const query = String(new URLSearchParams({ token, 'X-Token': token }))
    expect(await read({}, { body, query, headers: { Token: token } })).toEqual(NOT_SIGNED)
    const inQuery = { header: undefined, query: 'token' }
    expect(await read(inQuery, { body, query })).toEqual(DELIVERED)
    const elsewhere = { body: `token=${token}&status=DELIVRD`, headers: { Token: token } }
    expect(await read(inQuery, elsewhere)).toEqual(NOT_SIGNED)
  })

  it('is not looked at for anything else', async () => {
    const inQuery = { header: undefined, query: 'token' }
    const query = String(new URLSearchParams({ token, a: 'b' }))
    for (const status of ['/token', { matches: 'token=([^&]+)' }])
      expect(await read({ ...inQuery, status }, { query })).toMatchObject({
        ok: false,
        refusal: { code: 'invalid_request' },
      })
  })
})
