import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Env } from '../../src/env'
import { TELNYX, TWILIO } from '../carrier'
import {
  type Answer,
  advanceAlarm,
  type Call,
  caller,
  eventsOf,
  freshNumber,
  HOUR,
  healthOfItsOwn,
  MINUTE,
  pass,
  SECOND,
  wrong,
} from '../gateway'
import { parseXml } from '../xml'

const API_KEYS = 'backend:0123456789abcdef'
const KEY = { Authorization: 'Bearer 0123456789abcdef' }
const FROM = { EMAIL_FROM: 'Acme <codes@acme.example>' }
const SENDGRID = { ...FROM, SENDGRID_API_KEY: 'SG.key' }
const WHATSAPP = {
  TWILIO_WHATSAPP_FROM: '+15005550007',
  TWILIO_WHATSAPP_CONTENT_SID: `HX${'2'.repeat(32)}`,
}
const VERIFY = { ...TWILIO, TWILIO_VERIFY_SERVICE_SID: `VA${'3'.repeat(32)}` }

const random = () => crypto.randomUUID().replaceAll('-', '')
const freshMailbox = () => `ada.${random()}@example.com`
/** A landline in London that no other test has. */
const freshLandline = () =>
  `+44207${String(crypto.getRandomValues(new Uint32Array(1))[0])
    .padStart(7, '0')
    .slice(-7)}`

const start = (call: Call, to: string, more: object = {}) =>
  call('POST', '/v1/verifications', { to, ...more })
const byMail = (call: Call, to: string, more: object = {}) =>
  start(call, to, { channel: 'email', ...more })
const check = (call: Call, to: string, code: string) =>
  call('POST', '/v1/verifications/check', { to, code })

type Mail = EmailMessageBuilder & { to: string; text: string; html: string }

/** The binding of a Worker that has one, and what it was given; an error's code instead of an answer, call by call. */
function mailbox(...errors: (string | null)[]): { mails: Mail[]; EMAIL: SendEmail } {
  const mails: Mail[] = []
  const send = async (mail: Mail) => {
    mails.push(mail)
    const code = errors[mails.length - 1]
    if (code) throw Object.assign(new Error(`${mail.to} did not work`), { code })
    return { messageId: `<${random()}@acme.example>` }
  }
  return { mails, EMAIL: { send } as unknown as SendEmail }
}

type Asked = { url: string; body: string; form: URLSearchParams }
type Reply = (asked: Asked) => Response

/** The carriers, each by a part of its URL. What was not announced fails. */
function world(replies: Record<string, Reply>): Asked[] {
  const all: Asked[] = []
  vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
    const body = String(init?.body ?? '')
    const asked = { url: String(input), body, form: new URLSearchParams(body) }
    all.push(asked)
    const reply = Object.entries(replies).find(([part]) => asked.url.includes(part))?.[1]
    if (!reply) throw new Error(`${asked.url} was not to be called`)
    return reply(asked)
  })
  return all
}

const texted: Reply = () => Response.json({ sid: `SM${random()}` }, { status: 201 })
const called: Reply = () => Response.json({ sid: `CA${random()}` }, { status: 201 })
const mailed: Reply = () =>
  new Response(null, { status: 202, headers: { 'X-Message-Id': random() } })
const refused =
  (status: number, code?: number): Reply =>
  () =>
    Response.json({ code }, { status })

const digitsIn = (text: string | undefined) => /\d{6}/.exec(text ?? '')?.[0] ?? ''

/** The digits that a call says, once. */
function heard(asked: Asked | undefined): string {
  const { children } = parseXml(asked?.form.get('Twiml') ?? '')
  const said = children.flatMap((verb) => (typeof verb === 'string' ? [] : verb.children))
  const digits = said.filter((words) => /^\d$/.test(String(words))).join('')
  expect(digits.slice(0, 6)).toBe(digits.slice(6))
  return digits.slice(0, 6)
}

describe('a code by mail', () => {
  it('keeps its language at a resend that asks for none, and takes another that is asked for', async () => {
    const { mails, EMAIL } = mailbox()
    const call = caller({ ...FROM, EMAIL })
    const to = freshMailbox()
    for (const more of [{ locale: 'es' }, {}, { locale: 'de' }, {}]) {
      await byMail(call, to, more)
      pass(2 * MINUTE)
    }
    expect(mails.map(({ subject }) => subject)).toEqual([
      'Su código de verificación',
      'Su código de verificación',
      'Ihr Bestätigungscode',
      'Ihr Bestätigungscode',
    ])
  })

  it('goes from start to approval, with everything that a number has', async () => {
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    const { mails, EMAIL } = mailbox()
    const call = caller({ ...FROM, EMAIL })
    const to = freshMailbox()
    const masked = 'a***@example.com'

    const started = await byMail(call, to.replace('example.com', 'EXAMPLE.com'), { locale: 'es' })
    expect(started).toMatchObject({ status: 201 })
    expect(started.body).toEqual({
      id: expect.stringMatching(/^VE0[0-9a-f]{31}$/),
      to,
      channel: 'email',
      channels: ['email'],
      purpose: 'verify',
      status: 'pending',
      engine: 'own',
      expires_at: '2030-01-01T00:10:00.000Z',
      resend_at: '2030-01-01T00:01:00.000Z',
      sends_remaining: 4,
      attempts_remaining: 5,
      simulated: false,
    })
    const { id } = started.body
    const code = digitsIn(mails[0]?.text)
    expect(mails).toEqual([
      {
        to,
        from: { email: 'codes@acme.example', name: 'Acme' },
        subject: 'Su código de verificación',
        text: `Su código de verificación es ${code}. Válido por 10 minutos.`,
        html: expect.stringContaining(`<b>${code}</b>`),
      },
    ])

    expect(await byMail(call, to)).toMatchObject({ status: 429, body: { code: 'cooldown' } })
    expect(await check(call, to, wrong(code))).toMatchObject({
      status: 422,
      body: { code: 'incorrect_code', attempts_remaining: 4 },
    })
    pass(MINUTE)
    expect((await byMail(call, to, { locale: 'de' })).body).toMatchObject({ id })
    expect(mails).toHaveLength(2)
    expect(mails[1]?.subject).toBe('Ihr Bestätigungscode')
    expect(digitsIn(mails[1]?.text)).toBe(code)

    const read = await call('GET', `/v1/verifications/${id}`)
    expect(read.body).toMatchObject({ to: masked, channel: 'email', attempts_remaining: 4 })
    expect(read.body).not.toHaveProperty('channels')
    expect(await check(call, to, code)).toMatchObject({
      status: 200,
      body: { id, to, status: 'approved' },
    })
    expect((await check(call, to, code)).status).toBe(404)

    await advanceAlarm(to)
    const keyed = caller({ ...FROM, EMAIL, API_KEYS }, KEY)
    const { body: audit } = await keyed('GET', `/v1/audit?to=${encodeURIComponent(to)}`)
    expect(audit.events.map(({ type }: { type: string }) => type).reverse()).toEqual([
      'verification.started',
      'verification.sent',
      'verification.refused',
      'verification.check_failed',
      'verification.resent',
      'verification.sent',
      'verification.approved',
      'verification.check_refused',
    ])
    for (const event of audit.events)
      expect(event).toMatchObject({ to_masked: masked, country: null })
    const sent = audit.events.find(({ type }: { type: string }) => type === 'verification.sent')
    expect(sent).toMatchObject({ channel: 'email', provider: 'email:cloudflare' })
    expect(sent).not.toHaveProperty('segments') // a mail has none
    const written = JSON.stringify([audit, logged.mock.calls])
    expect(written).toContain(masked)
    expect(written).not.toContain(to.slice(4, 20))
    expect(written).not.toContain(code)
  })

  it('is limited as a number is: five in an hour, five checks, and ten wrong ones lock', async () => {
    const { mails, EMAIL } = mailbox()
    const vars = { ...FROM, EMAIL, RESEND_COOLDOWN_SECONDS: '1', API_KEYS }
    const call = caller(vars, KEY)
    const to = freshMailbox()
    for (let sends = 1; sends <= 5; sends++) {
      expect((await byMail(call, to)).status).toBe(201)
      pass(2 * SECOND)
    }
    expect(await byMail(call, to)).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
    const code = digitsIn(mails.at(-1)?.text)
    for (const left of [4, 3, 2, 1, 0])
      expect((await check(call, to, wrong(code))).body).toMatchObject({ attempts_remaining: left })
    expect(await check(call, to, code)).toMatchObject({
      status: 429,
      body: { code: 'too_many_attempts' },
    })
    const limits = await call('GET', `/v1/limits?to=${encodeURIComponent(to)}`)
    expect(limits.body).toMatchObject({
      to,
      sends: { used: 5, remaining: 0 },
      failures: { used: 5 },
    })
    expect(mails).toHaveLength(5)
    pass(HOUR)
    expect((await byMail(call, to)).status).toBe(201)
    expect(digitsIn(mails.at(-1)?.text)).not.toBe(code)
  })

  it('is one to a mailbox, however that is spelt', async () => {
    const { mails, EMAIL } = mailbox()
    const call = caller({ ...FROM, EMAIL })
    const to = freshMailbox()
    const spelt = to.toUpperCase()
    expect((await byMail(call, spelt)).body).toMatchObject({ to })
    expect((await byMail(call, to)).body).toMatchObject({ code: 'cooldown' })
    expect(mails.map((mail) => mail.to)).toEqual([to])
    const code = digitsIn(mails[0]?.text)
    for (let tries = 0; tries < 5; tries++)
      expect((await check(call, tries % 2 ? to : spelt, wrong(code))).status).toBe(422)
    expect((await check(call, to, code)).body.code).toBe('too_many_attempts')
  })

  // A Kelvin sign in small letters is a k.
  it.each([
    'ada\u212a@example.com',
    'ada@\u212aelvin.example',
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com\nBcc: eve@example.com',
    'ada\r\nSubject: hi@example.com',
    'ada@example.com, eve@example.com',
    'ada@example.com;eve@example.com',
    'ada@example.com eve@example.com',
    'Ada <ada@example.com>',
    '"ada\\r\\nBcc: eve"@example.com',
    'ada@example.com%0d%0aBcc:eve@example.com',
    'ada@eve@example.com',
    'ada@exam\u0000ple.com',
    'ada\u2028@example.com',
    '@example.com',
    'ada@',
    `${'a'.repeat(65)}@example.com`,
    `ada@${'a.'.repeat(130)}com`,
  ])('is never sent to what is no mailbox: %j', async (to) => {
    const { mails, EMAIL } = mailbox()
    expect(await byMail(caller({ ...FROM, EMAIL }), to)).toMatchObject({
      status: 400,
      body: {
        code: 'invalid_request',
        issues: [{ path: 'to', message: 'must be a mailbox such as name@example.com' }],
      },
    })
    expect(mails).toEqual([])
  })

  it('has no locale that could be anything but a language', async () => {
    const { mails, EMAIL } = mailbox()
    const locale = 'en"><img src=//evil.example>'
    expect((await byMail(caller({ ...FROM, EMAIL }), freshMailbox(), { locale })).status).toBe(400)
    expect(mails).toEqual([])
  })

  it('goes by SendGrid where that is what is configured, and calls nobody else', async () => {
    const asked = world({ 'api.sendgrid.com': mailed })
    const call = caller({ ...SENDGRID })
    const to = freshMailbox()
    expect((await byMail(call, to)).body).toMatchObject({ engine: 'own', channels: ['email'] })
    expect(asked).toHaveLength(1)
    const mail = JSON.parse(asked[0]?.body ?? '')
    expect(mail).toMatchObject({
      personalizations: [{ to: [{ email: to }] }],
      from: { email: 'codes@acme.example', name: 'Acme' },
      subject: 'Your verification code',
    })
    expect((await check(call, to, digitsIn(mail.content[0].value))).status).toBe(200)
  })

  it('goes by SendGrid where the binding could certainly not, with the same code', async () => {
    const { mails, EMAIL } = mailbox('E_SENDER_NOT_VERIFIED')
    const asked = world({ 'api.sendgrid.com': mailed })
    const call = caller({ ...SENDGRID, EMAIL, ...healthOfItsOwn() })
    const to = freshMailbox()
    expect((await byMail(call, to)).status).toBe(201)
    expect(mails).toHaveLength(1)
    expect(asked).toHaveLength(1)
    expect(digitsIn(JSON.parse(asked[0]?.body ?? '').content[0].value)).toBe(
      digitsIn(mails[0]?.text),
    )
    expect((await eventsOf(to)).map(({ type }) => type)).toEqual([
      'verification.started',
      'provider.failed',
      'provider.rested',
      'verification.sent',
    ])
  })

  it('is never sent round a suppression: neither now nor at the next start', async () => {
    // The second time it is of no use at all, and the other would be asked, were nothing known of the recipient.
    const { mails, EMAIL } = mailbox('E_RECIPIENT_SUPPRESSED', 'E_DAILY_LIMIT_EXCEEDED')
    const asked = world({ 'api.sendgrid.com': mailed })
    const call = caller({ ...SENDGRID, EMAIL, RESEND_COOLDOWN_SECONDS: '1' })
    const to = freshMailbox()
    expect(await byMail(call, to)).toMatchObject({
      status: 502,
      body: { code: 'could_not_deliver' },
    })
    pass(2 * SECOND)
    expect((await byMail(call, to)).status).toBe(503)
    expect(mails).toHaveLength(2)
    expect(asked).toEqual([])
  })

  it.each<[string, Reply, object]>([
    ['refuses the key', refused(401), { status: 503, body: { code: 'temporarily_unavailable' } }],
    ['is busy', refused(429), { status: 503, body: { code: 'temporarily_unavailable' } }],
    ['refuses the mail', refused(413), { status: 502, body: { code: 'could_not_deliver' } }],
    ['breaks', refused(500), { status: 201, body: { send_status: 'unknown' } }],
  ])('says what came of it where SendGrid %s', async (_, reply, expected) => {
    world({ 'api.sendgrid.com': reply })
    const call = caller({ ...SENDGRID, ...healthOfItsOwn() })
    expect(await byMail(call, freshMailbox())).toMatchObject(expected)
  })

  it('is all there is where nothing else is configured', async () => {
    const call = caller({ ...SENDGRID })
    for (const channel of ['sms', 'call', 'whatsapp'])
      expect(await start(call, freshNumber(), { channel })).toMatchObject({
        status: 400,
        body: { issues: [{ path: 'channel', message: 'must be one of email' }] },
      })
    expect(await byMail(call, freshNumber())).toMatchObject({
      status: 400,
      body: { issues: [{ path: 'channel', message: 'must not be email' }] },
    })
    const keyed = caller({ ...SENDGRID, API_KEYS }, KEY)
    expect(await keyed('POST', '/v1/messages', { to: freshNumber(), body: 'x' })).toMatchObject({
      status: 503,
      body: { code: 'not_configured' },
    })
    expect((await call('GET', '/health')).body).toMatchObject({ engine: 'own' })
  })

  it('is not offered by a binding without a sender, which simulates as before', async () => {
    const { mails, EMAIL } = mailbox()
    const { body } = await byMail(caller({ EMAIL }), freshMailbox())
    expect(body).toMatchObject({ engine: 'simulation', channels: ['email'] })
    expect(mails).toEqual([])
  })

  it('does not rest when texts do, nor texts when mail does', async () => {
    const health = healthOfItsOwn()
    const asked = world({ '/Messages.json': refused(401, 20003), 'api.sendgrid.com': mailed })
    const call = caller({ ...TWILIO, ...SENDGRID, ...health, API_KEYS }, KEY)
    expect((await start(call, freshNumber())).status).toBe(503)
    expect((await byMail(call, freshMailbox())).status).toBe(201)
    expect(asked.map(({ url }) => new URL(url).host)).toEqual([
      'api.twilio.com',
      'api.sendgrid.com',
    ])
    world({
      '/Accounts/': () => Response.json({ status: 'active', type: 'Full' }),
      '/v3/scopes': () => Response.json({ scopes: ['mail.send'] }),
    })
    const { body } = await call('GET', '/v1/status')
    expect(body.providers).toEqual([
      expect.objectContaining({ name: 'twilio', resting: expect.anything() }),
      { name: 'email:sendgrid', configured: true, answering: true },
    ])

    world({ '/Messages.json': texted, 'api.sendgrid.com': refused(401) })
    const other = caller({ ...TWILIO, ...SENDGRID, ...healthOfItsOwn() })
    expect((await byMail(other, freshMailbox())).status).toBe(503)
    expect((await start(other, freshNumber())).status).toBe(201)
  })

  it('is Verge’s own where Twilio Verify is out of order', async () => {
    const { mails, EMAIL } = mailbox()
    world({ 'verify.twilio.com': refused(503, 20503) })
    const call = caller({ ...VERIFY, ...FROM, EMAIL, ...healthOfItsOwn() })
    const to = freshMailbox()
    expect((await byMail(call, to)).body).toMatchObject({ engine: 'own', channel: 'email' })
    expect((await check(call, to, digitsIn(mails[0]?.text))).status).toBe(200)
  })
})

describe('a code by call', () => {
  it('is read aloud, from the number, and is the code', async () => {
    const asked = world({ '/Calls.json': called })
    const call = caller({ ...TWILIO })
    const to = freshNumber()
    expect((await start(call, to, { channel: 'call', locale: 'hi' })).body).toMatchObject({
      channel: 'call',
      channels: ['sms', 'call'],
      engine: 'own',
    })
    expect(asked).toHaveLength(1)
    expect(asked[0]?.form.get('To')).toBe(to)
    expect(asked[0]?.form.get('From')).toBe(TWILIO.TWILIO_FROM_NUMBER)
    expect(asked[0]?.form.get('Twiml')).toContain('<Say language="hi-IN">')
    expect((await check(call, to, heard(asked[0]))).status).toBe(200)
    const sent = (await eventsOf(to)).find(({ type }) => type === 'verification.sent')
    expect(sent).toMatchObject({ channel: 'call', provider: 'twilio:call' })
  })

  it('reaches a landline, which no text does', async () => {
    const asked = world({ '/Calls.json': called })
    const call = caller({ ...TWILIO, ...WHATSAPP })
    const to = freshLandline()
    for (const channel of ['sms', 'whatsapp'])
      expect(await start(call, to, { channel })).toMatchObject({
        status: 400,
        body: { code: 'not_sms_capable' },
      })
    expect(asked).toEqual([])
    const started = await start(call, to, { channel: 'call' })
    expect(started.body).toMatchObject({ to, channels: ['call'] })
    expect(asked[0]?.form.get('Twiml')).toContain('<Say language="en-GB">')
    expect((await check(call, to, heard(asked[0]))).status).toBe(200)
  })

  it('counts as a text does', async () => {
    world({ '/Messages.json': texted, '/Calls.json': called })
    const call = caller({ ...TWILIO, RESEND_COOLDOWN_SECONDS: '1' })
    const to = freshNumber()
    expect((await start(call, to, { channel: 'call' })).body.sends_remaining).toBe(4)
    expect((await start(call, to)).body.code).toBe('cooldown')
    for (const channel of ['sms', 'call', 'sms', 'call']) {
      pass(2 * SECOND)
      expect((await start(call, to, { channel })).status).toBe(201)
    }
    pass(2 * SECOND)
    for (const channel of ['sms', 'call'])
      expect((await start(call, to, { channel })).body.code).toBe('rate_limited')
  })

  it.each<[string, Partial<Env>]>([
    ['a name', { ...TWILIO, TWILIO_FROM_NUMBER: 'Acme' }],
    ['a short code', { ...TWILIO, TWILIO_FROM_NUMBER: '24242' }],
    ['another carrier', TELNYX],
    ['a number that may not', { ...TWILIO, CHANNELS: 'sms' }],
  ])('is not made from %s', async (_, vars) => {
    expect(await start(caller(vars), freshNumber(), { channel: 'call' })).toMatchObject({
      status: 400,
      body: { issues: [{ path: 'channel', message: 'must be one of sms' }] },
    })
  })

  it.each([
    ['+449098790000', 'invalid_phone_number'],
    ['+18002530000', 'not_sms_capable'],
  ])('does not go to %s: %s', async (to, code) => {
    expect(await start(caller({ ...TWILIO }), to, { channel: 'call' })).toMatchObject({
      status: 400,
      body: { code },
    })
  })

  it('goes to no country that texts may not go to', async () => {
    const call = caller({ ...TWILIO, ALLOWED_COUNTRIES: 'US' })
    expect((await start(call, freshLandline(), { channel: 'call' })).status).toBe(403)
  })

  it('is no way round a STOP that a text met', async () => {
    const asked = world({ '/Messages.json': refused(400, 21610), '/Calls.json': called })
    const call = caller({ ...TWILIO, RESEND_COOLDOWN_SECONDS: '1' })
    const to = freshNumber()
    expect((await start(call, to)).body.code).toBe('opted_out')
    pass(2 * SECOND)
    expect((await start(call, to, { channel: 'call' })).body.code).toBe('opted_out')
    expect(asked).toHaveLength(1)
  })
})

it('reads a code aloud where Twilio Verify, which would have, is out of order', async () => {
  const asked = world({ 'verify.twilio.com': refused(503, 20503), '/Calls.json': called })
  const call = caller({ ...VERIFY, ...healthOfItsOwn() })
  const to = freshNumber()
  expect((await start(call, to, { channel: 'call' })).body).toMatchObject({
    engine: 'own',
    channel: 'call',
  })
  expect((await check(call, to, heard(asked.at(-1)))).status).toBe(200)
})

describe('a code by WhatsApp', () => {
  it('is the template with the code, and is checked like any other', async () => {
    const asked = world({ '/Messages.json': texted })
    const call = caller({ ...TWILIO, ...WHATSAPP })
    const to = freshNumber()
    expect((await start(call, to, { channel: 'whatsapp' })).body).toMatchObject({
      channel: 'whatsapp',
      channels: ['sms', 'call', 'whatsapp'],
    })
    const form = Object.fromEntries(asked[0]?.form ?? [])
    expect(form).toMatchObject({
      To: `whatsapp:${to}`,
      From: 'whatsapp:+15005550007',
      ContentSid: WHATSAPP.TWILIO_WHATSAPP_CONTENT_SID,
    })
    expect(form).not.toHaveProperty('Body')
    const { 1: code, ...rest } = JSON.parse(form.ContentVariables ?? '')
    expect(rest).toEqual({})
    expect((await check(call, to, code)).status).toBe(200)
  })

  it('is not offered without a template', async () => {
    expect(
      await start(caller({ ...TWILIO }), freshNumber(), { channel: 'whatsapp' }),
    ).toMatchObject({
      status: 400,
      body: { issues: [{ path: 'channel', message: 'must be one of sms, call' }] },
    })
  })
})

describe('a channel', () => {
  const codeIn = ({ url, form }: Asked): string =>
    url.endsWith('/Calls.json')
      ? heard({ url, form, body: '' })
      : (form.get('Body') ?? form.get('ContentVariables') ?? '').replace('"1":', '')

  it('never changes the code within a verification, nor its id', async () => {
    const channel = fc.constantFrom('sms', 'call', 'whatsapp')
    await fc.assert(
      fc.asyncProperty(fc.array(channel, { minLength: 2, maxLength: 6 }), async (channels) => {
        const asked = world({ '/Messages.json': texted, '/Calls.json': called })
        const vars = { RESEND_COOLDOWN_SECONDS: '1', SMS_RATE_LIMIT_PER_NUMBER: '100' }
        const call = caller({ ...TWILIO, ...WHATSAPP, ...vars })
        const to = freshNumber()
        const answers: Answer[] = []
        for (const one of channels) {
          answers.push(await start(call, to, { channel: one }))
          pass(2 * SECOND)
        }
        expect(answers.map(({ body }) => body.channel)).toEqual(channels)
        expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
        expect(asked).toHaveLength(channels.length)
        const codes = new Set(asked.map((one) => digitsIn(codeIn(one))))
        expect(codes.size).toBe(1)
        expect((await check(call, to, [...codes].join())).status).toBe(200)
      }),
      { seed: 1, numRuns: 12 },
    )
  })

  it('never takes the place of another: who cannot be texted is neither called nor written to', async () => {
    const asked = world({ '/Messages.json': refused(503), '/Calls.json': called })
    const call = caller({ ...TWILIO, ...WHATSAPP, ...healthOfItsOwn() })
    await start(call, freshNumber())
    expect(asked.length).toBeGreaterThan(0)
    for (const { url, form } of asked) {
      expect(url).toMatch(/\/Messages\.json$/)
      expect(form.get('To')).not.toContain('whatsapp')
    }
  })

  it('of an answer that is replayed is told as at first', async () => {
    const call = caller()
    const to = freshNumber()
    const idempotent = { 'Idempotency-Key': crypto.randomUUID() }
    const first = await call('POST', '/v1/verifications', { to }, idempotent)
    const again = await call('POST', '/v1/verifications', { to }, idempotent)
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expect(again.body).toEqual(first.body)
    expect(again.body.channels).toEqual(['sms', 'call', 'whatsapp'])
  })

  it.each<[string, Partial<Env>, () => string, string, string[]]>([
    ['the simulation', {}, freshNumber, 'sms', ['sms', 'call', 'whatsapp']],
    ['the simulation', {}, freshLandline, 'call', ['call']],
    ['the simulation', {}, freshMailbox, 'email', ['email']],
    ['the simulation', {}, () => '+15005550006', 'sms', ['sms', 'call', 'whatsapp']],
    ['the simulation', { CHANNELS: 'sms,email' }, freshNumber, 'sms', ['sms']],
    ['Twilio', { ...TWILIO }, freshNumber, 'sms', ['sms', 'call']],
    [
      'Twilio, WhatsApp and SendGrid',
      { ...TWILIO, ...WHATSAPP, ...SENDGRID },
      freshNumber,
      'sms',
      ['sms', 'call', 'whatsapp'],
    ],
    [
      'Twilio, WhatsApp and SendGrid',
      { ...TWILIO, ...WHATSAPP, ...SENDGRID },
      freshLandline,
      'call',
      ['call'],
    ],
    [
      'Twilio, WhatsApp and SendGrid',
      { ...TWILIO, ...WHATSAPP, ...SENDGRID },
      freshMailbox,
      'email',
      ['email'],
    ],
    ['Telnyx', TELNYX, freshNumber, 'sms', ['sms']],
  ])('that a recipient could use is named: %s, %o', async (_, vars, fresh, channel, channels) => {
    world({
      '/Messages.json': texted,
      '/Calls.json': called,
      'api.sendgrid.com': mailed,
      'api.telnyx.com': () => Response.json({ data: { id: random() } }),
    })
    const { body } = await start(caller(vars), fresh(), { channel })
    expect(body.channels).toEqual(channels)
  })
})
