import { expect, it } from 'vitest'
import { isSignedByTwilio } from '../../src/providers/twilio/signature'
import { carrier, created, TWILIO } from '../carrier'
import { caller, eventsOf, freshNumber } from '../gateway'

/** Signs as Twilio does. */
async function sign(
  url: string,
  params: Record<string, string>,
  token: string = TWILIO.TWILIO_AUTH_TOKEN,
) {
  const data =
    url +
    Object.keys(params)
      .sort()
      .map((name) => name + params[name])
      .join('')
  const encoder = new TextEncoder()
  const key = await crypto.subtle.importKey(
    'raw',
    encoder.encode(token),
    { name: 'HMAC', hash: 'SHA-1' },
    false,
    ['sign'],
  )
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(data))).toBase64()
}

async function callback() {
  const forms = carrier(created)
  const call = caller(TWILIO)
  const to = freshNumber()
  await call('POST', '/v1/verifications', { to })
  const url = forms[0]?.get('StatusCallback') ?? ''
  const report = async (params: Record<string, string>, signature?: string) =>
    call('POST', new URL(url).pathname, new URLSearchParams(params).toString(), {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Twilio-Signature': signature ?? (await sign(url, params)),
    })
  const events = async () => {
    const updates = (await eventsOf(to)).filter(({ type }) => type === 'delivery.updated')
    return updates.map(({ status, reason }) => [status, reason])
  }
  return {
    to,
    report,
    events,
    params: { MessageSid: 'SM1', To: to, AccountSid: TWILIO.TWILIO_ACCOUNT_SID },
  }
}

it('files a signed report once, however often and in whatever order it comes', async () => {
  const { report, events, params } = await callback()
  for (const MessageStatus of ['sent', 'queued', 'undelivered', 'undelivered', 'sent'])
    expect(
      (
        await report({
          ...params,
          MessageStatus,
          ...(MessageStatus === 'undelivered' && { ErrorCode: '30003' }),
        })
      ).status,
    ).toBe(204)
  expect(await events()).toEqual([
    ['sent', undefined],
    ['undelivered', '30003'],
  ])
})

it('refuses what Twilio did not sign, without any effect', async () => {
  const { report, events, params } = await callback()
  const form = { ...params, MessageStatus: 'delivered' }
  for (const signature of [
    '',
    'nonsense',
    await sign('https://verge.example/other', form),
    await sign('https://verge.example', form, 'other'),
  ])
    expect(await report(form, signature)).toMatchObject({
      status: 403,
      body: { code: 'invalid_signature' },
    })
  expect(await events()).toEqual([])
})

it('has nothing for ids of the wrong shape, nor in simulation', async () => {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  expect((await caller(TWILIO)('POST', '/webhooks/twilio/status/SM1', 'a=b', headers)).status).toBe(
    404,
  )
  expect(
    (await caller()('POST', `/webhooks/twilio/status/SM4${'0'.repeat(31)}`, 'a=b', headers)).status,
  ).toBe(403)
})

it('agrees with the signatures that Twilio publishes', async () => {
  const params = new URLSearchParams({
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675309',
    Digits: '1234',
    From: '+14158675309',
    To: '+18005551212',
  })
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2'
  const signature = 'RSOYDt4T1cUTdK1PDd93/VVr8B8='
  expect(await isSignedByTwilio('12345', { signature, url, params })).toBe(true)
  expect(await isSignedByTwilio('12345', { signature, url: `${url}3`, params })).toBe(false)
})
