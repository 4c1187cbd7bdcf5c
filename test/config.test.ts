import { describe, expect, it } from 'vitest'
import { type Config, readConfig } from '../src/config'
import { CODE_WORDING, codeWordsOf } from '../src/domain/code-text'
import { templatesOf } from '../src/domain/template'
import { VARIABLE_NAMES, variables } from '../src/variables'
import {
  CARRIER,
  configOf,
  EXAMPLE,
  HEX,
  problemsOf,
  SECRET,
  type Vars,
  VERIFY,
  without,
} from './configuration'

const NO_SIGNER = {
  variable: 'JWT_SECRET',
  problem: 'or JWT_JWKS_URL is missing: no token can be read',
}
const JWT_SECRET = 'the secret of the application'.padEnd(32, '!')
const TOKENS = {
  signedBy: { secret: JWT_SECRET },
  issuer: undefined,
  audience: undefined,
  phoneClaim: 'phone_number',
  emailClaim: 'email',
  cookie: 'access_token',
}

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
        carriers: { listed: [], order: [], orderIn: {} },
        verify: null,
        customCode: false,
        twilioAuthTokens: [],
        vonageSignatureSecret: undefined,
        otp: { length: 6, lifetimeMs: 600_000, maxAttempts: 5 },
        purposes: ['verify', 'login', 'admin_2fa'],
        codeWords: {
          templates: templatesOf(CODE_WORDING),
          inFull: templatesOf(CODE_WORDING),
          webOtpHost: undefined,
          appHash: undefined,
          smartEncoding: false,
        },
        channels: ['sms', 'call', 'whatsapp', 'email'],
        messages: {
          limit: 20,
          windowMs: 3_600_000,
          repeatUnknown: false,
          templates: new Map(),
          maxSegments: 10,
          smartEncoding: false,
        },
        cooldownsMs: [60_000, 60_000, 120_000, 300_000, 600_000],
        sends: { limit: 5, windowMs: 3_600_000 },
        defaultCountry: undefined,
        allowedCountries: [],
        auditRetentionMs: 90 * 86_400_000,
        compat: [],
        tokens: [NO_SIGNER],
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

const { messages: MESSAGES, sends: SENDS } = configOf({})
/** Codes and messages have windows of one length. */
const inWindow = (windowMs: number) => ({
  sends: { ...SENDS, windowMs },
  messages: { ...MESSAGES, windowMs },
})

describe('a variable', () => {
  const { messages: MESSAGES } = configOf({})
  const CODES = {
    wording: {},
    webOtpHost: undefined,
    appHash: undefined,
    smartEncoding: false,
  }

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
    [
      {
        MESSAGE_TEMPLATES:
          '{"hi": {"en": "Hi {name}!", "pt-BR": "Oi, {nome_2}"}, "a-1": {"de": "A"}}',
      },
      {
        messages: {
          ...MESSAGES,
          templates: new Map([
            [
              'hi',
              {
                texts: new Map([
                  ['en', ['Hi ', 'name', '!']],
                  ['pt-br', ['Oi, ', 'nome_2', '']],
                ]),
                placeholders: new Set(['name', 'nome_2']),
              },
            ],
            ['a-1', { texts: new Map([['de', ['A']]]), placeholders: new Set<string>() }],
          ]),
        },
      },
    ],
    [{ MESSAGE_MAX_SEGMENTS: '1' }, { messages: { ...MESSAGES, maxSegments: 1 } }],
    [{ MESSAGE_MAX_SEGMENTS: '10' }, { messages: { ...MESSAGES, maxSegments: 10 } }],
    [
      { SMART_ENCODING: 'true' },
      {
        messages: { ...MESSAGES, smartEncoding: true },
        codeWords: codeWordsOf({ ...CODES, smartEncoding: true }),
      },
    ],
    [
      { CODE_TEMPLATES: '{"*": {"en": "{code}!"}, "login": {"fr": "{code} {lifetime} {code}"}}' },
      {
        codeWords: codeWordsOf({
          ...CODES,
          wording: { '*': { en: '{code}!' }, login: { fr: '{code} {lifetime} {code}' } },
        }),
      },
    ],
    [
      { WEBOTP_HOST: 'App.Example.com', ANDROID_APP_HASH: 'He42w354ol9' },
      {
        codeWords: codeWordsOf({
          ...CODES,
          webOtpHost: 'app.example.com',
          appHash: 'He42w354ol9',
        }),
      },
    ],
    [{ CHANNELS: 'email, sms,email' }, { channels: ['sms', 'email'] }],
    [{ RESEND_COOLDOWN_SECONDS: '1' }, { cooldownsMs: [1000] }],
    [{ RESEND_COOLDOWN_SECONDS: '30, 86400' }, { cooldownsMs: [30_000, 86_400_000] }],
    [{ SMS_RATE_LIMIT_PER_NUMBER: '1' }, { sends: { limit: 1, windowMs: 3_600_000 } }],
    [{ SMS_RATE_LIMIT_PER_NUMBER: '1000' }, { sends: { limit: 1000, windowMs: 3_600_000 } }],
    [{ SMS_RATE_LIMIT_WINDOW: '60' }, inWindow(60_000)],
    [{ SMS_RATE_LIMIT_WINDOW: '86400' }, inWindow(86_400_000)],
    [{ MESSAGE_RATE_LIMIT_PER_NUMBER: '1' }, { messages: { ...MESSAGES, limit: 1 } }],
    [{ MESSAGE_REPEAT_UNKNOWN: 'true' }, { messages: { ...MESSAGES, repeatUnknown: true } }],
    [{ DEFAULT_COUNTRY: 'bd' }, { defaultCountry: 'BD' }],
    [{ ALLOWED_COUNTRIES: 'US,gb, BD' }, { allowedCountries: ['US', 'GB', 'BD'] }],
    [{ TWILIO_VERIFY_CUSTOM_CODE: 'true' }, { customCode: true }],
    [{ COMPAT: 'mestore, chaski' }, { compat: ['mestore', 'chaski'] }],
    [{ COMPAT: 'chaski' }, { compat: ['chaski'] }],
    [{ JWT_SECRET }, { tokens: TOKENS }],
    [
      { JWT_SECRET: 'x'.repeat(32) },
      { tokens: { ...TOKENS, signedBy: { secret: 'x'.repeat(32) } } },
    ],
    ...['https://id.example/jwks?a=b', 'http://127.0.0.1:9000/jwks', 'https://id.example'].map(
      (JWT_JWKS_URL): [Vars, Partial<Config>] => [
        { JWT_JWKS_URL },
        { tokens: { ...TOKENS, signedBy: { keysAt: JWT_JWKS_URL } } },
      ],
    ),
    [
      {
        JWT_SECRET,
        JWT_ISSUER: 'https://id.example/',
        JWT_AUDIENCE: 'api',
        JWT_PHONE_CLAIM: 'https://app.example/phone',
        JWT_EMAIL_CLAIM: 'mail',
        JWT_COOKIE: '__Host-token',
      },
      {
        tokens: {
          ...TOKENS,
          issuer: 'https://id.example/',
          audience: 'api',
          phoneClaim: 'https://app.example/phone',
          emailClaim: 'mail',
          cookie: '__Host-token',
        },
      },
    ],
    [
      { JWT_SECRET, JWT_JWKS_URL: 'https://id.example/jwks' },
      {
        tokens: [
          { variable: 'JWT_SECRET', problem: 'and JWT_JWKS_URL are both set; only one may be' },
        ],
      },
    ],
    [{ AUDIT_RETENTION_DAYS: '1' }, { auditRetentionMs: 86_400_000 }],
    [{ AUDIT_RETENTION_DAYS: '3650' }, { auditRetentionMs: 3650 * 86_400_000 }],
  ])('%j sets its part and nothing else', (vars, part) => {
    expect(configOf(vars)).toEqual({ ...configOf({}), ...part })
  })

  it('signs Twilio’s callbacks, whoever sends', () => {
    const tokensOf = (vars: Vars) => configOf(vars).twilioAuthTokens
    const secondary = { TWILIO_AUTH_TOKEN_SECONDARY: 'the next one' }
    expect(tokensOf(CARRIER)).toEqual(['the auth token'])
    expect(tokensOf({ ...CARRIER, SMS_PROVIDERS: 'telnyx' })).toEqual(['the auth token'])
    expect(tokensOf(without(CARRIER, 'TWILIO_AUTH_TOKEN'))).toEqual([])
    expect(tokensOf({ ...CARRIER, ...secondary })).toEqual(['the auth token', 'the next one'])
  })

  it('is not asked for by a second auth token, which sends nothing', () => {
    expect(configOf({ TWILIO_AUTH_TOKEN_SECONDARY: 'the next one' })).toEqual({
      ...configOf({}),
      twilioAuthTokens: ['the next one'],
    })
  })

  it('may be a number or a boolean, as wrangler.toml has them', () => {
    expect(configOf({ OTP_LENGTH: 8 }).otp.length).toBe(8)
    expect(configOf({ SMS_ENABLED: true }).sending.state).toBe('ready')
    expect(configOf({ SMS_ENABLED: false }).sending.state).toBe('disabled')
  })
})

describe('a variable of a carrier', () => {
  const SENDERS = [
    '+1234567',
    '+123456789012345',
    '123',
    '12345678',
    'A',
    'Verge 24 AB',
    '4ever',
    '1234567890a',
  ]

  it.each<[string, string[]]>([
    ['TWILIO_FROM_NUMBER', SENDERS],
    ['VONAGE_FROM', SENDERS],
    ['TELNYX_FROM', SENDERS],
    ['PLIVO_FROM', SENDERS],
    ['TWILIO_VERIFY_FRIENDLY_NAME', ['ü', 'x'.repeat(30)]],
    ['TWILIO_VERIFY_TEMPLATE_SUBSTITUTIONS', ['{}', '{"name":"Ada"}']],
    ['TWILIO_VERIFY_TAGS', ['{}', '{"a":"b","c":""}']],
    ['ANDROID_APP_HASH', ['He42w354ol9', 'ab+/ab+/ab+']],
    ['VONAGE_PRIVATE_KEY', ['-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----']],
    ['AWS_REGION', ['us-east-1', 'ap-southeast-7', 'us-gov-west-1']],
    ['AWS_SMS_ORIGINATION', ['pool-0', '+12025550100', 'arn:aws:sms-voice:eu-west-1:1:pool/p']],
    ['AWS_SMS_BASE_URL', ['https://sms-voice-fips.us-east-1.amazonaws.com', 'http://[::1]:9000']],
    ['TWILIO_WHATSAPP_FROM', ['+1234567', '+123456789012345']],
    [
      'EMAIL_FROM',
      [
        'codes@example.com',
        'Acme <codes@example.com>',
        'Acme Ltd. <codes@mail.Example.com>',
        'Größe & Söhne - 検証 <a+b@example.com>',
      ],
    ],
    ['SMS_PROVIDERS', ['twilio', 'twilio,vonage,aws,telnyx,plivo', 'http:a', 'http:0_a-b']],
  ])('may be: %s=%j', (variable, values) => {
    for (const value of values) expect(problemsOf({ [variable]: value }), value).toEqual([])
  })
})

describe('a malformed variable', () => {
  const NUMBERS = {
    OTP_LENGTH: [4, 10],
    OTP_EXPIRATION_MINUTES: [0.5, 60],
    OTP_MAX_ATTEMPTS: [1, 100],
    MESSAGE_MAX_SEGMENTS: [1, 10],
    SMS_RATE_LIMIT_PER_NUMBER: [1, 1000],
    SMS_RATE_LIMIT_WINDOW: [60, 86_400],
    MESSAGE_RATE_LIMIT_PER_NUMBER: [1, 1000],
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
    'MESSAGE_MAX_SEGMENTS',
    'SMS_RATE_LIMIT_PER_NUMBER',
    'SMS_RATE_LIMIT_WINDOW',
    'MESSAGE_RATE_LIMIT_PER_NUMBER',
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

  const senders = [
    '+123456',
    '+1234567890123456',
    '+0123456789',
    '12',
    '123456789',
    '12025550100',
    'Twelve chars',
    'Größe',
    'A-B',
    '24 24',
  ].map((value) => [value, 'must be a number in E.164, a short code or an alphanumeric sender'])
  const objects = [
    ...['{', 'hunter2', '{a: 1}', "{'a':'b'}"].map((value) => [value, 'must be JSON']),
    ...['[]', '["a"]', '"a"', 'null', '7', '{"a":1}', '{"a":{"b":"c"}}'].map((value) => [
      value,
      'must be a JSON object of texts',
    ]),
  ]
  const shape = 'must be a JSON object, name to locale to text; in .dev.vars between single quotes'
  const brace = 'has a brace that is no {placeholder} of a-z, 0-9 and _, a letter first'
  const wordings = [
    ...['{', 'hunter2', '[]', '"hunter2"', 'null', "{'login':{}}"].map((value) => [value, shape]),
    ...['"hunter2"', '["hunter2"]', '7'].map((words) => [`{"login":${words}}`, `login: ${shape}`]),
    ...['7', 'null', '["hunter2"]', '{}'].map((words) => [
      `{"login":{"en":${words}}}`,
      'login.en: must be a text',
    ]),
    ['{"login":{"en":" "}}', 'login.en: must not be empty'],
    ['{"login":{}}', 'login: must have a text in some language'],
    ['{"login":{"pt-BR":"{code}","pt-br":"{code}"}}', 'login: must have each language once'],
    ...['English', 'e', 'en_US', '', 'en-', 'en-a'].map((tag) => [
      `{"login":{"${tag}":"{code}"}}`,
      `login.${tag}: must be a language tag such as es or pt-BR`,
    ]),
    ...['{', '}', '{}', '{Code}', '{1st}', '{ code }', '{{code}}', '{a-b}'].map((words) => [
      `{"login":{"en":"{code} ${words}"}}`,
      `login.en: ${brace}`,
    ]),
  ] as [string, string][]
  const carrierProblem = 'must name carriers: twilio, vonage, aws, telnyx, plivo or http:<name>'

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
    COMPAT: ['MeStore', 'mestore;chaski', 'true'].map((value) => [
      value,
      'must be of mestore, chaski',
    ]),
    JWT_SECRET: ['x'.repeat(31), 'ü'.repeat(32), 'two\nlines'.repeat(4)].map((value) => [
      value,
      'must be at least 32 printable ASCII characters',
    ]),
    JWT_JWKS_URL: [
      'id.example/jwks',
      'http://id.example/jwks',
      'https://who:ever@id.example/jwks',
      'file:///etc/passwd',
    ].map((value) => [
      value,
      'must be a URL such as https://example.com/jwks.json (http for loopback only)',
    ]),
    JWT_PHONE_CLAIM: ['a claim', 'größe', 'x'.repeat(129)].map((value) => [
      value,
      'must be the name of a claim',
    ]),
    JWT_EMAIL_CLAIM: ['a claim'].map((value) => [value, 'must be the name of a claim']),
    JWT_COOKIE: ['a cookie', 'a=b', 'a;b', 'x'.repeat(129)].map((value) => [
      value,
      'must be the name of a cookie',
    ]),
    JURISDICTION: ['EU', 'fr', 'eu,us'].map((value) => [value, 'must be eu or us']),
    TWILIO_ACCOUNT_SID: sid('AC'),
    TWILIO_API_KEY_SID: sid('SK'),
    TWILIO_MESSAGING_SERVICE_SID: sid('MG'),
    TWILIO_VERIFY_SERVICE_SID: sid('VA'),
    TWILIO_FROM_NUMBER: senders,
    TWILIO_WHATSAPP_FROM: ['24242', 'Acme', '12025550100', 'whatsapp:+12025550100', '+0123456'].map(
      (value) => [value, 'must be a number in E.164'],
    ),
    TWILIO_WHATSAPP_CONTENT_SID: sid('HX'),
    TWILIO_BASE_URL: origins,
    TWILIO_VERIFY_BASE_URL: origins,
    TWILIO_VERIFY_CUSTOM_CODE: ['1', 'yes', 'TRUE'].map((value) => [
      value,
      'must be true or false',
    ]),
    TWILIO_VERIFY_TEMPLATE_SID: sid('HJ'),
    TWILIO_VERIFY_TEMPLATE_SUBSTITUTIONS: objects,
    TWILIO_VERIFY_FRIENDLY_NAME: [['x'.repeat(31), 'must be at most 30 characters']],
    TWILIO_VERIFY_RISK_CHECK: ['on', 'true', 'Enable'].map((value) => [
      value,
      'must be enable or disable',
    ]),
    TWILIO_VERIFY_TAGS: objects,
    ANDROID_APP_HASH: ['He42w354ol', 'He42w354ol9x', 'He42w354ol=', 'He42w354ol_'].map((value) => [
      value,
      'must be the 11 characters of an app hash',
    ]),
    VONAGE_PRIVATE_KEY: [
      'hunter2',
      '-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----',
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII',
      'MII\n-----BEGIN PRIVATE KEY-----',
    ].map((value) => [value, 'must be a private key in PEM (PKCS #8)']),
    VONAGE_FROM: senders,
    VONAGE_BASE_URL: origins,
    AWS_REGION: ['eu-west', 'eu-west-1a', 'EU-WEST-1', 'eu_west_1', 'eu-west-1.evil.example'].map(
      (value) => [value, 'must be a region such as eu-west-1'],
    ),
    AWS_SMS_BASE_URL: origins,
    TELNYX_FROM: senders,
    TELNYX_BASE_URL: origins,
    PLIVO_FROM: senders,
    PLIVO_BASE_URL: origins,
    HTTP_PROVIDERS: [
      ...['{', '[]', '"hunter2"', 'null', 'hunter2'].map((value) => [
        value,
        'must be a JSON object, name to configuration; in .dev.vars between single quotes',
      ]),
      [
        JSON.stringify({ Example: EXAMPLE }),
        'Example: must be a name of up to 32 lower-case letters, digits, _ and -',
      ],
      [
        JSON.stringify({ example: { ...EXAMPLE, url: 'http://sms.example.com/hunter2' } }),
        'example.url: must be https; "allow_insecure": true shows codes and secrets to all on the way',
      ],
    ],
    EMAIL_FROM: [
      'hunter2',
      'codes@example',
      'codes@exam ple.com',
      '<codes@example.com>',
      'codes@example.com>',
      'Acme <codes@example.com',
      'Acme codes@example.com',
      'codes@example.com, other@example.com',
      'Acme <codes@example.com>, <other@example.com>',
      'Acme, Ltd. <codes@example.com>',
      '"Acme" <codes@example.com>',
      'Acme: <codes@example.com>',
      'a@b.com <codes@example.com>',
      'Acme\r\nBcc: other@example.com <codes@example.com>',
      'example.com',
      'Acme\nX <codes@example.com>',
      'Acme\u2028X <codes@example.com>',
      'Acme\u0000 <codes@example.com>',
      'Acme <codes@example.com\r\nBcc: other@example.com>',
      'codes@example.com\r\nBcc: other@example.com',
      `${'x'.repeat(65)} <codes@example.com>`,
    ].map((value) => [value, 'must be name@example.com or Acme <name@example.com>']),
    SENDGRID_BASE_URL: origins,
    CHANNELS: [
      ...['SMS', 'voice', 'sms;call', 'sms call', 'rcs'].map((value) => [
        value,
        'must be some of sms, call, whatsapp, email',
      ]),
      [' , ', 'must name at least one'],
    ],
    SMS_PROVIDERS: [
      ...[
        'clickatell',
        'Twilio',
        'twilio-verify',
        'twilio;vonage',
        'twilio vonage',
        'twilio,nexmo',
        'simulation',
        'http',
        'http:',
        'http:Example',
        'http:-a',
        'http:a.b',
        'http: a',
        'https:a',
      ].map((value) => [value, carrierProblem]),
      [' , ', 'must name at least one'],
    ],
    SMS_ROUTES: [
      ...['{', 'BD=twilio', "{'BD':['twilio']}", '{"BD":["twilio"]'].map((value) => [
        value,
        'must be JSON',
      ]),
      ...['[]', '["twilio"]', '"twilio"', 'null', '7', '{"BD":"twilio"}', '{"BD":null}'].map(
        (value) => [
          value,
          'must be a JSON object, countries to lists, such as {"BD": ["http:name", "twilio"]}',
        ],
      ),
      ['{"BD":[]}', 'must name at least one carrier for each country'],
      ...['{"BD":["nexmo"]}', '{"BD":["twilio","http:"]}', '{"BD":[7]}', '{"BD":[null]}'].map(
        (value) => [value, carrierProblem],
      ),
      ...['UK', 'XX', 'Bangladesh', '880', '*', '', ',', 'US;GB', 'US GB', 'BD,UK'].map((code) => [
        `{"${code}":["twilio"]}`,
        'must have ISO 3166 countries as names, such as US or GB',
      ]),
      ['{"BD":["twilio"],"IN,bd":["aws"]}', 'must name BD only once'],
      ['{"IN,BD,in":["aws"]}', 'must name IN only once'],
    ],
    PURPOSES: [
      ...['Login', 'log-in', 'log in', 'x'.repeat(33), 'verify,Ünïcode'].map((value) => [
        value,
        'must be names of a-z, 0-9 and _',
      ]),
      [',', 'must name at least one'],
    ],
    CODE_TEMPLATES: [
      ...wordings,
      ['{"Verify":{"en":"{code}"}}', 'Verify: must be a purpose, or * for any'],
      ['{"login":{"en":"hunter2"}}', 'login.en: must contain {code}'],
      [
        '{"login":{"en":"{code}","es":"{code} {name}"}}',
        'login.es: may have {code} and {lifetime}, and no other placeholder',
      ],
    ],
    MESSAGE_TEMPLATES: [
      ...wordings,
      [
        '{"Shipped":{"en":"hunter2"}}',
        'Shipped: must be a name of up to 32 lower-case letters, digits, _ and -',
      ],
    ],
    SMART_ENCODING: [['yes', 'must be true or false']],
    MESSAGE_REPEAT_UNKNOWN: [['yes', 'must be true or false']],
    WEBOTP_HOST: [
      'https://app.example.com',
      'app.example.com/',
      'app.example.com:443',
      'localhost',
      'app_1.example.com',
      '-a.example.com',
      'a..example.com',
      'example.com.',
      '192.0.2.1',
      'grün.example',
      `${'a'.repeat(64)}.example`,
      `${'a.'.repeat(124)}example`,
    ].map((value) => [
      value,
      'must be a host such as app.example.com, without scheme, port or path',
    ]),
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

  /** What can be nearly anything, but must be fit for a header or a form. */
  const TEXTS = [
    'TWILIO_AUTH_TOKEN',
    'TWILIO_AUTH_TOKEN_SECONDARY',
    'TWILIO_API_KEY_SECRET',
    'TWILIO_VERIFY_RATE_LIMIT_KEY',
    'VONAGE_APPLICATION_ID',
    'VONAGE_API_KEY',
    'VONAGE_API_SECRET',
    'VONAGE_SIGNATURE_SECRET',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SMS_ORIGINATION',
    'TELNYX_API_KEY',
    'PLIVO_AUTH_ID',
    'PLIVO_AUTH_TOKEN',
    'JWT_ISSUER',
    'JWT_AUDIENCE',
    'SENDGRID_API_KEY',
  ]

  it.each(TEXTS)('%s is a text that no HTTP header can hold', (variable) => {
    for (const value of ['pasted “with” quotes', 'two\nlines', 'a\tb', 'naïve'])
      expect(problemsOf({ [variable]: value })).toEqual([
        { variable, problem: 'must be printable ASCII' },
      ])
  })

  const ALL = [...Object.keys(MALFORMED), ...Object.keys(NUMBERS), ...TEXTS]

  it('is tried here of every variable that there is', () => {
    expect(ALL.sort()).toEqual(Object.keys(variables.shape).sort())
  })

  it.each(ALL)('%s never has its value repeated', (variable) => {
    const value = 'correct-horse-battery-staple-wörds'
    const problems = problemsOf({ [variable]: value })
    expect(problems.map((problem) => problem.variable)).toEqual([variable])
    expect(JSON.stringify(problems)).not.toMatch(/horse|staple/)
  })

  it('has words for a purpose that codes may have, and for no other', () => {
    const CODE_TEMPLATES = '{"payment": {"en": "{code}"}, "*": {"en": "{code}"}}'
    expect(problemsOf({ CODE_TEMPLATES, PURPOSES: 'login,payment' })).toEqual([])
    expect(problemsOf({ CODE_TEMPLATES })).toEqual([
      { variable: 'CODE_TEMPLATES', problem: 'payment: is not one of PURPOSES' },
    ])
  })

  it('is named together with every other', () => {
    const problems = problemsOf({ OTP_LENGTH: '3', ENVIRONMENT: 'prod', JWT_SECRET: 'x' })
    expect(problems.map(({ variable }) => variable).sort()).toEqual([
      'ENVIRONMENT',
      'JWT_SECRET',
      'OTP_LENGTH',
    ])
  })

  it('is no origin with another scheme, on loopback either', () => {
    expect(problemsOf({ PUBLIC_BASE_URL: 'ftp://localhost' })).toHaveLength(1)
  })
})

describe('another name of a variable', () => {
  it('is as good as the first', () => {
    const number = without(CARRIER, 'TWILIO_FROM_NUMBER')
    expect(configOf({ ...number, TWILIO_PHONE_NUMBER: '+15005550006' })).toEqual(configOf(CARRIER))
    const service = without(VERIFY, 'TWILIO_VERIFY_SERVICE_SID')
    expect(configOf({ ...service, TWILIO_SERVICE_SID: `VA${HEX}` })).toEqual(configOf(VERIFY))
  })

  it('may stand beside the first where both say the same', () => {
    const vars = { ...CARRIER, TWILIO_PHONE_NUMBER: CARRIER.TWILIO_FROM_NUMBER }
    expect(configOf(vars)).toEqual(configOf(CARRIER))
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
    expect(configOf({ ...CARRIER, TWILIO_PHONE_NUMBER: '' })).toEqual(configOf(CARRIER))
  })
})
