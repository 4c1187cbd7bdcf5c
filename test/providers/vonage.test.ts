import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { VonageConfig } from '../../src/carrier-config'
import type { Messenger, Text } from '../../src/providers/provider'
import { vonageMessages } from '../../src/providers/vonage'
import { ACCOUNT, keepsTheContract } from './contract'
import { basic, never, outside, TEXT, wireOf } from './outside'

const UUID = 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab'
const BASIC: VonageConfig = {
  auth: { kind: 'basic', key: 'the key', secret: 'the secret' },
  from: 'Verge',
  baseUrl: 'https://api.nexmo.com',
  receipts: false,
}

const accepted = () => Response.json({ message_uuid: UUID }, { status: 202 })

/** The one request that sending made. */
async function sent(config: Partial<VonageConfig> = {}, text: Partial<Text> = {}) {
  const asked = outside(accepted)
  await vonageMessages({ ...BASIC, ...config }).send({ ...TEXT, ...text }, never())
  const { body, ...wire } = await wireOf(asked)
  return { ...wire, body: JSON.parse(body) }
}

describe('the request', () => {
  it('is a text in JSON, numbers without their plus', async () => {
    expect(await sent()).toEqual({
      line: 'POST https://api.nexmo.com/v1/messages',
      headers: {
        authorization: basic('the key', 'the secret'),
        'content-type': 'application/json',
      },
      body: {
        message_type: 'text',
        channel: 'sms',
        to: '12025550123',
        from: 'Verge',
        text: TEXT.body,
        client_ref: TEXT.id,
        ttl: 600,
      },
      redirect: 'manual',
    })
  })

  it('goes to another base URL where one is set', async () => {
    const { line } = await sent({ baseUrl: 'http://localhost:9000' })
    expect(line).toBe('POST http://localhost:9000/v1/messages')
  })

  it('names a sender that is a number without its plus', async () => {
    expect((await sent({ from: '+12025550100' })).body.from).toBe('12025550100')
  })

  it('asks for receipts of this text, where their secret is set and they can arrive', async () => {
    const callbackBase = 'https://verge.example'
    const { body } = await sent({ receipts: true }, { callbackBase })
    expect(body).toMatchObject({
      webhook_url: `${callbackBase}/webhooks/vonage/status/${TEXT.id}`,
      webhook_version: 'v1',
    })
    for (const { body } of [await sent({ receipts: true }), await sent({}, { callbackBase })])
      expect(Object.keys(body).join()).not.toContain('webhook')
  })

  it.each([
    [-1, 20],
    [19.9, 20],
    [20, 20],
    [21.9, 21],
    [604_800, 604_800],
    [604_801, 604_800],
  ])('with %d s left asks for a ttl of %d', async (validForSeconds, ttl) => {
    expect((await sent({}, { validForSeconds })).body.ttl).toBe(ttl)
  })
})

describe('the token of an application', () => {
  const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const applicationId = '11111111-2222-4333-8444-555555555555'
  let keys: CryptoKeyPair
  let pem: string

  beforeAll(async () => {
    const algorithm = {
      ...RSA,
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    }
    keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
    const der = (await crypto.subtle.exportKey('pkcs8', keys.privateKey)) as ArrayBuffer
    const lines = new Uint8Array(der).toBase64().match(/.{1,64}/g) ?? []
    pem = ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n')
  })

  const messenger = (privateKey = pem) =>
    vonageMessages({ ...BASIC, auth: { kind: 'jwt', applicationId, privateKey } })

  async function bearerOf(from: Messenger) {
    const asked = outside(accepted)
    await from.send(TEXT, never())
    return /^Bearer (.+)$/.exec((await wireOf(asked)).headers.authorization ?? '')?.[1] ?? ''
  }

  const bytes = (text = '') => Uint8Array.fromBase64(text, { alphabet: 'base64url' })

  async function opened(token: string) {
    const [header, payload, signature] = token.split('.')
    const content = new TextEncoder().encode(`${header}.${payload}`)
    expect(await crypto.subtle.verify(RSA, keys.publicKey, bytes(signature), content)).toBe(true)
    const json = (part?: string) => JSON.parse(new TextDecoder().decode(bytes(part)))
    return { header: json(header), claims: json(payload) }
  }

  it('is signed with its key, and lasts a quarter of an hour', async () => {
    const token = await bearerOf(messenger())
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{342}$/)
    const iat = Date.parse('2030-01-01T00:00:00Z') / 1000
    expect(await opened(token)).toEqual({
      header: { alg: 'RS256', typ: 'JWT' },
      claims: {
        application_id: applicationId,
        iat,
        exp: iat + 900,
        jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    })
  })

  it('takes a key whose line breaks are written as \\n', async () => {
    await opened(await bearerOf(messenger(pem.replaceAll('\n', '\\n'))))
  })

  it('serves for five minutes, then another is made', async () => {
    const from = messenger()
    const first = await bearerOf(from)
    vi.setSystemTime(Date.now() + 299_999)
    expect(await bearerOf(from)).toBe(first)
    vi.setSystemTime(Date.now() + 1)
    const second = await opened(await bearerOf(from))
    expect(second.claims.jti).not.toBe((await opened(first)).claims.jti)
  })

  it.each([
    ['is empty', ''],
    ['is not base64', '-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----'],
    ['is base64 of something else', btoa('something else')],
  ])('is missing where the key %s: nothing is asked, the operator must look', async (_, key) => {
    const asked = outside(accepted)
    expect(await messenger(key).send(TEXT, never())).toEqual({
      ok: false,
      kind: 'misconfigured',
      retry: false,
      refusal: 'temporarily_unavailable',
      account: true,
      reason: 'private_key',
    })
    expect(asked).toEqual([])
  })
})

describe('an accepted text', () => {
  it('is sent', async () => {
    outside(accepted)
    expect(await vonageMessages(BASIC).send(TEXT, never())).toEqual({ ok: true, providerId: UUID })
  })
})

describe('a refused text', () => {
  const GENERAL = 'https://developer.vonage.com/api-errors'
  const MESSAGES = `${GENERAL}/messages`

  it.each<[number, string, string, string, boolean, string, true?]>([
    [422, `${MESSAGES}#1040`, '1040', 'rejected', false, 'invalid_phone_number'],
    [422, `${MESSAGES}#1170`, '1170', 'rejected', false, 'invalid_phone_number'],
    [422, `${MESSAGES}#1430`, '1430', 'rejected', false, 'invalid_phone_number'],
    [422, `${MESSAGES}#1310`, '1310', 'rejected', false, 'not_sms_capable'],
    [422, `${MESSAGES}#1240`, '1240', 'blocked', false, 'opted_out'],
    [422, `${MESSAGES}#1050`, '1050', 'blocked', false, 'send_blocked'],
    [422, `${MESSAGES}#1470`, '1470', 'blocked', false, 'send_blocked'],
    [422, `${MESSAGES}#1473`, '1473', 'blocked', false, 'send_blocked'],
    [422, `${MESSAGES}#1210`, '1210', 'unavailable', false, 'could_not_deliver'],
    [422, `${MESSAGES}#1250`, '1250', 'unavailable', false, 'could_not_deliver'],
    [422, `${MESSAGES}#1100`, '1100', 'unavailable', true, 'temporarily_unavailable'],
    [422, `${MESSAGES}#1000`, '1000', 'throttled', true, 'temporarily_unavailable'],
    [429, `${GENERAL}#throttled`, 'throttled', 'throttled', true, 'temporarily_unavailable'],
    [422, `${MESSAGES}#1030`, '1030', 'unknown', true, 'temporarily_unavailable'],
    [500, `${MESSAGES}#1030`, '1030', 'unknown', true, 'temporarily_unavailable'],
    [422, `${MESSAGES}#1060`, '1060', ...ACCOUNT],
    [422, `${MESSAGES}#1070`, '1070', ...ACCOUNT],
    [422, `${MESSAGES}#1080`, '1080', ...ACCOUNT],
    [422, `${MESSAGES}#1140`, '1140', ...ACCOUNT],
    [422, `${MESSAGES}#1460`, '1460', ...ACCOUNT],
    [422, `${MESSAGES}#1120`, '1120', 'misconfigured', false, 'temporarily_unavailable'],
    [422, `${MESSAGES}#1160`, '1160', 'misconfigured', false, 'temporarily_unavailable'],
    [422, `${MESSAGES}#1420`, '1420', 'misconfigured', false, 'temporarily_unavailable'],
    [402, `${GENERAL}#low-balance`, 'low-balance', ...ACCOUNT],
    [401, `${GENERAL}#unauthorized`, 'unauthorized', ...ACCOUNT],
    [401, `${GENERAL}#jwt-expired`, 'jwt-expired', ...ACCOUNT],
    [403, `${GENERAL}#forbidden`, 'forbidden', 'misconfigured', false, 'temporarily_unavailable'],
    [404, `${GENERAL}#not-found`, 'not-found', 'misconfigured', false, 'temporarily_unavailable'],
    [422, `${MESSAGES}#1020`, '1020', 'rejected', false, 'could_not_deliver'],
    [422, `${MESSAGES}#9999`, '9999', 'rejected', false, 'could_not_deliver'],
    [422, `${MESSAGES}#12025550123`, 'http_422', 'rejected', false, 'could_not_deliver'],
    [422, 'about:blank', 'http_422', 'rejected', false, 'could_not_deliver'],
  ])('with %i and %s is told as %s: %s', async (...row) => {
    const [httpStatus, type, reason, kind, retry, refusal, account] = row
    const problem = {
      type,
      title: 'No',
      detail: `This names ${TEXT.to} and ${TEXT.body}`,
      instance: 'bf0ca0bf927b3b52e3cb03217e1a1ddf',
    }
    outside(() => Response.json(problem, { status: httpStatus }))
    expect(await vonageMessages(BASIC).send(TEXT, never())).toEqual({
      ok: false,
      kind,
      retry,
      refusal,
      ...(account && { account }),
      reason,
      httpStatus,
      requestId: 'bf0ca0bf927b3b52e3cb03217e1a1ddf',
    })
  })
})

it('has no ping: nothing at Vonage takes both kinds of credentials and sends nothing', () => {
  expect(vonageMessages(BASIC)).not.toHaveProperty('ping')
})

describe('as every carrier', () => {
  keepsTheContract(
    () => vonageMessages(BASIC),
    [{ message_uuid: null }, { message_uuid: '' }, { message_uuid: 7 }, { message_uuid: 'a b' }],
  )
})
