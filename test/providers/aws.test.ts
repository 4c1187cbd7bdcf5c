import { describe, expect, it, vi } from 'vitest'
import type { AwsConfig } from '../../src/carrier-config'
import { awsMessages } from '../../src/providers/aws'
import type { Text } from '../../src/providers/provider'
import { keepsTheContract } from './contract'
import { never, outside, TEXT, wireOf } from './outside'

const CONFIG: AwsConfig = {
  accessKeyId: 'the-key-id',
  secretAccessKey: 'the secret',
  region: 'eu-west-1',
  origination: undefined,
  baseUrl: 'https://sms-voice.eu-west-1.amazonaws.com',
}
const ID = '0f8fad5b-d9cb-469f-a165-70867728950e'

const accepted = () => Response.json({ MessageId: ID })

/** The one request that sending made. */
async function sent(config: Partial<AwsConfig> = {}, text: Partial<Text> = {}) {
  const asked = outside(accepted)
  await awsMessages({ ...CONFIG, ...config }).send({ ...TEXT, ...text }, never())
  return wireOf(asked)
}

const parametersOf = async (config: Partial<AwsConfig>, text: Partial<Text> = {}) =>
  JSON.parse((await sent(config, text)).body)

const utf8 = (text: string) => new TextEncoder().encode(text)

async function hmac(key: BufferSource, text: string) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign'])
  return crypto.subtle.sign('HMAC', imported, utf8(text))
}

const sha256 = async (text: string) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))).toHex()

/** SigV4 by the book: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
async function signatureOf(body: string, target: string, time: string) {
  const headers = `host:sms-voice.eu-west-1.amazonaws.com\nx-amz-date:${time}\nx-amz-target:${target}\n`
  const canonical = `POST\n/\n\n${headers}\nhost;x-amz-date;x-amz-target\n${await sha256(body)}`
  const scope = [time.slice(0, 8), 'eu-west-1', 'sms-voice', 'aws4_request']
  let key: BufferSource = utf8(`AWS4${CONFIG.secretAccessKey}`)
  for (const part of scope) key = await hmac(key, part)
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope.join('/')}\n${await sha256(canonical)}`
  return new Uint8Array(await hmac(key, toSign)).toHex()
}

describe('the request', () => {
  it('is SendTextMessage in JSON, signed', async () => {
    const { body, ...wire } = await sent()
    const target = 'PinpointSMSVoiceV2.SendTextMessage'
    const signature = await signatureOf(body, target, '20300101T000000Z')
    expect(wire).toEqual({
      line: 'POST https://sms-voice.eu-west-1.amazonaws.com/',
      headers: {
        authorization: [
          'AWS4-HMAC-SHA256 Credential=the-key-id/20300101/eu-west-1/sms-voice/aws4_request',
          'SignedHeaders=host;x-amz-date;x-amz-target',
          `Signature=${signature}`,
        ].join(', '),
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-date': '20300101T000000Z',
        'x-amz-target': target,
      },
      redirect: 'manual',
    })
    expect(JSON.parse(body)).toEqual({
      DestinationPhoneNumber: '+12025550123',
      MessageBody: TEXT.body,
      MessageType: 'TRANSACTIONAL',
      TimeToLive: 600,
      Context: { verge_id: TEXT.id },
    })
  })

  it('is signed anew each time, also the next day', async () => {
    const messenger = awsMessages(CONFIG)
    for (const iso of ['2030-01-01T00:00:01Z', '2030-01-02T00:00:01Z']) {
      vi.setSystemTime(Date.parse(iso))
      const time = iso.replaceAll(/[-:]/g, '')
      const asked = outside(accepted)
      await messenger.send(TEXT, never())
      const { headers, body } = await wireOf(asked)
      const signature = await signatureOf(body, 'PinpointSMSVoiceV2.SendTextMessage', time)
      expect(headers.authorization).toContain(`Signature=${signature}`)
    }
  })

  it('names the sender where one is set', async () => {
    expect(await parametersOf({ origination: 'pool-0123' })).toMatchObject({
      OriginationIdentity: 'pool-0123',
    })
  })

  it('goes to another base URL where one is set, for the same service and region', async () => {
    const { line, headers } = await sent({ baseUrl: 'http://localhost:9000' })
    expect(line).toBe('POST http://localhost:9000/')
    expect(headers.authorization).toContain('/20300101/eu-west-1/sms-voice/aws4_request')
  })

  it.each([
    [-1, 5],
    [5, 5],
    [6.9, 6],
    [259_200, 259_200],
    [259_201, 259_200],
  ])('with %d s left asks for a TimeToLive of %d', async (validForSeconds, seconds) => {
    expect((await parametersOf({}, { validForSeconds })).TimeToLive).toBe(seconds)
  })
})

const traced = (body: unknown, status: number) => () =>
  Response.json(body, { status, headers: { 'x-amzn-RequestId': 'the-request' } })

describe('an accepted text', () => {
  it('is sent, with its id and the id of the request', async () => {
    outside(traced({ MessageId: ID }, 200))
    expect(await awsMessages(CONFIG).send(TEXT, never())).toEqual({
      ok: true,
      providerId: ID,
      requestId: 'the-request',
    })
  })
})

describe('a refused text', () => {
  const LATER = 'temporarily_unavailable'
  const NAMESPACE = 'com.amazonaws.pinpointsmsvoicev2#'
  const ABSENT = undefined
  const FAULT = ['misconfigured', LATER, true] as const

  it.each<[string, string | undefined, string, string, true?]>([
    ['Conflict', 'DESTINATION_PHONE_NUMBER_OPTED_OUT', 'blocked', 'opted_out'],
    [
      'Conflict',
      'DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE',
      'blocked',
      'send_blocked',
    ],
    [
      'Conflict',
      'DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION',
      'rejected',
      'country_not_allowed',
    ],
    ['Validation', 'DESTINATION_COUNTRY_BLOCKED', 'rejected', 'country_not_allowed'],
    ['Validation', 'COUNTRY_NOT_ENABLED', 'rejected', 'country_not_allowed'],
    ['Conflict', 'NO_ORIGINATION_IDENTITIES_FOUND', 'unavailable', 'could_not_deliver'],
    ['Validation', 'SENDER_ID_NOT_SUPPORTED', 'unavailable', 'could_not_deliver'],
    ['Conflict', 'DESTINATION_PHONE_NUMBER_NOT_VERIFIED', 'misconfigured', LATER],
    ['ServiceQuotaExceeded', 'MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT', ...FAULT],
    ['ServiceQuotaExceeded', ABSENT, 'misconfigured', LATER],
    ['AccessDenied', 'ACCOUNT_DISABLED', ...FAULT],
    ['AccessDenied', 'INSUFFICIENT_ACCOUNT_REPUTATION', ...FAULT],
    ['AccessDenied', ABSENT, ...FAULT],
    ['ExpiredToken', ABSENT, ...FAULT],
    ['IncompleteSignature', ABSENT, ...FAULT],
    ['MissingAuthenticationToken', ABSENT, ...FAULT],
    ['UnrecognizedClient', ABSENT, ...FAULT],
    ['InvalidSignature', ABSENT, ...FAULT],
    ['Validation', 'SENDER_ID_REQUIRES_REGISTRATION', 'misconfigured', LATER],
    ['ResourceNotFound', ABSENT, 'misconfigured', LATER],
    ['Validation', 'INVALID_PARAMETER', 'rejected', 'could_not_deliver'],
    ['Validation', ABSENT, 'rejected', 'could_not_deliver'],
  ])('with %sException, %s, is %s: %s', async (type, Reason, kind, refusal, account) => {
    const Message = `This names ${TEXT.to}`
    outside(traced({ __type: `${NAMESPACE}${type}Exception`, Message, Reason }, 400))
    expect(await awsMessages(CONFIG).send(TEXT, never())).toEqual({
      ok: false,
      kind,
      retry: false,
      refusal,
      ...(account && { account }),
      reason: Reason ?? `${type}Exception`,
      httpStatus: 400,
      requestId: 'the-request',
    })
  })

  it.each([
    [400, 'ThrottlingException', 'throttled', true, 'ThrottlingException'],
    [500, 'InternalServerException', 'unknown', true, 'InternalServerException'],
    [400, 'InternalServerException', 'unknown', true, 'InternalServerException'],
    [503, 'SomethingNew', 'unknown', true, 'SomethingNew'],
    [503, '+12025550123', 'unknown', true, 'http_503'],
  ])('with %i and the bare type %s is %s', async (httpStatus, __type, kind, retry, reason) => {
    outside(() => Response.json({ __type, Reason: 7 }, { status: httpStatus }))
    expect(await awsMessages(CONFIG).send(TEXT, never())).toEqual({
      ok: false,
      kind,
      retry,
      refusal: LATER,
      reason,
      httpStatus,
    })
  })
})

describe('a ping', () => {
  const attributes = (...AccountAttributes: unknown[]) => Response.json({ AccountAttributes })

  it('asks what the account is, and says whether it is still in the sandbox', async () => {
    const asked = outside(() =>
      attributes(
        { Name: 'DEFAULT_PROTECT_CONFIGURATION_ID', Value: 'protect-1' },
        { Name: 'ACCOUNT_TIER', Value: 'SANDBOX' },
      ),
    )
    expect(await awsMessages(CONFIG).ping?.(never())).toEqual({
      answering: true,
      account: 'SANDBOX',
    })
    const { line, headers, body } = await wireOf(asked)
    const target = 'PinpointSMSVoiceV2.DescribeAccountAttributes'
    expect([line, headers['x-amz-target'], body]).toEqual([
      'POST https://sms-voice.eu-west-1.amazonaws.com/',
      target,
      '{}',
    ])
    const signature = await signatureOf('{}', target, '20300101T000000Z')
    expect(headers.authorization).toContain(`Signature=${signature}`)
  })

  it('is answered where the tier is not told', async () => {
    outside(() => attributes())
    expect(await awsMessages(CONFIG).ping?.(never())).toEqual({ answering: true })
  })

  it.each<[string, () => Response, string]>([
    [
      'credentials are wrong',
      () => Response.json({ __type: 'UnrecognizedClientException' }, { status: 400 }),
      'UnrecognizedClientException',
    ],
    ['it answers with HTML', () => new Response('<html>', { status: 502 }), 'http_502'],
    ['it answers something else', () => Response.json({ hello: 'world' }), 'nonsense'],
  ])('says why not where %s', async (_, answer, reason) => {
    outside(answer)
    expect(await awsMessages(CONFIG).ping?.(never())).toEqual({ answering: false, reason })
  })
})

describe('as every carrier', () => {
  keepsTheContract(
    () => awsMessages(CONFIG),
    [{ MessageId: null }, { MessageId: '' }, { MessageId: 7 }, { MessageId: 'a b' }],
  )
})
