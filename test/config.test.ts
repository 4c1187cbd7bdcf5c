import { describe, expect, it } from 'vitest'
import { type Config, readConfig } from '../src/config'
import type { Problem } from '../src/engine'
import { VARIABLE_NAMES } from '../src/variables'

type Vars = Parameters<typeof readConfig>[0]

const SECRET = btoa('thirty-two bytes for these tests')
const HEX = '0123456789abcdefABCDEF0123456789'

/** All that the own engine needs, and no more. */
const CARRIER = {
  VERGE_SECRET: SECRET,
  TWILIO_ACCOUNT_SID: `AC${HEX}`,
  TWILIO_AUTH_TOKEN: 'the auth token',
  TWILIO_FROM_NUMBER: '+15005550006',
}

function configOf(vars: Vars): Config {
  const read = readConfig(vars)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.config
}

function problemsOf(vars: Vars): Problem[] {
  const read = readConfig(vars)
  return read.ok ? [] : read.problems
}

const without = (name: keyof typeof CARRIER): Vars => ({ ...CARRIER, [name]: undefined })

describe('with nothing set, the configuration', () => {
  it('simulates, with every default', () => {
    expect(readConfig({})).toEqual({
      ok: true,
      config: {
        environment: 'development',
        simulated: true,
        sending: { state: 'ready', engine: 'simulation' },
        secret: expect.any(String),
        apiKeys: [],
        allowedOrigins: [],
        publicBaseUrl: undefined,
        jurisdiction: undefined,
        twilio: null,
        otp: { length: 6, lifetimeMs: 600_000, maxAttempts: 5 },
        purposes: ['verify', 'login', 'admin_2fa'],
        cooldownsMs: [60_000, 60_000, 120_000, 300_000, 600_000],
        sends: { limit: 5, windowMs: 3_600_000 },
        defaultCountry: undefined,
        allowedCountries: [],
        auditRetentionMs: 90 * 86_400_000,
      } satisfies Config,
    })
  })

  it('has a development secret of 32 bytes, always the same', () => {
    const { secret } = configOf({})
    expect(atob(secret ?? '')).toHaveLength(32)
    expect(configOf({}).secret).toBe(secret)
  })

  it('is the same where every variable is empty', () => {
    const empty = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, '']))
    expect(readConfig(empty)).toEqual(readConfig({}))
  })

  it('is the same where bindings and variables of others stand beside', () => {
    const others = { LEDGER: {}, AUDIT: {}, PATH: '/bin', OTHER: 'x' }
    expect(readConfig(others as Vars)).toEqual(readConfig({}))
  })
})

describe('a variable', () => {
  it.each<[Vars, Partial<Config>]>([
    [{ ENVIRONMENT: 'staging' }, { environment: 'staging' }],
    [{ VERGE_SECRET: SECRET }, { secret: SECRET }],
    [
      { API_KEYS: 'app:0123456789abcdef, back.end-2:a:b=c/d+e~f!ghij0' },
      {
        apiKeys: [
          { name: 'app', key: '0123456789abcdef' },
          { name: 'back.end-2', key: 'a:b=c/d+e~f!ghij0' },
        ],
      },
    ],
    [{ ALLOWED_ORIGINS: '*' }, { allowedOrigins: ['*'] }],
    [
      { ALLOWED_ORIGINS: 'https://a.example/, http://localhost:3000,https://b.example:8443' },
      {
        allowedOrigins: ['https://a.example', 'http://localhost:3000', 'https://b.example:8443'],
      },
    ],
    [{ PUBLIC_BASE_URL: 'https://sms.example.com/' }, { publicBaseUrl: 'https://sms.example.com' }],
    [{ PUBLIC_BASE_URL: 'http://127.0.0.1:8787' }, { publicBaseUrl: 'http://127.0.0.1:8787' }],
    [{ PUBLIC_BASE_URL: 'http://[::1]:8787' }, { publicBaseUrl: 'http://[::1]:8787' }],
    [{ JURISDICTION: 'eu' }, { jurisdiction: 'eu' }],
    [{ JURISDICTION: 'us' }, { jurisdiction: 'us' }],
    [{ OTP_LENGTH: '4' }, { otp: { length: 4, lifetimeMs: 600_000, maxAttempts: 5 } }],
    [{ OTP_LENGTH: '10' }, { otp: { length: 10, lifetimeMs: 600_000, maxAttempts: 5 } }],
    [{ OTP_EXPIRATION_MINUTES: '0.5' }, { otp: { length: 6, lifetimeMs: 30_000, maxAttempts: 5 } }],
    [
      { OTP_EXPIRATION_MINUTES: '60' },
      { otp: { length: 6, lifetimeMs: 3_600_000, maxAttempts: 5 } },
    ],
    [{ OTP_MAX_ATTEMPTS: '1' }, { otp: { length: 6, lifetimeMs: 600_000, maxAttempts: 1 } }],
    [{ OTP_MAX_ATTEMPTS: '100' }, { otp: { length: 6, lifetimeMs: 600_000, maxAttempts: 100 } }],
    [{ PURPOSES: 'sign_up, payment,2fa' }, { purposes: ['sign_up', 'payment', '2fa'] }],
    [{ RESEND_COOLDOWN_SECONDS: '1' }, { cooldownsMs: [1000] }],
    [{ RESEND_COOLDOWN_SECONDS: '30, 86400' }, { cooldownsMs: [30_000, 86_400_000] }],
    [{ SMS_RATE_LIMIT_PER_NUMBER: '1' }, { sends: { limit: 1, windowMs: 3_600_000 } }],
    [{ SMS_RATE_LIMIT_PER_NUMBER: '1000' }, { sends: { limit: 1000, windowMs: 3_600_000 } }],
    [{ SMS_RATE_LIMIT_WINDOW: '60' }, { sends: { limit: 5, windowMs: 60_000 } }],
    [{ SMS_RATE_LIMIT_WINDOW: '86400' }, { sends: { limit: 5, windowMs: 86_400_000 } }],
    [{ DEFAULT_COUNTRY: 'bd' }, { defaultCountry: 'BD' }],
    [{ ALLOWED_COUNTRIES: 'US,gb, BD' }, { allowedCountries: ['US', 'GB', 'BD'] }],
    [{ AUDIT_RETENTION_DAYS: '1' }, { auditRetentionMs: 86_400_000 }],
    [{ AUDIT_RETENTION_DAYS: '3650' }, { auditRetentionMs: 3650 * 86_400_000 }],
  ])('%j sets its part and nothing else', (vars, part) => {
    expect(configOf(vars)).toEqual({ ...configOf({}), ...part })
  })

  it('may be a number or a boolean, as wrangler.toml has them', () => {
    expect(configOf({ OTP_LENGTH: 8 }).otp.length).toBe(8)
    expect(configOf({ SMS_ENABLED: true }).sending.state).toBe('ready')
    expect(configOf({ SMS_ENABLED: false }).sending.state).toBe('disabled')
  })
})

describe('a malformed variable', () => {
  const NUMBERS = {
    OTP_LENGTH: [4, 10],
    OTP_EXPIRATION_MINUTES: [0.5, 60],
    OTP_MAX_ATTEMPTS: [1, 100],
    SMS_RATE_LIMIT_PER_NUMBER: [1, 1000],
    SMS_RATE_LIMIT_WINDOW: [60, 86_400],
    AUDIT_RETENTION_DAYS: [1, 3650],
  } as const

  it.each(
    Object.entries(NUMBERS).flatMap(([name, [min, max]]) =>
      [String(min - 0.1), String(max + 0.1), '-1', 'ten', 'Infinity', 'NaN', '6,7', '1_0'].map(
        (value) => [name, value, `must be a number from ${min} to ${max}`] as const,
      ),
    ),
  )('%s=%s: %s…', (variable, value, problem) => {
    expect(problemsOf({ [variable]: value })).toContainEqual({ variable, problem })
  })

  it.each([
    'OTP_LENGTH',
    'OTP_MAX_ATTEMPTS',
    'SMS_RATE_LIMIT_PER_NUMBER',
    'SMS_RATE_LIMIT_WINDOW',
    'AUDIT_RETENTION_DAYS',
  ])('%s is refused where it is not whole', (variable) => {
    const value = variable === 'SMS_RATE_LIMIT_WINDOW' ? '60.5' : '5.5'
    expect(problemsOf({ [variable]: value })).toEqual([
      { variable, problem: 'must be a whole number' },
    ])
  })

  const sid = (prefix: string) => [
    [`${prefix}${HEX.slice(1)}`, `must be ${prefix} and 32 hex digits`],
    [`${prefix}${HEX}0`, `must be ${prefix} and 32 hex digits`],
    [`${prefix}${HEX.slice(1)}g`, `must be ${prefix} and 32 hex digits`],
    [`XX${HEX}`, `must be ${prefix} and 32 hex digits`],
    [`${prefix}${HEX}/../x`, `must be ${prefix} and 32 hex digits`],
  ]
  const originProblem =
    'must be an origin such as https://example.com, without a path (http for loopback only)'
  const origins = [
    'sms.example.com',
    'http://sms.example.com',
    'https://sms.example.com/v1',
    'https://sms.example.com/?a=b',
    'https://who:ever@sms.example.com',
    'http://localhost.example.com',
    'javascript:alert(1)',
    'https://',
  ].map((value) => [value, originProblem])

  const MALFORMED: { [variable: string]: string[][] } = {
    ENVIRONMENT: ['prod', 'Production'].map((value) => [
      value,
      'must be development, staging or production',
    ]),
    SMS_ENABLED: ['0', 'no', 'False'].map((value) => [value, 'must be true or false']),
    VERGE_SECRET: ['hunter2', btoa('one byte short of thirty-two..'), `${SECRET}-_`, '€'].map(
      (value) => [value, 'must be at least 32 random bytes in base64 (openssl rand -base64 32)'],
    ),
    API_KEYS: [
      'app',
      'app:123456789abcdef',
      ':0123456789abcdef',
      'a b:0123456789abcdef',
      'app:0123456789 abcdef',
      'ok:0123456789abcdef,app:ключ-ключ-ключ-ключ',
    ].map((value) => [value, 'must be name:key, the key of at least 16 characters']),
    ALLOWED_ORIGINS: [...origins, ['https://a.example,http://b.example', originProblem]],
    PUBLIC_BASE_URL: origins,
    JURISDICTION: ['EU', 'fr', 'eu,us'].map((value) => [value, 'must be eu or us']),
    TWILIO_ACCOUNT_SID: sid('AC'),
    TWILIO_API_KEY_SID: sid('SK'),
    TWILIO_MESSAGING_SERVICE_SID: sid('MG'),
    TWILIO_VERIFY_SERVICE_SID: sid('VA'),
    TWILIO_BASE_URL: origins,
    TWILIO_VERIFY_BASE_URL: origins,
    PURPOSES: [
      ...['Login', 'log-in', 'log in', 'x'.repeat(33), 'verify,Ünïcode'].map((value) => [
        value,
        'must be names of a-z, 0-9 and _',
      ]),
      [',', 'must name at least one'],
    ],
    RESEND_COOLDOWN_SECONDS: [
      ['0', 'must be a number from 1 to 86400'],
      ['86401', 'must be a number from 1 to 86400'],
      ['60;60', 'must be a number from 1 to 86400'],
      ['60,1.5', 'must be a whole number'],
      [' , ', 'must name at least one'],
    ],
    DEFAULT_COUNTRY: ['UK', 'USA', '44', 'Bangladesh'].map((value) => [
      value,
      'must be ISO 3166 codes of two letters, such as US',
    ]),
    ALLOWED_COUNTRIES: ['UK', 'US;GB', 'US GB', 'US,XX'].map((value) => [
      value,
      'must be ISO 3166 codes of two letters, such as US',
    ]),
  }

  it.each(
    Object.entries(MALFORMED).flatMap(([variable, cases]) =>
      cases.map(([value, problem]) => [variable, value, problem] as const),
    ),
  )('%s=%j %s', (variable, value, problem) => {
    expect(problemsOf({ [variable]: value })).toEqual([{ variable, problem }])
  })

  it.each(
    [...Object.keys(MALFORMED), ...Object.keys(NUMBERS)].map((variable) => [variable] as const),
  )('%s never has its value repeated', (variable) => {
    const value = 'correct-horse-battery-staple'
    const problems = problemsOf({ [variable]: value })
    expect(problems.map((problem) => problem.variable)).toEqual([variable])
    expect(JSON.stringify(problems)).not.toMatch(/horse|staple/)
  })

  it('is named together with every other', () => {
    const problems = problemsOf({ OTP_LENGTH: '3', ENVIRONMENT: 'prod', JWT_SECRET: 'x' })
    expect(problems.map(({ variable }) => variable).sort()).toEqual([
      'ENVIRONMENT',
      'JWT_SECRET',
      'OTP_LENGTH',
    ])
  })

  it('is a token that no HTTP header can hold', () => {
    const problems = problemsOf({ ...CARRIER, TWILIO_AUTH_TOKEN: 'pasted “with” quotes' })
    expect(problems.map(({ variable }) => variable)).toEqual(['TWILIO_AUTH_TOKEN'])
  })

  it('is no origin with another scheme, on loopback either', () => {
    expect(problemsOf({ PUBLIC_BASE_URL: 'ftp://localhost' })).toHaveLength(1)
  })
})

describe('another name of a variable', () => {
  const twilio = configOf(CARRIER).twilio

  it('is as good as the first', () => {
    const vars = { ...without('TWILIO_FROM_NUMBER'), TWILIO_PHONE_NUMBER: '+15005550006' }
    expect(configOf(vars).twilio).toEqual(twilio)
    expect(configOf(vars).sending).toEqual({ state: 'ready', engine: 'own' })
  })

  it('stands for the Verify service', () => {
    expect(configOf({ ...CARRIER, TWILIO_SERVICE_SID: `VA${HEX}` }).sending).toEqual(
      configOf({ ...CARRIER, TWILIO_VERIFY_SERVICE_SID: `VA${HEX}` }).sending,
    )
  })

  it('may stand beside the first where both say the same', () => {
    const vars = { ...CARRIER, TWILIO_PHONE_NUMBER: CARRIER.TWILIO_FROM_NUMBER }
    expect(configOf(vars).twilio).toEqual(twilio)
  })

  it.each([
    ['TWILIO_PHONE_NUMBER', 'TWILIO_FROM_NUMBER', '+15005550006', '+15005550007'],
    ['TWILIO_SERVICE_SID', 'TWILIO_VERIFY_SERVICE_SID', `VA${HEX}`, `VA${'0'.repeat(32)}`],
  ])('%s is refused where it contradicts %s', (alias, name, value, other) => {
    const problems = problemsOf({ [alias]: value, [name]: other })
    expect(problems).toEqual([
      { variable: alias, problem: `differs from ${name}, for which it is another name` },
    ])
  })

  it('is named itself where it is malformed', () => {
    expect(problemsOf({ TWILIO_SERVICE_SID: 'VA' }).map(({ variable }) => variable)).toEqual([
      'TWILIO_SERVICE_SID',
    ])
  })

  it('counts as unset where it is empty', () => {
    expect(configOf({ ...CARRIER, TWILIO_PHONE_NUMBER: '' }).twilio).toEqual(twilio)
  })
})

describe('a name kept for later', () => {
  it.each([
    'SMS_PROVIDERS',
    'SMS_ROUTES',
    'MESSAGE_RATE_LIMIT_PER_NUMBER',
    'VONAGE_API_KEY',
    'VONAGE_API_SECRET',
    'VONAGE_APPLICATION_ID',
    'VONAGE_PRIVATE_KEY',
    'VONAGE_SIGNATURE_SECRET',
    'VONAGE_FROM',
    'VONAGE_BASE_URL',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_REGION',
    'AWS_SMS_ORIGINATION',
    'AWS_SMS_BASE_URL',
    'HTTP_PROVIDERS',
    'JWT_SECRET',
    'JWT_JWKS_URL',
    'JWT_ISSUER',
    'JWT_AUDIENCE',
    'JWT_PHONE_CLAIM',
    'JWT_EMAIL_CLAIM',
    'JWT_COOKIE',
  ])('is refused by name: %s', (variable) => {
    expect(problemsOf({ ...CARRIER, [variable]: 'a value' })).toEqual([
      { variable, problem: 'is not used by this version; unset it' },
    ])
  })
})

describe('the engine', () => {
  const OWN = { state: 'ready', engine: 'own' }
  const SIMULATION = { state: 'ready', engine: 'simulation' }
  const API_KEY = { TWILIO_API_KEY_SID: `SK${HEX}`, TWILIO_API_KEY_SECRET: 'the key secret' }
  const SERVICE = { TWILIO_MESSAGING_SERVICE_SID: `MG${HEX}` }
  const sendingWith = (vars: Vars) => configOf(vars).sending
  const missingWith = (vars: Vars) => {
    const sending = sendingWith(vars)
    return sending.state === 'not_configured' && sending.problems.map(({ variable }) => variable)
  }

  it.each(['development', 'staging'])('is the simulation without secrets in %s', (ENVIRONMENT) => {
    expect(sendingWith({ ENVIRONMENT })).toEqual(SIMULATION)
  })

  it('is none without secrets in production, which would hand out codes on a console', () => {
    expect(missingWith({ ENVIRONMENT: 'production' })).toEqual([
      'VERGE_SECRET',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
      'TWILIO_FROM_NUMBER',
    ])
    expect(configOf({ ENVIRONMENT: 'production' }).secret).toBe(null)
  })

  it.each<[string, Vars]>([
    ['its secret alone', { VERGE_SECRET: SECRET }],
    ['API keys for callers', { API_KEYS: 'app:0123456789abcdef' }],
    ['base URLs', { TWILIO_BASE_URL: 'http://localhost:9000' }],
  ])('is the simulation with %s', (_, vars) => {
    expect(sendingWith(vars)).toEqual(SIMULATION)
  })

  it.each(['development', 'staging', 'production'])(
    'is its own in %s with account, sender and secret',
    (ENVIRONMENT) => {
      expect(sendingWith({ ...CARRIER, ENVIRONMENT })).toEqual(OWN)
    },
  )

  const SECRET_MISSING = 'VERGE_SECRET'
  const ACCOUNT = 'TWILIO_ACCOUNT_SID'
  const TOKEN = 'TWILIO_AUTH_TOKEN'
  const SENDER = 'TWILIO_FROM_NUMBER'

  it.each<[string, Vars, string[]]>([
    ['an account alone', { TWILIO_ACCOUNT_SID: `AC${HEX}` }, [SECRET_MISSING, TOKEN, SENDER]],
    ['a token alone', { TWILIO_AUTH_TOKEN: 'token' }, [SECRET_MISSING, ACCOUNT, SENDER]],
    ['a sender alone', { TWILIO_FROM_NUMBER: '+15005550006' }, [SECRET_MISSING, ACCOUNT, TOKEN]],
    ['a Messaging Service alone', SERVICE, [SECRET_MISSING, ACCOUNT, TOKEN]],
    ['an API key alone', API_KEY, [SECRET_MISSING, ACCOUNT, TOKEN, SENDER]],
    ['no account', without('TWILIO_ACCOUNT_SID'), [ACCOUNT]],
    ['no token', without('TWILIO_AUTH_TOKEN'), [TOKEN]],
    ['a token of blanks', { ...CARRIER, TWILIO_AUTH_TOKEN: '  ' }, [TOKEN]],
    [
      'no token but an API key, for callbacks are signed with the token',
      { ...without('TWILIO_AUTH_TOKEN'), ...API_KEY },
      [TOKEN],
    ],
    ['no sender', without('TWILIO_FROM_NUMBER'), [SENDER]],
    ['no secret', without('VERGE_SECRET'), [SECRET_MISSING]],
    [
      'an API key without its secret',
      { ...CARRIER, TWILIO_API_KEY_SID: `SK${HEX}` },
      ['TWILIO_API_KEY_SECRET'],
    ],
    [
      'the secret of an API key without the key',
      { ...CARRIER, TWILIO_API_KEY_SECRET: 'the key secret' },
      ['TWILIO_API_KEY_SID'],
    ],
    [
      'a Verify service, which is not built yet',
      { ...CARRIER, TWILIO_VERIFY_SERVICE_SID: `VA${HEX}` },
      ['TWILIO_VERIFY_SERVICE_SID'],
    ],
  ])('is none with %s, and names all that is missing', (_, vars, missing) => {
    expect(missingWith(vars)).toEqual(missing)
  })

  it('is never the simulation where anything of a carrier is set', () => {
    expect(configOf(without('VERGE_SECRET')).secret).toBe(null)
    expect(sendingWith({ TWILIO_FROM_NUMBER: '+15005550006' }).state).toBe('not_configured')
  })

  it.each<[string, Vars]>([
    ['with a carrier', CARRIER],
    ['in simulation', {}],
    ['half configured', without('TWILIO_AUTH_TOKEN')],
    ['in production without secrets', { ENVIRONMENT: 'production' }],
  ])('sends nothing %s where SMS_ENABLED is false', (_, vars) => {
    expect(sendingWith({ ...vars, SMS_ENABLED: 'false' })).toEqual({ state: 'disabled' })
  })

  it('knows its carrier', () => {
    expect(configOf(CARRIER).twilio).toEqual({
      accountSid: `AC${HEX}`,
      authToken: 'the auth token',
      apiKey: null,
      from: '+15005550006',
      messagingServiceSid: undefined,
      baseUrl: 'https://api.twilio.com',
    })
  })

  it('knows all of its carrier', () => {
    const vars = {
      ...CARRIER,
      ...API_KEY,
      ...SERVICE,
      TWILIO_BASE_URL: 'http://localhost:9000/',
    }
    expect(sendingWith(vars)).toEqual(OWN)
    expect(configOf(vars).twilio).toEqual({
      accountSid: `AC${HEX}`,
      authToken: 'the auth token',
      apiKey: { sid: `SK${HEX}`, secret: 'the key secret' },
      from: '+15005550006',
      messagingServiceSid: `MG${HEX}`,
      baseUrl: 'http://localhost:9000',
    })
  })

  it('sends through a Messaging Service without a number', () => {
    const vars = { ...without('TWILIO_FROM_NUMBER'), ...SERVICE }
    expect(sendingWith(vars)).toEqual(OWN)
    expect(configOf(vars).twilio).toMatchObject({
      from: undefined,
      messagingServiceSid: `MG${HEX}`,
    })
  })
})
