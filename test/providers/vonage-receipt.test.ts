import { describe, expect, it } from 'vitest'
import { vonageReceipts } from '../../src/providers/vonage-receipt'
import { claimsFor, hashOf, rsaTokenOf, SIGNATURE_SECRET, tokenOf, unsigned } from '../vonage'

const TEXT = `SM4${'0'.repeat(31)}`
const UUID = 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab'
const PROBLEM = 'https://developer.vonage.com/api-errors/messages'

const BODY = {
  message_uuid: UUID,
  to: '447123456789',
  from: '447123456780',
  timestamp: '2030-01-01T00:00:00.000Z',
  status: 'delivered',
  client_ref: TEXT,
  channel: 'sms',
  destination: { network_code: '12345' },
  usage: { currency: 'EUR', price: '0.0333' },
  sms: { count_total: '2' },
}
const JSON_BODY = JSON.stringify(BODY)

const NOT_SIGNED = { ok: false, refusal: { code: 'invalid_signature' } }

const bytesOf = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>

/** What is read out of a body under that header. */
const read = (
  authorization: string | null,
  body: string | Uint8Array<ArrayBuffer> = JSON_BODY,
  secret: string | undefined = SIGNATURE_SECRET,
) =>
  vonageReceipts(secret)({
    text: TEXT,
    path: `/webhooks/vonage/status/${TEXT}`,
    headers: new Headers(authorization === null ? {} : { Authorization: authorization }),
    body: typeof body === 'string' ? bytesOf(body) : body,
  })

const signed = async (body = JSON_BODY, options: Parameters<typeof tokenOf>[1] = {}) =>
  `Bearer ${await tokenOf(await claimsFor(body), options)}`

/** What is read out of a receipt that Vonage signed. */
async function told(change: object) {
  const body = JSON.stringify({ ...BODY, ...change })
  return read(await signed(body), body)
}

/** The receipt within. */
async function receiptOf(change: object) {
  const read = await told(change)
  if (!read.ok) throw new Error(JSON.stringify(read.refusal))
  return read.value.receipt
}

describe('a receipt that Vonage signed', () => {
  it('says what became of the text, in how many parts, and what it cost', async () => {
    expect(await read(await signed())).toEqual({
      ok: true,
      value: {
        text: TEXT,
        to: '+447123456789',
        receipt: {
          providerId: UUID,
          status: 'delivered',
          errorCode: null,
          segments: 2,
          cost: '0.0333',
          currency: 'EUR',
        },
      },
    })
  })

  it('needs no more than its id, a status and our reference', async () => {
    const body = JSON.stringify({ message_uuid: UUID, status: 'submitted', client_ref: TEXT })
    expect(await read(await signed(body), body)).toEqual({
      ok: true,
      value: {
        text: TEXT,
        to: null,
        receipt: { providerId: UUID, status: 'submitted', errorCode: null },
      },
    })
  })

  it.each([
    ['rejected', '1240', { kind: 'blocked', refusal: 'opted_out' }],
    ['rejected', '1310', { kind: 'rejected', refusal: 'not_sms_capable' }],
    ['undeliverable', '1100', { kind: 'unavailable', refusal: 'temporarily_unavailable' }],
    ['undeliverable', '1250', { kind: 'unavailable', refusal: 'could_not_deliver' }],
    ['rejected', '1473', { kind: 'blocked', refusal: 'send_blocked' }],
  ])('says of one that is %s with %s what that means', async (status, errorCode, failure) => {
    const error = { type: `${PROBLEM}#${errorCode}`, title: errorCode, detail: 'No', instance: 'x' }
    expect(await receiptOf({ status, error })).toMatchObject({ status, errorCode, failure })
  })

  it('says of a code that nobody knows the code alone', async () => {
    const receipt = await receiptOf({ status: 'rejected', error: { type: `${PROBLEM}#9999` } })
    expect(receipt.errorCode).toBe('9999')
    expect(receipt).not.toHaveProperty('failure')
  })

  it('says of no failure where the text may still arrive, or did', async () => {
    for (const status of ['submitted', 'delivered', 'read', 'news'])
      expect(await receiptOf({ status, error: { type: `${PROBLEM}#1240` } })).not.toHaveProperty(
        'failure',
      )
  })

  it.each([
    [{ type: 7 }],
    [{ type: 'about:blank' }],
    [{ type: `${PROBLEM}#447123456789` }],
    [{}],
    [[]],
    ['1240'],
    [null],
  ])('has no code where its error is %j', async (error) => {
    expect((await receiptOf({ status: 'rejected', error })).errorCode).toBe(null)
  })

  it.each<[object, object]>([
    [{ usage: { currency: 'EUR', price: 0.05 } }, { cost: '0.05' }],
    [{ usage: { currency: 'EUR', price: '0' } }, { cost: '0' }],
    [{ sms: { count_total: 3 } }, { segments: 3 }],
  ])('takes %j for %j', async (change, expected) => {
    expect(await receiptOf(change)).toMatchObject(expected)
  })

  it.each([
    '-0.0333',
    '0,0333',
    '1e3',
    '0x1',
    ' 1',
    '1.',
    '.5',
    '',
    'free',
    '9'.repeat(40),
    null,
    true,
    ['1'],
    { amount: 1 },
  ])('has no cost where its price is %j', async (price) => {
    const receipt = await receiptOf({ usage: { currency: 'EUR', price } })
    expect(receipt).not.toHaveProperty('cost')
    expect(receipt.status).toBe('delivered')
  })

  it.each([0, -1, 1.5, '1000', 'two', null])(
    'has no segments where they are %j',
    async (count_total) => {
      expect(await receiptOf({ sms: { count_total } })).not.toHaveProperty('segments')
    },
  )

  it.each([
    ['447123456789', '+447123456789'],
    ['+447123456789', '+447123456789'],
    [447123456789, '+447123456789'],
    ['07123456789', null],
    ['++447123456789', null],
    ['Acme', null],
    ['', null],
    [null, null],
  ])('is about the number %j as %j', async (to, e164) => {
    expect(await told({ to })).toMatchObject({ ok: true, value: { to: e164 } })
  })

  it.each([
    ['no JSON', 'message_uuid=1&status=delivered'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['no id', '{"status":"delivered"}'],
    ['an id with a blank', '{"message_uuid":"a b","status":"delivered"}'],
    ['no status', JSON.stringify({ message_uuid: UUID })],
    ['an empty status', JSON.stringify({ message_uuid: UUID, status: '' })],
    ['a status that is none', JSON.stringify({ message_uuid: UUID, status: { a: 1 } })],
  ])('cannot be read where its body is %s', async (_, body) => {
    expect(await read(await signed(body), body)).toEqual({
      ok: false,
      refusal: {
        code: 'invalid_request',
        issues: [{ path: '', message: 'must have message_uuid and status' }],
      },
    })
  })
})

describe('a token', () => {
  it('may be as old as a callback that is repeated for a day, or a second ahead', async () => {
    const now = Math.floor(Date.now() / 1000)
    for (const iat of [now - 86_400, now + 1]) {
      const token = await tokenOf({ ...(await claimsFor(JSON_BODY)), iat })
      expect(await read(`Bearer ${token}`)).toMatchObject({ ok: true })
    }
  })

  it('is used to its end and not before its time, where it has them', async () => {
    const now = Math.floor(Date.now() / 1000)
    const at = async (times: object) =>
      (await read(`Bearer ${await tokenOf({ ...(await claimsFor(JSON_BODY)), ...times })}`)).ok
    expect(await at({ exp: now + 1 })).toBe(true)
    expect(await at({ exp: now })).toBe(false)
    expect(await at({ nbf: now })).toBe(true)
    expect(await at({ nbf: now + 1 })).toBe(false)
    expect(await at({ exp: 'never' })).toBe(false)
  })

  it('is of the secret as it stands, even where that looks like a key', async () => {
    for (const secret of ['-----BEGIN PUBLIC KEY-----', 'a PRIVATE secret', 'ключ'])
      expect(await read(await signed(JSON_BODY, { secret }), JSON_BODY, secret)).toMatchObject({
        ok: true,
      })
  })

  it('is one of HS256 by that secret, and no other', async () => {
    const claims = await claimsFor(JSON_BODY)
    const good = await tokenOf(claims)
    const [head = '', payload = '', signature = ''] = good.split('.')
    const hs = (alg: string, hash: string) => tokenOf(claims, { header: { alg, typ: 'JWT' }, hash })
    const bad: Record<string, string> = {
      'another secret': await tokenOf(claims, { secret: 'another secret' }),
      'no secret': await tokenOf(claims, { secret: ' ' }),
      'alg none': unsigned(claims),
      'alg none with a signature': `${unsigned(claims)}${signature}`,
      'alg None': await hs('None', 'SHA-256'),
      HS384: await hs('HS384', 'SHA-384'),
      HS512: await hs('HS512', 'SHA-512'),
      'HS512 by its header only': await hs('HS512', 'SHA-256'),
      'HS512 by its signature only': await hs('HS256', 'SHA-512'),
      RS256: await rsaTokenOf(claims),
      'RS256 by its header only': await hs('RS256', 'SHA-256'),
      'no alg': await tokenOf(claims, { header: { typ: 'JWT' } }),
      'a header with demands': await tokenOf(claims, {
        header: { alg: 'HS256', typ: 'JWT', crit: ['exp'] },
      }),
      'no signature': `${head}.${payload}.`,
      'two parts': `${head}.${payload}`,
      'four parts': `${good}.${signature}`,
      'parts of another': `${head}.${unsigned({ ...claims, iss: 'me' }).split('.')[1]}.${signature}`,
      nonsense: 'a.b.c',
      nothing: '',
    }
    for (const [what, token] of Object.entries(bad))
      expect([what, await read(`Bearer ${token}`)]).toEqual([what, NOT_SIGNED])
    expect(await read(`Bearer ${good}`)).toMatchObject({ ok: true })
  })

  it('stands behind the word Bearer', async () => {
    const token = (await signed()).slice('Bearer '.length)
    expect(await read(`bearer  ${token}`)).toMatchObject({ ok: true })
    for (const other of [token, `Basic ${token}`, `Bearer${token}`, `Bearer ${token} x`, 'Bearer'])
      expect(await read(other)).toEqual(NOT_SIGNED)
  })

  it.each([
    ['no hash', () => ({ payload_hash: undefined })],
    ['an empty hash', () => ({ payload_hash: '' })],
    ['a hash that is a list', async () => ({ payload_hash: [await hashOf(JSON_BODY)] })],
    ['the hash of another body', async () => ({ payload_hash: await hashOf('') })],
    ['part of the hash', async () => ({ payload_hash: (await hashOf(JSON_BODY)).slice(1) })],
  ])('proves nothing with %s', async (_, change) => {
    const token = await tokenOf({ ...(await claimsFor(JSON_BODY)), ...(await change()) })
    expect(await read(`Bearer ${token}`)).toEqual(NOT_SIGNED)
  })

  it.each([null, [], 7, 'claims'])('proves nothing whose claims are %j', async (claims) => {
    expect(await read(`Bearer ${await tokenOf(claims as object)}`)).toEqual(NOT_SIGNED)
  })

  it('proves no body of which one byte is another, more or less', async () => {
    const authorization = await signed()
    const bytes = bytesOf(JSON_BODY)
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.with(at, (bytes[at] ?? 0) ^ 1) as Uint8Array<ArrayBuffer>
      expect(await read(authorization, changed)).toEqual(NOT_SIGNED)
    }
    for (const other of ['', JSON_BODY.slice(1), JSON_BODY.slice(0, -1), `${JSON_BODY} `])
      expect(await read(authorization, other)).toEqual(NOT_SIGNED)
  })

  it('proves nothing of another text than its body is about', async () => {
    for (const client_ref of [`SM4${'1'.repeat(31)}`, undefined, null, 7, [TEXT], {}])
      expect(await told({ client_ref })).toEqual(NOT_SIGNED)
  })
})

describe('without a token', () => {
  it('a callback is asked for again, since Vonage may sign it then', async () => {
    expect(await read(null)).toEqual({
      ok: false,
      refusal: { code: 'temporarily_unavailable', retryAfter: 60 },
    })
  })

  it('a callback is refused where no secret is set, and so is one with a token', async () => {
    const reader = vonageReceipts(undefined)
    for (const headers of [{}, { Authorization: await signed(JSON_BODY, { secret: ' ' }) }])
      expect(
        await reader({
          text: TEXT,
          path: '/',
          headers: new Headers(headers),
          body: bytesOf(JSON_BODY),
        }),
      ).toEqual(NOT_SIGNED)
  })
})
