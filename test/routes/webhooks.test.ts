import { getExpectedBodyHash, getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks'
import { describe, expect, it, vi } from 'vitest'
import type { Env } from '../../src/env'
import { carrier, created, TWILIO } from '../carrier'
import { caller, eventsOf, freshNumber } from '../gateway'

const FORM = 'application/x-www-form-urlencoded'

/** A text that was sent, and its carrier, who may report on it. */
async function sent(vars: Partial<Env> = {}) {
  const forms = carrier(created)
  const call = caller({ ...TWILIO, ...vars })
  const to = freshNumber()
  await call('POST', '/v1/verifications', { to })
  // What is behind # is for Twilio, which neither asks for it nor signs it.
  const [url = ''] = (forms[0]?.get('StatusCallback') ?? '').split('#')
  const { pathname } = new URL(url)

  const sign = (params: Record<string, string>, token: string = TWILIO.TWILIO_AUTH_TOKEN) =>
    getExpectedTwilioSignature(token, url, params)
  const report = (params: Record<string, string>, signature = sign(params)) =>
    call('POST', pathname, String(new URLSearchParams(params)), {
      'Content-Type': FORM,
      'X-Twilio-Signature': signature,
    })
  /** Its delivery, as the record has it. */
  const events = async () => {
    const updates = (await eventsOf(to)).filter(({ type }) => type === 'delivery.updated')
    return updates.map(({ status, reason }) => [status, reason])
  }
  const params = { MessageSid: 'SM1', To: to, AccountSid: TWILIO.TWILIO_ACCOUNT_SID }
  return { to, url, pathname, call, sign, report, events, params }
}

describe('what Twilio reports of a text', () => {
  it('is filed once, however often and in whatever order it comes', async () => {
    const { report, events, params } = await sent()
    for (const MessageStatus of ['sent', 'queued', 'undelivered', 'undelivered', 'sent']) {
      const failure = MessageStatus === 'undelivered' && { ErrorCode: '30003' }
      expect((await report({ ...params, MessageStatus, ...failure })).status).toBe(204)
    }
    expect(await events()).toEqual([
      ['sent', undefined],
      ['undelivered', '30003'],
    ])
  })

  it('is logged with the number masked', async () => {
    const { to, report, params } = await sent()
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
    await report({ ...params, MessageStatus: 'sent' })
    const lines = printed.mock.calls.map(([line]) => JSON.parse(String(line)))
    expect(lines).toEqual([
      expect.objectContaining({ status: 204, outcome: 'ok', to: `+44******${to.slice(-4)}` }),
    ])
  })

  it('may be JSON, whose hash stands in the URL', async () => {
    const { url, pathname, call, events, params } = await sent()
    const body = JSON.stringify({ ...params, MessageStatus: 'undelivered', ErrorCode: 30003 })
    const query = `?bodySHA256=${getExpectedBodyHash(body)}`
    const signature = getExpectedTwilioSignature(TWILIO.TWILIO_AUTH_TOKEN, url + query, {})
    const report = (body: string) =>
      call('POST', pathname + query, body, { 'X-Twilio-Signature': signature })
    expect((await report(body.replace('30003', '30004'))).status).toBe(403)
    expect(await events()).toEqual([])
    expect((await report(body)).status).toBe(204)
    expect(await events()).toEqual([['undelivered', '30003']])
  })

  it.each(['https://sms.acme.example', 'https://sms.acme.example:8443', 'http://127.0.0.1:8787'])(
    'is signed for %s, where that is PUBLIC_BASE_URL and a proxy calls this Worker',
    async (PUBLIC_BASE_URL) => {
      const { url, report, events, params } = await sent({ PUBLIC_BASE_URL })
      expect(url.startsWith(`${PUBLIC_BASE_URL}/webhooks/`)).toBe(true)
      expect((await report({ ...params, MessageStatus: 'delivered' })).status).toBe(204)
      expect(await events()).toEqual([['delivered', undefined]])
    },
  )

  it('may be signed with either of two tokens, while they are rotated', async () => {
    const TWILIO_AUTH_TOKEN_SECONDARY = 'the next one'
    const { sign, report, events, params } = await sent({ TWILIO_AUTH_TOKEN_SECONDARY })
    const by = (MessageStatus: string, token: string) =>
      report({ ...params, MessageStatus }, sign({ ...params, MessageStatus }, token))
    expect((await by('sent', TWILIO.TWILIO_AUTH_TOKEN)).status).toBe(204)
    expect((await by('delivered', TWILIO_AUTH_TOKEN_SECONDARY)).status).toBe(204)
    expect((await by('read', 'the one before')).status).toBe(403)
    expect(await events()).toEqual([
      ['sent', undefined],
      ['delivered', undefined],
    ])
  })
})

describe('what Twilio did not sign', () => {
  it('is refused, without any effect but a line in the log', async () => {
    const { url, sign, report, events, params } = await sent()
    const form = { ...params, MessageStatus: 'delivered' }
    const token = TWILIO.TWILIO_AUTH_TOKEN
    for (const signature of [
      '',
      'nonsense',
      sign(form, 'another token'),
      sign({ ...form, MessageStatus: 'sent' }),
      getExpectedTwilioSignature(token, 'https://verge.example/other', form),
      getExpectedTwilioSignature(token, url.replace('verge', 'merge'), form),
      getExpectedTwilioSignature(token, `${url}#rc=3&rp=all`, form),
    ]) {
      const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
      expect(await report(form, signature)).toMatchObject({
        status: 403,
        body: { code: 'invalid_signature' },
      })
      const lines = printed.mock.calls.map(([line]) => JSON.parse(String(line)))
      expect(lines).toEqual([
        expect.objectContaining({
          event: 'request',
          route: '/webhooks/twilio/status/:id',
          status: 403,
          outcome: 'invalid_signature',
        }),
      ])
      expect(lines[0]).not.toHaveProperty('to') // whatever it says, nobody said it
      printed.mockRestore()
    }
    expect(await events()).toEqual([])
  })

  it('is refused where one parameter is more, less or another', async () => {
    const { sign, report, events, params } = await sent()
    const form = { ...params, MessageStatus: 'delivered' }
    const { AccountSid: _, ...less } = form
    for (const other of [{ ...form, New: '' }, less, { ...form, MessageStatus: 'failed' }])
      expect((await report(other, sign(form))).status).toBe(403)
    // Twilio adds parameters without notice.
    expect((await report({ ...form, New: '' })).status).toBe(204)
    expect(await events()).toEqual([['delivered', undefined]])
  })

  it('is refused where no token is set, and so in simulation', async () => {
    const path = `/webhooks/twilio/status/SM4${'0'.repeat(31)}`
    const signature = getExpectedTwilioSignature('', `https://verge.example${path}`, { a: 'b' })
    const headers = { 'Content-Type': FORM, 'X-Twilio-Signature': signature }
    expect((await caller()('POST', path, 'a=b', headers)).status).toBe(403)
  })
})

it('has nothing for ids of the wrong shape, nor for GET', async () => {
  const call = caller(TWILIO)
  const headers = { 'Content-Type': FORM }
  expect((await call('POST', '/webhooks/twilio/status/SM1', 'a=b', headers)).status).toBe(404)
  expect((await call('GET', `/webhooks/twilio/status/SM4${'0'.repeat(31)}`)).status).toBe(405)
})
