import { describe, expect, it } from 'vitest'
import { type Config, readConfig } from '../../src/config'
import { CHANNELS } from '../../src/domain/record'
import { chainOf } from '../../src/providers/configured'
import type { Failure } from '../../src/providers/provider'

const T0 = 1_800_000_000_000
const REVOKED: Failure = {
  ok: false,
  kind: 'misconfigured',
  retry: false,
  refusal: 'temporarily_unavailable',
  account: true,
  reason: '20003',
}

describe('the chain of a configuration', () => {
  const configOf = (vars: Parameters<typeof readConfig>[0]): Config => {
    const read = readConfig(vars)
    if (!read.ok) throw new Error(JSON.stringify(read.problems))
    return read.config
  }
  const chainFor = (vars: Parameters<typeof readConfig>[0]) => chainOf(configOf(vars))
  const namesFor = (vars: Parameters<typeof readConfig>[0], country: string | null = null) =>
    chainFor(vars)
      .messengersFor({ channel: 'sms', country })
      .map(({ name }) => name)

  const TWILIO = {
    VERGE_SECRET: btoa('thirty-two bytes for these tests'),
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'the auth token',
    TWILIO_FROM_NUMBER: '+15005550006',
  }
  const VERIFY = { ...TWILIO, TWILIO_VERIFY_SERVICE_SID: `VA${'0'.repeat(32)}` }
  const local = { url: 'https://sms.example.com/send', json: { to: '{to}', text: '{text}' } }
  const ALL = {
    ...TWILIO,
    VONAGE_API_KEY: 'key',
    VONAGE_API_SECRET: 'secret',
    VONAGE_FROM: 'Acme',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
    TELNYX_API_KEY: 'key',
    TELNYX_FROM: '+12025550100',
    PLIVO_AUTH_ID: 'id',
    PLIVO_AUTH_TOKEN: 'token',
    PLIVO_FROM: '+12025550101',
    HTTP_PROVIDERS: JSON.stringify({ local, other: local }),
  }
  const SIX = ['twilio', 'vonage', 'aws', 'telnyx', 'plivo', 'http:local', 'http:other']

  it.each([
    ['the simulation', {}, ['simulation']],
    ['Twilio', TWILIO, ['twilio']],
    ['everyone, as listed in the documentation', ALL, SIX],
    [
      'who SMS_PROVIDERS names, in its order',
      { ...ALL, SMS_PROVIDERS: 'http:local, twilio,vonage' },
      ['http:local', 'twilio', 'vonage'],
    ],
    ['each once', { ...ALL, SMS_PROVIDERS: 'aws,twilio,aws' }, ['aws', 'twilio']],
    ['nobody where sending is switched off', { ...TWILIO, SMS_ENABLED: 'false' }, []],
    ['nobody where something is missing', { ...TWILIO, VERGE_SECRET: '' }, []],
    ['nobody where one of several lacks something', { ...ALL, VONAGE_FROM: '' }, []],
    ['nobody in production without secrets', { ENVIRONMENT: 'production' }, []],
    ['nobody where Twilio Verify does it all', { ...VERIFY, TWILIO_FROM_NUMBER: '' }, []],
  ])('is %s', (_, vars, names) => {
    expect(namesFor(vars)).toEqual(names)
  })

  it('has an order of its own where SMS_ROUTES names the country, alone or in a list', () => {
    const vars = {
      ...ALL,
      SMS_PROVIDERS: 'twilio,vonage',
      SMS_ROUTES: JSON.stringify({ BD: ['http:local', 'twilio'], 'US,CA': ['telnyx'] }),
    }
    expect(namesFor(vars, 'BD')).toEqual(['http:local', 'twilio'])
    expect(namesFor(vars, 'US')).toEqual(['telnyx'])
    expect(namesFor(vars, 'CA')).toEqual(['telnyx'])
    for (const country of ['GB', null])
      expect(namesFor(vars, country)).toEqual(['twilio', 'vonage'])
  })

  it('shows all that can send, once each, however often they are named', () => {
    const vars = {
      ...ALL,
      ...VERIFY,
      SMS_PROVIDERS: 'twilio,vonage',
      SMS_ROUTES: JSON.stringify({ BD: ['http:local', 'twilio'] }),
    }
    const { all, verifier, messengersFor } = chainFor(vars)
    const names = ['twilio-verify', 'twilio', 'twilio:call', 'vonage', 'http:local']
    expect(all.map(({ name }) => name)).toEqual(names)
    expect(verifier).toBe(all[0])
    expect(messengersFor({ channel: 'sms', country: 'BD' })).toEqual([all[4], all[1]])
  })

  it('has a verifier only where a service is named', () => {
    expect(chainFor(VERIFY).verifier?.name).toBe('twilio-verify')
    for (const vars of [TWILIO, {}, { ...VERIFY, SMS_ENABLED: 'false' }])
      expect(chainFor(vars).verifier).toBe(null)
  })

  it('has circuits of its own', () => {
    const [one, other] = [chainFor(TWILIO), chainFor(TWILIO)]
    one.circuits.asked('twilio', T0)(REVOKED, T0)
    expect(one.circuits.rests('twilio', T0)).toBe(true)
    expect(other.circuits.rests('twilio', T0)).toBe(false)
  })

  const WHATSAPP = { ...TWILIO, TWILIO_WHATSAPP_CONTENT_SID: `HX${'0'.repeat(32)}` }
  const BINDING = { EMAIL: { send: async () => ({ messageId: '1' }) } }
  const FROM = { VERGE_SECRET: TWILIO.VERGE_SECRET, EMAIL_FROM: 'codes@example.com' }
  const SENDGRID = { ...FROM, SENDGRID_API_KEY: 'the key' }
  const NOBODY = { sms: [], call: [], whatsapp: [], email: [] }

  it.each<[string, Parameters<typeof readConfig>[0], object]>([
    ['texts and calls, from a number', TWILIO, { sms: ['twilio'], call: ['twilio:call'] }],
    ['texts, from a name', { ...TWILIO, TWILIO_FROM_NUMBER: 'Acme' }, { sms: ['twilio'] }],
    ['texts, from a short code', { ...TWILIO, TWILIO_FROM_NUMBER: '24242' }, { sms: ['twilio'] }],
    [
      'texts and WhatsApp, from a Messaging Service with a template',
      {
        ...WHATSAPP,
        TWILIO_FROM_NUMBER: '',
        TWILIO_MESSAGING_SERVICE_SID: `MG${'0'.repeat(32)}`,
      },
      { sms: ['twilio'], whatsapp: ['twilio:whatsapp'] },
    ],
    [
      'all three, from a number that WhatsApp knows too',
      { ...WHATSAPP, TWILIO_WHATSAPP_FROM: '+15005550006' },
      { sms: ['twilio'], call: ['twilio:call'], whatsapp: ['twilio:whatsapp'] },
    ],
    ['mail by SendGrid', SENDGRID, { email: ['email:sendgrid'] }],
    ['mail by the binding', { ...FROM, ...BINDING }, { email: ['email:cloudflare'] }],
    [
      'mail by the binding first, where SendGrid is there too',
      { ...SENDGRID, ...BINDING },
      { email: ['email:cloudflare', 'email:sendgrid'] },
    ],
    [
      'texts by others, whom mail does not concern',
      { ...ALL, ...SENDGRID, SMS_PROVIDERS: 'telnyx,vonage' },
      { sms: ['telnyx', 'vonage'], email: ['email:sendgrid'] },
    ],
  ])('sends %s', (_, vars, names) => {
    const { messengersFor, channels } = chainFor(vars)
    const offered = Object.fromEntries(
      CHANNELS.map((channel) => [
        channel,
        messengersFor({ channel, country: 'US' }).map(({ name }) => name),
      ]),
    )
    expect(offered).toEqual({ ...NOBODY, ...names })
    expect(channels).toEqual(Object.keys(names))
  })

  it('has an order by country for texts alone', () => {
    const vars = {
      ...TWILIO,
      ...SENDGRID,
      HTTP_PROVIDERS: ALL.HTTP_PROVIDERS,
      SMS_ROUTES: '{"BD": ["http:local"]}',
    }
    const { messengersFor } = chainFor(vars)
    const names = CHANNELS.map((channel) => messengersFor({ channel, country: 'BD' })[0]?.name)
    expect(names).toEqual(['http:local', 'twilio:call', undefined, 'email:sendgrid'])
  })

  it('offers every channel in the simulation and with Twilio Verify, and of them what CHANNELS names', () => {
    for (const vars of [{}, { ...VERIFY, TWILIO_FROM_NUMBER: '' }]) {
      expect(chainFor(vars).channels).toEqual(['sms', 'call', 'whatsapp', 'email'])
      expect(chainFor({ ...vars, CHANNELS: 'email, sms' }).channels).toEqual(['sms', 'email'])
    }
    expect(chainFor({ ...TWILIO, CHANNELS: 'sms,email' }).channels).toEqual(['sms'])
  })
})
