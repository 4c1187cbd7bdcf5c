import { describe, expect, it } from 'vitest'
import type { PlivoConfig } from '../../src/carrier-config'
import { plivoMessages } from '../../src/providers/plivo'
import type { Text } from '../../src/providers/provider'
import { ACCOUNT, keepsTheContract } from './contract'
import { basic, never, outside, TEXT, wireOf } from './outside'

const CONFIG: PlivoConfig = {
  authId: 'the-id',
  authToken: 'the token',
  from: '+12025550100',
  baseUrl: 'https://api.plivo.com',
}
const UUID = 'db3ce55a-7f1d-11e1-8ea7-1231380bc196'
const API_ID = 'db342550-7f1d-11e1-8ea7-1231380bc196'

const accepted = () =>
  Response.json(
    { message: 'message(s) queued', message_uuid: [UUID], api_id: API_ID },
    { status: 202 },
  )

/** The one request that sending made. */
async function sent(config: Partial<PlivoConfig> = {}, text: Partial<Text> = {}) {
  const asked = outside(accepted)
  await plivoMessages({ ...CONFIG, ...config }).send({ ...TEXT, ...text }, never())
  const { body, ...wire } = await wireOf(asked)
  return { ...wire, body: JSON.parse(body) }
}

describe('the request', () => {
  it('is a text in JSON, numbers without their plus', async () => {
    expect(await sent()).toEqual({
      line: 'POST https://api.plivo.com/v1/Account/the-id/Message/',
      headers: {
        authorization: basic('the-id', 'the token'),
        'content-type': 'application/json',
      },
      body: { src: '12025550100', dst: '12025550123', text: TEXT.body, message_expiry: 600 },
      redirect: 'manual',
    })
  })

  it('goes to another base URL where one is set', async () => {
    const { line } = await sent({ baseUrl: 'http://localhost:9000' })
    expect(line).toBe('POST http://localhost:9000/v1/Account/the-id/Message/')
  })

  it('names a sender that is a name as it stands', async () => {
    expect((await sent({ from: 'Verge' })).body.src).toBe('Verge')
  })

  it.each([
    [-1, 5],
    [5, 5],
    [6.9, 6],
    [10_799, 10_799],
    [10_800, 10_799],
  ])('with %d s left asks for an expiry of %d', async (validForSeconds, seconds) => {
    expect((await sent({}, { validForSeconds })).body.message_expiry).toBe(seconds)
  })
})

describe('an accepted text', () => {
  it('is sent, with the id of the request', async () => {
    outside(accepted)
    expect(await plivoMessages(CONFIG).send(TEXT, never())).toEqual({
      ok: true,
      providerId: UUID,
      requestId: API_ID,
    })
  })
})

describe('a refused text', () => {
  const LATER = 'temporarily_unavailable'

  it.each<[number, string, boolean, string, true?]>([
    [400, 'rejected', false, 'could_not_deliver'],
    [401, ...ACCOUNT],
    [402, ...ACCOUNT],
    [403, 'rejected', false, 'country_not_allowed'],
    [404, 'misconfigured', false, LATER],
    [405, 'misconfigured', false, LATER],
    [429, 'throttled', true, LATER],
    [500, 'unknown', true, LATER],
    [503, 'unknown', true, LATER],
  ])('with %i is %s; its prose is not kept', async (httpStatus, kind, retry, refusal, account) => {
    const error = `${TEXT.to} is not a valid dst`
    outside(() => Response.json({ api_id: API_ID, error }, { status: httpStatus }))
    expect(await plivoMessages(CONFIG).send(TEXT, never())).toEqual({
      ok: false,
      kind,
      retry,
      refusal,
      ...(account && { account }),
      reason: `http_${httpStatus}`,
      httpStatus,
      requestId: API_ID,
    })
  })
})

describe('a ping', () => {
  it('reads the account', async () => {
    const asked = outside(() => Response.json({ api_id: API_ID, account_type: 'standard' }))
    expect(await plivoMessages(CONFIG).ping?.(never())).toEqual({
      answering: true,
      account: 'standard',
    })
    expect(await wireOf(asked)).toEqual({
      line: 'GET https://api.plivo.com/v1/Account/the-id/',
      headers: { authorization: basic('the-id', 'the token') },
      body: '',
      redirect: 'manual',
    })
  })

  it.each<[string, () => Response, string]>([
    ['credentials are wrong', () => new Response('Could not verify', { status: 401 }), 'http_401'],
    ['it answers something else', () => Response.json({ hello: 'world' }), 'nonsense'],
  ])('says why not where %s', async (_, answer, reason) => {
    outside(answer)
    expect(await plivoMessages(CONFIG).ping?.(never())).toEqual({ answering: false, reason })
  })
})

describe('as every carrier', () => {
  keepsTheContract(
    () => plivoMessages(CONFIG),
    [{ message_uuid: [] }, { message_uuid: UUID }, { message_uuid: [''] }, { message_uuid: [7] }],
  )
})
