import { describe, expect, it } from 'vitest'
import { CARRIER, configOf, HEX, isMissing, SECRET, type Vars, VERIFY } from './configuration'

const EMAIL = { send: async () => ({ messageId: '1' }) }
const FROM = { VERGE_SECRET: SECRET, EMAIL_FROM: 'Acme <codes@Example.com>' }
const SENDGRID_API_KEY = 'the key'
const from = { email: 'codes@example.com', name: 'Acme' }

const cloudflare = { name: 'email:cloudflare', config: { from, binding: EMAIL } }
const sendGrid = {
  name: 'email:sendgrid',
  config: { from, apiKey: 'the key', baseUrl: 'https://api.sendgrid.com' },
}
const complete = (carrier: { name: string }) => ({ name: carrier.name, carrier, problems: [] })

const NOBODY = { variable: 'SENDGRID_API_KEY', problem: 'or the binding EMAIL is missing' }

describe('who sends mail', () => {
  it.each<[string, Vars & { EMAIL?: unknown }, object[]]>([
    ['SendGrid, by its key', { ...FROM, SENDGRID_API_KEY }, [sendGrid]],
    ['Cloudflare, by its binding', { ...FROM, EMAIL }, [cloudflare]],
    ['Cloudflare before SendGrid', { ...FROM, SENDGRID_API_KEY, EMAIL }, [cloudflare, sendGrid]],
  ])('is %s', (_, vars, carriers) => {
    const config = configOf(vars)
    expect(config.carriers).toEqual({
      listed: carriers.map(complete as never),
      order: [],
      orderIn: {},
    })
    expect(config.sending).toEqual({ state: 'ready', engine: 'own' })
    expect(config.simulated).toBe(false)
  })

  it.each<[string, Vars & { EMAIL?: unknown }, object]>([
    ['a sender', { VERGE_SECRET: SECRET, SENDGRID_API_KEY }, isMissing('EMAIL_FROM')],
    [
      'a sender, binding or not',
      { VERGE_SECRET: SECRET, SENDGRID_API_KEY, EMAIL },
      isMissing('EMAIL_FROM'),
    ],
    ['anybody at all', FROM, NOBODY],
    ['anybody, a text being no binding', { ...FROM, EMAIL: 'binding' }, NOBODY],
    ['a secret', { ...FROM, SENDGRID_API_KEY, VERGE_SECRET: '' }, isMissing('VERGE_SECRET')],
    ['anybody, though texts could be sent', { ...CARRIER, ...FROM }, NOBODY],
  ])('cannot be without %s', (_, vars, problem) => {
    expect(configOf(vars).sending).toEqual({ state: 'not_configured', problems: [problem] })
  })

  it('is not asked for by a binding alone', () => {
    expect(configOf({ EMAIL } as Vars)).toEqual(configOf({}))
  })

  it('stands beside Twilio Verify, which stays the engine', () => {
    const { sending, carriers } = configOf({ ...VERIFY, ...FROM, SENDGRID_API_KEY })
    expect(sending).toEqual({ state: 'ready', engine: 'delegated' })
    expect(carriers.listed).toEqual([complete(sendGrid)])
  })
})

describe('WhatsApp', () => {
  const TWILIO_WHATSAPP_CONTENT_SID = `HX${HEX}`
  const TWILIO_WHATSAPP_FROM = '+15005550007'

  it.each<[Vars, object]>([
    [
      { TWILIO_WHATSAPP_CONTENT_SID, TWILIO_WHATSAPP_FROM },
      { contentSid: `HX${HEX}`, from: TWILIO_WHATSAPP_FROM },
    ],
    [
      { TWILIO_WHATSAPP_CONTENT_SID, TWILIO_MESSAGING_SERVICE_SID: `MG${HEX}` },
      { contentSid: `HX${HEX}`, from: undefined },
    ],
  ])('is part of Twilio with %j', (vars, whatsApp) => {
    const { carriers, sending } = configOf({ ...CARRIER, ...vars })
    expect(sending).toEqual({ state: 'ready', engine: 'own' })
    expect(carriers.listed[0]?.carrier?.config).toMatchObject({ whatsApp })
  })

  it.each<[Vars, object]>([
    [{ TWILIO_WHATSAPP_FROM }, isMissing('TWILIO_WHATSAPP_CONTENT_SID')],
    [
      { TWILIO_WHATSAPP_CONTENT_SID },
      { variable: 'TWILIO_WHATSAPP_FROM', problem: 'or TWILIO_MESSAGING_SERVICE_SID is missing' },
    ],
  ])('lacks something with %j', (vars, problem) => {
    expect(configOf({ ...CARRIER, ...vars }).sending).toEqual({
      state: 'not_configured',
      problems: [problem],
    })
  })
})
