/// <reference types="vite/client" />
// What MeStore and Chaski had besides their routes, row by row, and what stands in its place. Each row is tested in depth
// where it belongs; here it is found by the name it had.
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks'
import { describe, expect, it, vi } from 'vitest'
import readme from '../../../README.md?raw'
import { carrier, created, refused, TWILIO } from '../../carrier'
import { AUTHORIZED, caller, eventsOf, freshNumber, KEY } from '../../gateway'
import { VERIFY, verify } from '../../verify'

const backend = (vars: object) => caller({ ...vars, ...KEY }, AUTHORIZED)

const engineOf = async (vars: object) => (await caller(vars)('GET', '/health')).body.engine
const start = (vars: object, to = freshNumber(), more: object = {}) =>
  caller(vars)('POST', '/v1/verifications', { to, ...more })

describe('MeStore: Twilio or simulation', () => {
  it('is chosen by the credentials', async () => {
    expect(await engineOf({})).toBe('simulation')
    expect(await engineOf(TWILIO)).toBe('own')
    expect(await engineOf(VERIFY)).toBe('delegated')
  })

  it('shows a framed block in simulation, with number, code, text and time', async () => {
    const printed = vi.spyOn(console, 'log')
    const to = freshNumber()
    await start({}, to)
    const frame = printed.mock.calls.flat().find((line) => String(line).startsWith('┌'))
    for (const part of [to, /code {2}\d{6}/, /text {2}Your/, /time {2}2030-01-01T/])
      expect(frame).toMatch(part)
  })

  it('has its limits in simulation, too', async () => {
    const call = caller()
    const to = freshNumber()
    const send = () => call('POST', '/v1/verifications', { to })
    expect((await send()).status).toBe(201)
    expect((await send()).body.code).toBe('cooldown')
  })

  it('takes the same variables', async () => {
    const vars = {
      ...TWILIO,
      TWILIO_VERIFY_SERVICE_SID: VERIFY.TWILIO_VERIFY_SERVICE_SID,
      SMS_ENABLED: 'true',
      SMS_RATE_LIMIT_PER_NUMBER: '7',
      SMS_RATE_LIMIT_WINDOW: '3600',
      OTP_EXPIRATION_MINUTES: '5',
      OTP_MAX_ATTEMPTS: '3',
    }
    verify()
    expect((await start(vars)).body).toMatchObject({
      expires_at: '2030-01-01T00:05:00.000Z',
      sends_remaining: 6,
      attempts_remaining: 3,
    })
  })
})

describe('MeStore: Colombian numbers', () => {
  it('are taken without +57, and no others', async () => {
    const vars = { DEFAULT_COUNTRY: 'CO', ALLOWED_COUNTRIES: 'CO' }
    expect((await start(vars, '300 123 4567')).body.to).toBe('+573001234567')
    expect((await start(vars)).body.code).toBe('country_not_allowed')
  })
})

describe('MeStore: texts in Spanish, with the name of the user', () => {
  it('are codes by locale and country, and notifications by template', async () => {
    const forms = carrier(created)
    const call = backend({
      ...TWILIO,
      MESSAGE_TEMPLATES: '{"pedido": {"es": "Hola, {name}: su pedido va en camino."}}',
    })
    await call('POST', '/v1/verifications', { to: '+573001234561' })
    const message = { to: freshNumber(), template: 'pedido', variables: { name: 'Ana' } }
    expect((await call('POST', '/v1/messages', message)).status).toBe(202)
    const [code, notification] = forms.map((form) => form.get('Body'))
    expect(code).toMatch(/^Su código de verificación es/)
    expect(notification).toBe('Hola, Ana: su pedido va en camino.')
  })
})

describe('MeStore: errors of Twilio', () => {
  it('are sentences for a person, with nothing of the account in them', async () => {
    carrier(refused(400, 21614))
    const { body } = await start(TWILIO)
    expect(body.detail).toBe('This number cannot receive text messages (carrier).')
    expect(JSON.stringify(body)).not.toContain(TWILIO.TWILIO_ACCOUNT_SID)
  })
})

describe('MeStore: get_service_status()', () => {
  it('is GET /v1/status: engine, connection and account, limit and window', async () => {
    carrier(() => Response.json({ status: 'active', type: 'Full' }))
    expect((await backend(TWILIO)('GET', '/v1/status')).body).toEqual({
      environment: 'development',
      engine: 'own',
      providers: [{ name: 'twilio', configured: true, answering: true, account: 'active (Full)' }],
      sends: { limit: 5, window_seconds: 3600 },
    })
  })
})

describe('MeStore: get_rate_limit_status(phone)', () => {
  it('is GET /v1/limits: count, limit, what remains, window, and whether it is blocked', async () => {
    const call = caller()
    const to = freshNumber()
    await call('POST', '/v1/verifications', { to })
    const { body } = await call('GET', `/v1/limits?to=${encodeURIComponent(to)}`)
    expect(body).toMatchObject({
      sends: { used: 1, limit: 5, remaining: 4, window_seconds: 3600 },
      locked_until: null,
    })
  })
})

describe('MeStore: e-mail codes beside SMS codes', () => {
  it('are those of the channel email', async () => {
    const to = `ana.${freshNumber().slice(1)}@example.com`
    expect((await start({}, to, { channel: 'email' })).body).toMatchObject({ to, channel: 'email' })
  })
})

describe('MeStore: delivery tracking', () => {
  it("is Twilio's signed reports", async () => {
    const forms = carrier(created)
    const call = caller(TWILIO)
    const to = freshNumber()
    await call('POST', '/v1/verifications', { to })
    const [url = ''] = (forms[0]?.get('StatusCallback') ?? '').split('#')
    const params = { MessageSid: 'SM1', MessageStatus: 'delivered', To: to }
    const signature = getExpectedTwilioSignature(TWILIO.TWILIO_AUTH_TOKEN, url, params)
    await call('POST', new URL(url).pathname, String(new URLSearchParams(params)), {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Twilio-Signature': signature,
    })
    expect((await eventsOf(to)).at(-1)).toMatchObject({
      type: 'delivery.updated',
      status: 'delivered',
    })
  })
})

describe('Chaski: Twilio Verify, Messaging, or the console', () => {
  it('is chosen by which variables exist, TWILIO_PHONE_NUMBER among them', async () => {
    const { TWILIO_FROM_NUMBER: TWILIO_PHONE_NUMBER, ...account } = TWILIO
    expect(await engineOf({ ...account, TWILIO_PHONE_NUMBER })).toBe('own')
    expect(await engineOf({ ...account, TWILIO_PHONE_NUMBER, ...VERIFY })).toBe('delegated')
    expect(await engineOf({})).toBe('simulation')
  })

  it("leaves the code to Twilio Verify, where a caller's own would be ignored", async () => {
    const twilio = verify()
    await start(VERIFY)
    expect(twilio.calls('start')[0]?.form.has('CustomCode')).toBe(false)
  })
})

describe('Chaski: send_sms(to, message)', () => {
  it('is POST /v1/messages', async () => {
    const forms = carrier(created)
    const message = { to: freshNumber(), body: 'Your driver is here.' }
    expect((await backend(TWILIO)('POST', '/v1/messages', message)).status).toBe(202)
    expect(forms[0]?.get('Body')).toBe('Your driver is here.')
  })
})

describe('Chaski: E.164 everywhere', () => {
  it('takes what react-phone-number-input produces, and nothing national', async () => {
    expect((await start({})).status).toBe(201)
    expect((await start({}, '07700 900123')).body.code).toBe('invalid_phone_number')
  })
})

describe('Chaski: set-up guide, security practices, troubleshooting, cost', () => {
  it.each([
    '## Real texts',
    '`21608`',
    '`20003`',
    'ALLOWED_COUNTRIES',
    '## What it costs',
    '### MeStore and Chaski',
  ])('are in the README: %s', (part) => {
    expect(readme).toContain(part)
  })
})
