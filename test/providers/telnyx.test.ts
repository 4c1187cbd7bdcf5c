import { describe, expect, it } from 'vitest'
import type { TelnyxConfig } from '../../src/carrier-config'
import { telnyxMessages } from '../../src/providers/telnyx'
import { ACCOUNT, keepsTheContract } from './contract'
import { never, outside, TEXT, wireOf } from './outside'

const CONFIG: TelnyxConfig = {
  apiKey: 'the key',
  from: '+12025550100',
  baseUrl: 'https://api.telnyx.com',
}
const UUID = 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab'
const MESSAGE = {
  id: UUID,
  record_type: 'message',
  to: [{ phone_number: TEXT.to, status: 'queued' }],
  parts: 1,
}

const accepted = (message: unknown = MESSAGE) => Response.json({ data: message })

describe('the request', () => {
  it('is a text in JSON', async () => {
    const asked = outside(accepted)
    await telnyxMessages(CONFIG).send(TEXT, never())
    const { body, ...wire } = await wireOf(asked)
    expect(wire).toEqual({
      line: 'POST https://api.telnyx.com/v2/messages',
      headers: { authorization: 'Bearer the key', 'content-type': 'application/json' },
      redirect: 'manual',
    })
    expect(JSON.parse(body)).toEqual({
      from: '+12025550100',
      to: '+12025550123',
      text: TEXT.body,
      type: 'SMS',
    })
  })

  it('goes to another base URL where one is set', async () => {
    const asked = outside(accepted)
    await telnyxMessages({ ...CONFIG, baseUrl: 'http://localhost:9000' }).send(TEXT, never())
    expect(asked[0]?.url).toBe('http://localhost:9000/v2/messages')
  })
})

describe('an accepted text', () => {
  it('is sent, with its segments and the id of the request', async () => {
    outside(() =>
      Response.json({ data: { ...MESSAGE, parts: 2 } }, { headers: { 'X-Request-Id': 'R-1' } }),
    )
    expect(await telnyxMessages(CONFIG).send(TEXT, never())).toEqual({
      ok: true,
      providerId: UUID,
      requestId: 'R-1',
      segments: 2,
    })
  })

  it.each([null, 0, 'many', undefined])('is sent where its parts are %j', async (parts) => {
    outside(() => accepted({ ...MESSAGE, parts }))
    expect(await telnyxMessages(CONFIG).send(TEXT, never())).toEqual({ ok: true, providerId: UUID })
  })
})

describe('a refused text', () => {
  const LATER = 'temporarily_unavailable'
  const refusedWith = (httpStatus: number, ...errors: unknown[]) => {
    outside(() => Response.json({ errors }, { status: httpStatus }))
    return telnyxMessages(CONFIG).send(TEXT, never())
  }

  it.each<[number, string, string, boolean, string, true?]>([
    [400, '10002', 'rejected', false, 'invalid_phone_number'],
    [400, '10016', 'rejected', false, 'invalid_phone_number'],
    [400, '40310', 'rejected', false, 'invalid_phone_number'],
    [400, '40001', 'rejected', false, 'not_sms_capable'],
    [400, '40309', 'rejected', false, 'country_not_allowed'],
    [400, '40300', 'blocked', false, 'opted_out'],
    [400, '40002', 'unavailable', false, 'could_not_deliver'],
    [400, '40322', 'unavailable', false, 'could_not_deliver'],
    [429, '10011', 'throttled', true, LATER],
    [400, '40318', 'throttled', true, LATER],
    [429, '40333', ...ACCOUNT],
    [403, '20100', ...ACCOUNT],
    [403, '20002', ...ACCOUNT],
    [403, '20006', ...ACCOUNT],
    [403, '20012', ...ACCOUNT],
    [403, '20013', ...ACCOUNT],
    [403, '20014', ...ACCOUNT],
    [403, '20015', ...ACCOUNT],
    [403, '20016', ...ACCOUNT],
    [403, '20017', ...ACCOUNT],
    [401, '10009', ...ACCOUNT],
    [401, '99999', ...ACCOUNT],
    [403, '10010', 'misconfigured', false, LATER],
    [400, '10039', ...ACCOUNT],
    [404, '10005', 'misconfigured', false, LATER],
    [400, '40305', 'misconfigured', false, LATER],
    [400, '40312', 'misconfigured', false, LATER],
    [400, '40302', 'rejected', false, 'could_not_deliver'],
    [500, '10007', 'unknown', true, LATER],
  ])('with %i and %s is %s', async (httpStatus, code, kind, retry, refusal, account) => {
    const error = { code, title: 'No', detail: `This names ${TEXT.to}` }
    expect(await refusedWith(httpStatus, error, { code: '99999' })).toEqual({
      ok: false,
      kind,
      retry,
      refusal,
      ...(account && { account }),
      reason: code,
      httpStatus,
    })
  })

  it('is told by a code that is a number', async () => {
    expect(await refusedWith(400, { code: 40300 })).toMatchObject({ reason: '40300' })
  })

  it.each([[[]], [[{}]], [[{ code: TEXT.to }]], [[null]]])(
    'is told by its status where the errors are %j',
    async (errors) => {
      expect(await refusedWith(400, ...errors)).toMatchObject({ reason: 'http_400' })
    },
  )
})

describe('a ping', () => {
  it('reads the balance, and keeps it to itself', async () => {
    const asked = outside(() =>
      Response.json({ data: { record_type: 'balance', balance: '300.00', currency: 'USD' } }),
    )
    expect(await telnyxMessages(CONFIG).ping?.(never())).toEqual({ answering: true })
    expect(await wireOf(asked)).toEqual({
      line: 'GET https://api.telnyx.com/v2/balance',
      headers: { authorization: 'Bearer the key' },
      body: '',
      redirect: 'manual',
    })
  })

  it.each<[string, () => Response, string]>([
    [
      'the key is wrong',
      () => Response.json({ errors: [{ code: '10009' }] }, { status: 401 }),
      '10009',
    ],
    ['it answers with HTML', () => new Response('<html>', { status: 502 }), 'http_502'],
    ['it answers something else', () => Response.json({ hello: 'world' }), 'nonsense'],
  ])('says why not where %s', async (_, answer, reason) => {
    outside(answer)
    expect(await telnyxMessages(CONFIG).ping?.(never())).toEqual({ answering: false, reason })
  })
})

describe('as every carrier', () => {
  keepsTheContract(
    () => telnyxMessages(CONFIG),
    [{ data: null }, { data: {} }, { data: { ...MESSAGE, id: '' } }, { data: { id: 7 } }],
  )
})
