// What people write back, end to end: the webhook as Twilio calls it, and what it does to the next text.
import { runDurableObjectAlarm } from 'cloudflare:test'
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks'
import { describe, expect, it, vi } from 'vitest'
import type { Env } from '../../src/env'
import { accepted, carrier, carriers, codeIn, created, refused, TELNYX, TWILIO } from '../carrier'
import { caller, eventsOf, freshNumber, ledgerOf, MINUTE, onlyLedger, pass } from '../gateway'
import { VERIFY, verify } from '../verify'

const PATH = '/webhooks/twilio/inbound'
const TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
const KEY = { Authorization: 'Bearer 0123456789abcdef' }

const sidOf = () => `SM${crypto.randomUUID().replaceAll('-', '')}`

/** A person with a number, and Twilio, which tells the Worker what they write. */
function person(vars: Partial<Env> = {}) {
  const bindings = { ...TWILIO, API_KEYS: 'ops:0123456789abcdef', ...vars }
  const call = caller(bindings)
  const to = freshNumber()
  const paramsOf = (Body: string, more: Record<string, string> = {}) => ({
    ToCountry: 'US',
    NumMedia: '0',
    SmsMessageSid: 'SM0',
    MessageSid: sidOf(),
    AccountSid: TWILIO.TWILIO_ACCOUNT_SID,
    From: to,
    To: TWILIO.TWILIO_FROM_NUMBER,
    ApiVersion: '2010-04-01',
    Body,
    ...more,
  })
  const sign = (params: Record<string, string>, origin = 'https://verge.example') =>
    getExpectedTwilioSignature(TWILIO.TWILIO_AUTH_TOKEN, origin + PATH, params)
  const tell = (params: Record<string, string>, signature = sign(params)) =>
    call('POST', PATH, String(new URLSearchParams(params)), {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Twilio-Signature': signature,
    })
  return {
    to,
    call,
    paramsOf,
    sign,
    tell,
    writes: (body: string, more?: Record<string, string>) => tell(paramsOf(body, more)),
    start: (more: object = {}) => call('POST', '/v1/verifications', { to, ...more }),
    check: (code: string) => call('POST', '/v1/verifications/check', { to, code }),
    optedOut: async () =>
      (await call('GET', `/v1/limits?to=${encodeURIComponent(to)}`, undefined, KEY)).body.opted_out,
    /** What the audit log will say of the replies. */
    events: async () =>
      (await eventsOf(to))
        .filter(({ type }) => type.startsWith('recipient.'))
        .map(({ type, reason }) => [type, reason]),
  }
}

const OPTED_OUT = { status: 403, body: { code: 'opted_out' } }

describe('STOP', () => {
  it('is answered with empty TwiML, and stops every text until START', async () => {
    const p = person()
    const answer = await p.writes('Stop')
    expect(answer).toMatchObject({ status: 200, body: TWIML })
    expect(answer.headers.get('Content-Type')).toBe('text/xml')
    expect(await p.optedOut()).toBe(true)
    const refusal = await p.start()
    expect(refusal).toMatchObject(OPTED_OUT)
    expect(refusal.body.detail).toMatch(/unsubscribed.*START/)
    expect(fetch).not.toHaveBeenCalled()

    expect(await p.writes('START')).toMatchObject({ status: 200, body: TWIML })
    expect(await p.optedOut()).toBe(false)
    carrier(created)
    expect((await p.start()).status).toBe(201)
    expect(await p.events()).toEqual([
      ['recipient.opted_out', 'stop'],
      ['recipient.opted_in', 'start'],
    ])
  })

  it('stops the other carriers, too, and a Worker that has no more Twilio', async () => {
    const p = person(TELNYX)
    await p.writes('STOP')
    for (const vars of [TELNYX, {}]) {
      const call = caller(vars)
      expect(await call('POST', '/v1/verifications', { to: p.to })).toMatchObject(OPTED_OUT)
    }
    expect(fetch).not.toHaveBeenCalled()
  })

  it.each(['sms', 'call', 'whatsapp'])('stops Twilio Verify by %s', async (channel) => {
    const p = person(VERIFY)
    const twilio = verify()
    await p.writes('STOP')
    expect(await p.start({ channel })).toMatchObject(OPTED_OUT)
    expect(twilio.asked).toEqual([])
  })

  it('is in the audit log once, without a word of the reply and with the number masked', async () => {
    const p = person()
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
    const told = p.paramsOf('  stop  ')
    await p.tell(told)
    await p.writes('My code is 123456, call Alice', { ProfileName: 'Alice' })
    const events = await eventsOf(p.to)
    const common = {
      provider: 'twilio',
      channel: 'sms',
      country: expect.anything(),
      to_masked: `+44******${p.to.slice(-4)}`,
    }
    expect(events).toMatchObject([
      { ...common, type: 'recipient.opted_out', provider_id: told.MessageSid },
      { ...common, type: 'recipient.replied', reason: 'other' },
    ])
    const written = JSON.stringify([events, printed.mock.calls])
    for (const secret of [p.to, p.to.slice(1), '123456', 'Alice', 'code is'])
      expect(written).not.toContain(secret)
  })

  it('by WhatsApp comes from the same person', async () => {
    const p = person()
    await p.writes('STOP', { From: `whatsapp:${p.to}` })
    expect(await p.start()).toMatchObject(OPTED_OUT)
    expect(await eventsOf(p.to)).toMatchObject([{ channel: 'whatsapp' }, {}])
  })

  it('may be a word that the operator chose at Twilio', async () => {
    const p = person()
    await p.writes('ARRET', { OptOutType: 'STOP' })
    expect(await p.optedOut()).toBe(true)
    await p.writes('REPRENDRE', { OptOutType: 'START' })
    expect(await p.optedOut()).toBe(false)
  })

  it('leaves the code alone that has arrived', async () => {
    const p = person()
    const forms = carrier(created)
    await p.start()
    await p.writes('STOP')
    expect(await p.check(codeIn(forms[0]))).toMatchObject({ body: { status: 'approved' } })
    expect(await p.start()).toMatchObject(OPTED_OUT)
  })

  it('stands though it comes while a text is on its way', async () => {
    const p = person()
    const forms = carrier(async () => {
      expect(await p.writes('STOP')).toMatchObject({ status: 200 })
      return created()
    })
    expect((await p.start()).status).toBe(201)
    expect(await p.optedOut()).toBe(true)
    expect((await eventsOf(p.to)).map(({ type }) => type)).toEqual([
      'verification.started',
      'recipient.opted_out',
      'verification.sent',
    ])
    pass(MINUTE)
    expect(await p.start()).toMatchObject(OPTED_OUT)
    expect(forms).toHaveLength(1)
    await runDurableObjectAlarm((await ledgerOf(p.to)).ledger)
    expect(await p.optedOut()).toBe(true)
  })

  it('changes nothing when it comes again, also after a START', async () => {
    const p = person()
    const stop = p.paramsOf('STOP')
    for (let i = 0; i < 3; i++) expect((await p.tell(stop)).body).toBe(TWIML)
    await p.writes('START')
    expect((await p.tell(stop)).body).toBe(TWIML)
    expect(await p.optedOut()).toBe(false)
    expect(await p.events()).toHaveLength(2)
  })

  it('replays an earlier answer to the same Idempotency-Key', async () => {
    const p = person()
    const forms = carrier(created)
    const start = (key: string) =>
      p.call('POST', '/v1/verifications', { to: p.to }, { 'Idempotency-Key': key })
    const first = await start('k1')
    await p.writes('STOP')
    expect(await start('k1')).toMatchObject({ status: 201, body: first.body })
    expect(await start('k2')).toMatchObject(OPTED_OUT)
    expect(forms).toHaveLength(1)
  })
})

describe('START', () => {
  it("takes back a carrier's word: everyone is asked again", async () => {
    const p = person(TELNYX)
    const telnyx = () => Response.json({ errors: [{ code: '40300' }] }, { status: 400 })
    carriers({ twilio: [refused(400, 21612)], telnyx: [telnyx] })
    expect(await p.start()).toMatchObject(OPTED_OUT)
    expect(await p.optedOut()).toBe(true)
    await p.writes('START')
    expect(await p.optedOut()).toBe(false)
    pass(MINUTE)
    const asked = carriers({ twilio: [created], telnyx: [accepted.telnyx] })
    expect((await p.start()).status).toBe(201)
    expect(asked.map(({ provider }) => provider)).toEqual(['twilio'])
  })
})

describe('other words', () => {
  it.each(['stop it', 'please stop', "don't stop", '', '123456', 'HELP'])(
    'leave an event only: %j',
    async (body) => {
      const p = person()
      expect(await p.writes(body)).toMatchObject({ status: 200, body: TWIML })
      expect(await p.optedOut()).toBe(false)
      const reason = body === 'HELP' ? 'help' : 'other'
      expect(await p.events()).toEqual([['recipient.replied', reason]])
    },
  )
})

describe('what Twilio did not sign', () => {
  it('is refused, without any effect', async () => {
    const p = person()
    const stop = p.paramsOf('STOP')
    for (const signature of [
      '',
      'nonsense',
      p.sign({ ...stop, Body: 'START' }),
      p.sign({ ...stop, From: freshNumber() }),
      p.sign(stop, 'https://other.example'),
      getExpectedTwilioSignature('another token', `https://verge.example${PATH}`, stop),
    ])
      expect(await p.tell(stop, signature)).toMatchObject({
        status: 403,
        body: { code: 'invalid_signature' },
      })
    expect(await p.optedOut()).toBe(false)
    expect(await eventsOf(p.to)).toEqual([])
  })

  it('is refused in simulation, where nobody can sign', async () => {
    const p = person({ TWILIO_ACCOUNT_SID: '', TWILIO_AUTH_TOKEN: '', TWILIO_FROM_NUMBER: '' })
    const stop = p.paramsOf('STOP')
    const unsigned = getExpectedTwilioSignature('', `https://verge.example${PATH}`, stop)
    expect((await p.tell(stop, unsigned)).status).toBe(403)
    expect((await p.tell(stop)).status).toBe(403)
    expect((await p.start()).status).toBe(201)
  })

  it('is signed for PUBLIC_BASE_URL behind a proxy', async () => {
    const PUBLIC_BASE_URL = 'https://sms.acme.example'
    const p = person({ PUBLIC_BASE_URL })
    const stop = p.paramsOf('STOP')
    expect((await p.tell(stop)).status).toBe(403)
    expect((await p.tell(stop, p.sign(stop, PUBLIC_BASE_URL))).status).toBe(200)
  })
})

it.each(['24242', 'ACME', '', 'messenger:1234567', 'whatsapp:', '+1', 'client:alice', '+4471'])(
  'has no effect from %j, which nobody can text',
  async (From) => {
    const p = person()
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
    expect(await p.writes('STOP', { From })).toMatchObject({ status: 200, body: TWIML })
    const lines = printed.mock.calls.map(([line]) => JSON.parse(String(line)))
    expect(lines).toEqual([expect.objectContaining({ route: PATH, status: 200 })])
    expect(lines[0]).not.toHaveProperty('to')
    expect(await eventsOf(p.to)).toEqual([])
  },
)

describe('a ledger that is away', () => {
  /** Its first calls fail. */
  async function away(times: number) {
    let calls = 0
    const ledger: Awaited<ReturnType<typeof ledgerOf>>['ledger'][] = []
    const stub = {
      reply: (...args: Parameters<(typeof ledger)[0]['reply']>) =>
        ++calls <= times ? Promise.reject(new Error('reset')) : ledger[0]?.reply(...args),
    }
    const p = person(onlyLedger(stub))
    ledger.push((await ledgerOf(p.to)).ledger)
    return { p, calls: () => calls }
  }

  it('is asked again, for Twilio may not call again', async () => {
    const { p, calls } = await away(2)
    expect((await p.writes('STOP')).status).toBe(200)
    expect(calls()).toBe(3)
    expect(await p.events()).toEqual([['recipient.opted_out', 'stop']])
  })

  it('is 503 in the end, so that Twilio calls again where it is told to', async () => {
    const { p } = await away(Number.POSITIVE_INFINITY)
    const answer = await p.writes('STOP')
    expect(answer).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } })
    expect(await p.events()).toEqual([])
  })
})

it('says what is missing where numbers cannot be found for want of a secret', async () => {
  const p = person({ VERGE_SECRET: '' })
  expect(await p.writes('STOP')).toMatchObject({ status: 503, body: { code: 'not_configured' } })
})
