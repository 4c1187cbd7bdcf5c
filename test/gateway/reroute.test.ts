import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks'
import { describe, expect, it, vi } from 'vitest'
import type { Env } from '../../src/env'
import {
  accepted,
  broken,
  carriers,
  created,
  type Reply,
  refused,
  TELNYX,
  TWILIO,
} from '../carrier'
import { caller, eventsOf, freshNumber, MINUTE, pass, SECOND } from '../gateway'

const BOTH = { ...TWILIO, ...TELNYX, SMS_PROVIDERS: 'twilio,telnyx' }

/** A code that Twilio took, and what it may report of it. */
async function sent(
  vars: Partial<Env> = {},
  replies: Record<string, Reply[]> = {},
  more: object = {},
) {
  const asked = carriers({ twilio: [created], telnyx: [accepted.telnyx], ...replies })
  const call = caller({ ...BOTH, ...vars })
  const to = freshNumber()
  const start = () => call('POST', '/v1/verifications', { to, ...more })
  const { body } = await start()
  const textOf = async (nth: number) => {
    const ids = (await eventsOf(to)).flatMap(({ type, message_id }) =>
      /started|resent|rerouted/.test(type) ? (message_id ?? []) : [],
    )
    return ids.at(nth) ?? ''
  }
  const report = async (MessageStatus: string, more: Record<string, string> = {}, nth = 0) => {
    const path = `/webhooks/twilio/status/${await textOf(nth)}`
    const params = { MessageSid: 'SM1', To: to, MessageStatus, ...more }
    const url = `https://verge.example${path}`
    const signature = getExpectedTwilioSignature(TWILIO.TWILIO_AUTH_TOKEN, url, params)
    return call('POST', path, String(new URLSearchParams(params)), {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Twilio-Signature': signature,
    })
  }
  const show = async () => (await call('GET', `/v1/verifications/${body.id}`)).body
  const types = async () => (await eventsOf(to)).map(({ type }) => type)
  const providers = () => asked.map(({ provider }) => provider)
  const check = (code = '') => call('POST', '/v1/verifications/check', { to, code })
  return { to, body, call, start, report, show, types, asked, providers, check }
}

describe('a code that its carrier reports undelivered', () => {
  it.each(['undelivered', 'failed'])('is sent once more through the next (%s)', async (status) => {
    const { report, show, types, asked, providers, check } = await sent()
    pass(20 * SECOND)
    expect((await report(status, { ErrorCode: '30008' })).status).toBe(204)
    expect(providers()).toEqual(['twilio', 'telnyx'])
    expect(asked[1]?.code).toBe(asked[0]?.code)
    expect(await show()).toMatchObject({
      status: 'pending',
      rerouted: true,
      sends_remaining: 3,
      resend_at: '2030-01-01T00:01:20.000Z',
    })
    expect(await types()).toEqual([
      'verification.started',
      'verification.sent',
      'delivery.updated',
      'verification.rerouted',
      'verification.sent',
    ])
    expect((await check(asked[1]?.code)).status).toBe(200)
  })

  it('is sent once, not once for each report, nor for that of the second carrier', async () => {
    const { report, providers } = await sent({}, { twilio: [created, created] })
    for (const status of ['sent', 'undelivered', 'undelivered', 'failed']) await report(status)
    await report('undelivered', {}, -1)
    expect(providers()).toEqual(['twilio', 'telnyx'])
  })

  it('is sent once by many reports at once', async () => {
    const { report, providers } = await sent()
    await Promise.all(Array.from({ length: 8 }, () => report('undelivered')))
    expect(providers()).toEqual(['twilio', 'telnyx'])
  })

  it('is left as it is where the recipient is at fault, blocked or unsubscribed', async () => {
    for (const code of ['30004', '30005', '30006', '21610', '30450']) {
      const { report, providers, show } = await sent()
      await report('undelivered', { ErrorCode: code })
      expect([code, providers()]).toEqual([code, ['twilio']])
      expect(await show()).not.toHaveProperty('rerouted')
    }
  })

  it.each(['30003', '30007', '30008', '30034', '99999', ''])(
    'goes to the next where the way was at fault (%s)',
    async (ErrorCode) => {
      const { report, providers } = await sent()
      await report('undelivered', { ErrorCode })
      expect(providers()).toEqual(['twilio', 'telnyx'])
    },
  )

  it('is not sent when it has been approved, canceled, or has under 30 s to live', async () => {
    const approved = await sent()
    await approved.check(approved.asked[0]?.code)
    await approved.report('undelivered')
    expect(approved.providers()).toEqual(['twilio'])

    const canceled = await sent()
    await canceled.call('DELETE', `/v1/verifications/${canceled.body.id}`)
    await canceled.report('undelivered')
    expect(canceled.providers()).toEqual(['twilio'])

    const late = await sent()
    pass(10 * MINUTE - 30 * SECOND + 1)
    await late.report('undelivered')
    expect(late.providers()).toEqual(['twilio'])
    const inTime = await sent()
    pass(10 * MINUTE - 30 * SECOND)
    await inTime.report('undelivered')
    expect(inTime.providers()).toEqual(['twilio', 'telnyx'])
  })

  it('is not sent over the limit of the number', async () => {
    const { report, providers } = await sent({ SMS_RATE_LIMIT_PER_NUMBER: '1' })
    await report('undelivered')
    expect(providers()).toEqual(['twilio'])
  })

  it('is not sent to a locked number', async () => {
    const { report, providers, check, start } = await sent({
      OTP_MAX_ATTEMPTS: '5',
      RESEND_COOLDOWN_SECONDS: '1',
    })
    for (let i = 0; i < 5; i++) await check('0000000')
    pass(2 * SECOND)
    await start()
    for (let i = 0; i < 4; i++) await check('0000000')
    pass(2 * SECOND)
    await start() // the latest text; one more wrong check locks
    await check('0000000')
    const before = providers().length
    await report('undelivered', {}, -1)
    expect(providers()).toHaveLength(before)
  })

  it('is not sent where the person has asked again meanwhile', async () => {
    const { report, providers, start } = await sent({}, { twilio: [created, created] })
    pass(MINUTE)
    await start()
    await report('undelivered')
    expect(providers()).toEqual(['twilio', 'twilio'])
  })

  it('is not sent where there is no other carrier', async () => {
    const { report, providers, show } = await sent({ SMS_PROVIDERS: 'twilio' })
    await report('undelivered')
    expect(providers()).toEqual(['twilio'])
    expect(await show()).not.toHaveProperty('rerouted')
  })

  it('is not sent to a number that the report does not belong to', async () => {
    const { report, providers } = await sent()
    await report('undelivered', { To: freshNumber() })
    await report('failed', { To: '' })
    expect(providers()).toEqual(['twilio'])
  })

  it('is given back where the other carrier cannot either, and can be asked for again', async () => {
    const { report, providers, show, types, start } = await sent(
      {},
      {
        telnyx: [refused(401, 10009)],
      },
    )
    pass(MINUTE)
    await report('undelivered')
    expect(providers()).toEqual(['twilio', 'telnyx'])
    expect(await types()).toContain('verification.send_failed')
    expect(await show()).toMatchObject({ status: 'pending', sends_remaining: 4 })
    expect((await start()).status).toBe(201)
  })

  it('is not sent again where another carrier has taken it meanwhile', async () => {
    const { report, providers, show } = await sent({}, { twilio: [broken] })
    expect(new Set(providers())).toEqual(new Set(['twilio', 'telnyx']))
    const before = providers().length
    await report('undelivered')
    expect(providers()).toHaveLength(before)
    expect(await show()).not.toHaveProperty('rerouted')
  })

  it('is not sent again where another carrier took it a moment ago', async () => {
    const { report, providers, start } = await sent({}, { twilio: [created, broken] })
    pass(MINUTE)
    let reported = false
    vi.mocked(scheduler.wait).mockImplementation(async () => {
      // Outcomes are waiting for company now, if this one waits at all.
      if (reported || providers().at(-1) !== 'telnyx') return
      reported = true
      await report('undelivered', {}, -1)
    })
    expect((await start()).status).toBe(201)
    await report('undelivered', {}, -1)
    expect(providers().filter((provider) => provider === 'telnyx')).toHaveLength(1)
  })

  it('keeps its language', async () => {
    const { report, asked } = await sent({}, {}, { locale: 'es' })
    await report('undelivered')
    expect(asked.map(({ text }) => /código de verificación/.test(text))).toEqual([true, true])
  })

  it('settles like any other send: a lost answer is unknown', async () => {
    const { report, types } = await sent({}, { telnyx: [broken] })
    await report('undelivered')
    expect(await types()).toContain('verification.send_unknown')
  })
})

it('holds a number back from texts, too, where it is blocked for WhatsApp', async () => {
  const whatsApp = {
    TWILIO_WHATSAPP_FROM: '+15005550007',
    TWILIO_WHATSAPP_CONTENT_SID: `HX${'2'.repeat(32)}`,
  }
  const more = { channel: 'whatsapp' }
  const { to, call, report, providers } = await sent(whatsApp, {}, more)
  const blocked = { To: `whatsapp:${to}`, ErrorCode: '30004' }
  expect((await report('undelivered', blocked)).status).toBe(204)
  pass(MINUTE)
  const again = await call('POST', '/v1/verifications', { to })
  expect(again).toMatchObject({ status: 502, body: { code: 'could_not_deliver' } })
  expect(providers()).toEqual(['twilio'])
})
