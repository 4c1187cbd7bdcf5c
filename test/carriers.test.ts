import { describe, expect, it } from 'vitest'
import type { Carrier, TwilioVerifyConfig } from '../src/carrier-config'
import type { Listed, Problem } from '../src/carriers'
import { httpCarrier } from '../src/http-carrier'
import {
  AWS,
  configOf,
  EXAMPLE,
  HEX,
  HTTP,
  isMissing,
  PLIVO,
  problemsOf,
  TELNYX,
  TWILIO,
  type Vars,
  VERIFY,
  VONAGE_BASIC,
  VONAGE_JWT,
  without,
} from './configuration'

const carriersOf = (vars: Vars) => configOf(vars).carriers

const complete = (carrier: Carrier): Listed => ({ name: carrier.name, carrier, problems: [] })
const incomplete = (name: string, problems: Problem[]): Listed => ({
  name,
  carrier: null,
  problems,
})

const NO_SENDER = {
  variable: 'TWILIO_FROM_NUMBER',
  problem: 'or TWILIO_MESSAGING_SERVICE_SID is missing',
}
const missing = (variable: string) =>
  variable === 'TWILIO_FROM_NUMBER' ? NO_SENDER : isMissing(variable)

const twilio = {
  name: 'twilio',
  config: {
    accountSid: `AC${HEX}`,
    authToken: 'the auth token',
    apiKey: null,
    from: '+15005550006',
    messagingServiceSid: undefined,
    baseUrl: 'https://api.twilio.com',
  },
} satisfies Carrier
const vonage = {
  name: 'vonage',
  config: {
    auth: { kind: 'basic', key: 'the key', secret: 'the secret' },
    from: '+12025550100',
    baseUrl: 'https://api.nexmo.com',
    receipts: false,
  },
} satisfies Carrier
const vonageApplication = {
  name: 'vonage',
  config: {
    auth: {
      kind: 'jwt',
      applicationId: 'the application',
      privateKey: VONAGE_JWT.VONAGE_PRIVATE_KEY,
    },
    from: 'Verge',
    baseUrl: 'https://api.nexmo.com',
    receipts: false,
  },
} satisfies Carrier
const aws = {
  name: 'aws',
  config: {
    accessKeyId: 'the key id',
    secretAccessKey: 'the access key',
    region: 'eu-west-1',
    origination: undefined,
    baseUrl: 'https://sms-voice.eu-west-1.amazonaws.com',
  },
} satisfies Carrier
const telnyx = {
  name: 'telnyx',
  config: { apiKey: 'the API key', from: '24242', baseUrl: 'https://api.telnyx.com' },
} satisfies Carrier
const plivo = {
  name: 'plivo',
  config: {
    authId: 'the id',
    authToken: 'the token',
    from: '+12025550101',
    baseUrl: 'https://api.plivo.com',
  },
} satisfies Carrier
const example = {
  name: 'http:example',
  config: {
    ...httpCarrier.parse(EXAMPLE),
    secrets: { EXAMPLE_KEY: 'a key of its own', EXAMPLE_USER: 'a user of its own' },
  },
} satisfies Carrier

describe('a carrier', () => {
  const CARRIERS: [string, Vars, Carrier][] = [
    ['Twilio', TWILIO, twilio],
    ['Vonage, with the key of an account', VONAGE_BASIC, vonage],
    ['Vonage, as an application', VONAGE_JWT, vonageApplication],
    ['AWS', AWS, aws],
    ['Telnyx', TELNYX, telnyx],
    ['Plivo', PLIVO, plivo],
    ['a configured one', HTTP, example],
  ]

  it.each(CARRIERS)('is complete with what it needs and no more: %s', (_, vars, carrier) => {
    expect(carriersOf(vars)).toEqual({
      listed: [complete(carrier)],
      order: [carrier.name],
      orderIn: {},
    })
  })

  it.each(
    CARRIERS.flatMap(([, vars, { name }]) =>
      Object.keys(vars)
        .filter((variable) => variable !== 'HTTP_PROVIDERS')
        .map((variable) => [name, variable, vars] as const),
    ),
  )('is nobody where one thing is missing: %s without %s', (name, variable, vars) => {
    expect(carriersOf(without(vars, variable)).listed).toEqual([
      incomplete(name, [missing(variable)]),
    ])
  })

  it.each<[Vars, string, string[]]>([
    [{ TWILIO_ACCOUNT_SID: `AC${HEX}` }, 'twilio', ['TWILIO_AUTH_TOKEN', 'TWILIO_FROM_NUMBER']],
    [{ TWILIO_AUTH_TOKEN: 'x' }, 'twilio', ['TWILIO_ACCOUNT_SID', 'TWILIO_FROM_NUMBER']],
    [{ TWILIO_FROM_NUMBER: 'x' }, 'twilio', ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN']],
    [
      { TWILIO_MESSAGING_SERVICE_SID: `MG${HEX}` },
      'twilio',
      ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'],
    ],
    [
      { TWILIO_API_KEY_SID: `SK${HEX}` },
      'twilio',
      ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_API_KEY_SECRET', 'TWILIO_FROM_NUMBER'],
    ],
    [
      { TWILIO_API_KEY_SECRET: 'x' },
      'twilio',
      ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_API_KEY_SID', 'TWILIO_FROM_NUMBER'],
    ],
    [{ VONAGE_APPLICATION_ID: 'x' }, 'vonage', ['VONAGE_PRIVATE_KEY', 'VONAGE_FROM']],
    [
      { VONAGE_PRIVATE_KEY: VONAGE_JWT.VONAGE_PRIVATE_KEY },
      'vonage',
      ['VONAGE_APPLICATION_ID', 'VONAGE_FROM'],
    ],
    [{ VONAGE_API_KEY: 'x' }, 'vonage', ['VONAGE_API_SECRET', 'VONAGE_FROM']],
    [{ VONAGE_API_SECRET: 'x' }, 'vonage', ['VONAGE_API_KEY', 'VONAGE_FROM']],
    [{ VONAGE_FROM: 'x' }, 'vonage', ['VONAGE_API_KEY', 'VONAGE_API_SECRET']],
    [
      { VONAGE_SIGNATURE_SECRET: 'x' },
      'vonage',
      ['VONAGE_API_KEY', 'VONAGE_API_SECRET', 'VONAGE_FROM'],
    ],
    [{ AWS_ACCESS_KEY_ID: 'x' }, 'aws', ['AWS_SECRET_ACCESS_KEY', 'AWS_REGION']],
    [{ AWS_SECRET_ACCESS_KEY: 'x' }, 'aws', ['AWS_ACCESS_KEY_ID', 'AWS_REGION']],
    [{ AWS_REGION: 'eu-west-1' }, 'aws', ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']],
    [
      { AWS_SMS_ORIGINATION: 'x' },
      'aws',
      ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'],
    ],
    [{ TELNYX_API_KEY: 'x' }, 'telnyx', ['TELNYX_FROM']],
    [{ TELNYX_FROM: 'x' }, 'telnyx', ['TELNYX_API_KEY']],
    [{ PLIVO_AUTH_ID: 'x' }, 'plivo', ['PLIVO_AUTH_TOKEN', 'PLIVO_FROM']],
    [{ PLIVO_AUTH_TOKEN: 'x' }, 'plivo', ['PLIVO_AUTH_ID', 'PLIVO_FROM']],
    [{ PLIVO_FROM: 'x' }, 'plivo', ['PLIVO_AUTH_ID', 'PLIVO_AUTH_TOKEN']],
    [{ HTTP_PROVIDERS: HTTP.HTTP_PROVIDERS }, 'http:example', ['EXAMPLE_KEY', 'EXAMPLE_USER']],
  ])('is asked for by any of its variables, and all others are missed at once: %j', (...row) => {
    const [vars, name, variables] = row
    expect(carriersOf(vars)).toEqual({
      listed: [incomplete(name, variables.map(missing))],
      order: [name],
      orderIn: {},
    })
  })

  it.each<[Vars, Listed]>([
    [
      { ...TWILIO, TWILIO_API_KEY_SID: `SK${HEX}` },
      incomplete('twilio', [isMissing('TWILIO_API_KEY_SECRET')]),
    ],
    [
      { ...TWILIO, TWILIO_API_KEY_SECRET: 'x' },
      incomplete('twilio', [isMissing('TWILIO_API_KEY_SID')]),
    ],
    [
      // The key of the account does not stand in for half an application.
      { ...VONAGE_BASIC, VONAGE_APPLICATION_ID: 'x' },
      incomplete('vonage', [isMissing('VONAGE_PRIVATE_KEY')]),
    ],
  ])('is nobody with half of another pair: %j', (vars, listed) => {
    expect(carriersOf(vars).listed).toEqual([listed])
  })

  it.each<[Vars, Vars, Carrier]>([
    [
      TWILIO,
      { TWILIO_API_KEY_SID: `SK${HEX}`, TWILIO_API_KEY_SECRET: 'the key secret' },
      {
        ...twilio,
        config: { ...twilio.config, apiKey: { sid: `SK${HEX}`, secret: 'the key secret' } },
      },
    ],
    [
      TWILIO,
      { TWILIO_MESSAGING_SERVICE_SID: `MG${HEX}` },
      { ...twilio, config: { ...twilio.config, messagingServiceSid: `MG${HEX}` } },
    ],
    [
      without(TWILIO, 'TWILIO_FROM_NUMBER'),
      { TWILIO_MESSAGING_SERVICE_SID: `MG${HEX}` },
      {
        ...twilio,
        config: { ...twilio.config, from: undefined, messagingServiceSid: `MG${HEX}` },
      },
    ],
    [
      TWILIO,
      { TWILIO_BASE_URL: 'http://localhost:9000/' },
      { ...twilio, config: { ...twilio.config, baseUrl: 'http://localhost:9000' } },
    ],
    [
      VONAGE_BASIC,
      { VONAGE_BASE_URL: 'http://localhost:9000' },
      { ...vonage, config: { ...vonage.config, baseUrl: 'http://localhost:9000' } },
    ],
    [
      VONAGE_BASIC,
      { VONAGE_SIGNATURE_SECRET: 'the signature secret' },
      { ...vonage, config: { ...vonage.config, receipts: true } },
    ],
    [
      // An application goes before the key of the account.
      VONAGE_BASIC,
      VONAGE_JWT,
      vonageApplication,
    ],
    [
      AWS,
      { AWS_SMS_ORIGINATION: 'pool-0123', AWS_SMS_BASE_URL: 'http://localhost:9000' },
      {
        ...aws,
        config: { ...aws.config, origination: 'pool-0123', baseUrl: 'http://localhost:9000' },
      },
    ],
    [
      AWS,
      { AWS_REGION: 'us-gov-east-1' },
      {
        ...aws,
        config: {
          ...aws.config,
          region: 'us-gov-east-1',
          baseUrl: 'https://sms-voice.us-gov-east-1.amazonaws.com',
        },
      },
    ],
    [
      TELNYX,
      { TELNYX_BASE_URL: 'http://localhost:9000' },
      { ...telnyx, config: { ...telnyx.config, baseUrl: 'http://localhost:9000' } },
    ],
    [
      PLIVO,
      { PLIVO_BASE_URL: 'http://localhost:9000' },
      { ...plivo, config: { ...plivo.config, baseUrl: 'http://localhost:9000' } },
    ],
  ])('%j takes %j', (vars, more, carrier) => {
    expect(carriersOf({ ...vars, ...more }).listed).toEqual([complete(carrier)])
  })

  it('is not asked for by an origin alone', () => {
    const BASE_URL = 'http://localhost:9000'
    expect(
      carriersOf({
        TWILIO_BASE_URL: BASE_URL,
        TWILIO_VERIFY_BASE_URL: BASE_URL,
        VONAGE_BASE_URL: BASE_URL,
        AWS_SMS_BASE_URL: BASE_URL,
        TELNYX_BASE_URL: BASE_URL,
        PLIVO_BASE_URL: BASE_URL,
      }),
    ).toEqual({ listed: [], order: [], orderIn: {} })
  })
})

const ALL: Vars = { ...TWILIO, ...VONAGE_BASIC, ...AWS, ...TELNYX, ...PLIVO, ...HTTP }

describe('SMS_PROVIDERS', () => {
  it('is, where it is unset, every carrier that there is, the configured ones last', () => {
    const { listed, order } = carriersOf(ALL)
    expect(order).toEqual(['twilio', 'vonage', 'aws', 'telnyx', 'plivo', 'http:example'])
    expect(listed).toEqual([twilio, vonage, aws, telnyx, plivo, example].map(complete))
  })

  it('says who is asked, in which order, each once', () => {
    const SMS_PROVIDERS = 'http:example, telnyx,twilio ,telnyx,,http:example'
    expect(carriersOf({ ...ALL, SMS_PROVIDERS })).toEqual({
      listed: [example, telnyx, twilio].map(complete),
      order: ['http:example', 'telnyx', 'twilio'],
      orderIn: {},
    })
  })

  it('leaves out a carrier that it does not name, complete or not', () => {
    const halves = { VONAGE_API_KEY: 'x', AWS_REGION: 'eu-west-1', PLIVO_FROM: 'x' }
    expect(carriersOf({ ...TELNYX, ...TWILIO, ...halves, SMS_PROVIDERS: 'telnyx' })).toEqual({
      listed: [complete(telnyx)],
      order: ['telnyx'],
      orderIn: {},
    })
  })

  it('leaves out a configured carrier that it does not name, and reads none of its secrets', () => {
    const vars = { ...TELNYX, HTTP_PROVIDERS: HTTP.HTTP_PROVIDERS, SMS_PROVIDERS: 'telnyx' }
    expect(carriersOf(vars).listed).toEqual([complete(telnyx)])
  })

  it.each<[string, Listed]>([
    [
      'twilio',
      incomplete('twilio', [
        isMissing('TWILIO_ACCOUNT_SID'),
        isMissing('TWILIO_AUTH_TOKEN'),
        NO_SENDER,
      ]),
    ],
    [
      'vonage',
      incomplete('vonage', [
        isMissing('VONAGE_API_KEY'),
        isMissing('VONAGE_API_SECRET'),
        isMissing('VONAGE_FROM'),
      ]),
    ],
    [
      'aws',
      incomplete('aws', [
        isMissing('AWS_ACCESS_KEY_ID'),
        isMissing('AWS_SECRET_ACCESS_KEY'),
        isMissing('AWS_REGION'),
      ]),
    ],
    ['telnyx', incomplete('telnyx', [isMissing('TELNYX_API_KEY'), isMissing('TELNYX_FROM')])],
    [
      'plivo',
      incomplete('plivo', [
        isMissing('PLIVO_AUTH_ID'),
        isMissing('PLIVO_AUTH_TOKEN'),
        isMissing('PLIVO_FROM'),
      ]),
    ],
    [
      'http:example',
      incomplete('http:example', [
        { variable: 'HTTP_PROVIDERS', problem: 'does not describe http:example' },
      ]),
    ],
  ])('asks for all of a carrier of which nothing is set: %s', (SMS_PROVIDERS, listed) => {
    expect(carriersOf({ SMS_PROVIDERS }).listed).toEqual([listed])
  })

  it('tells of each carrier what is missing for it', () => {
    const { TELNYX_FROM, AWS_REGION } = { ...TELNYX, ...AWS }
    const vars = { ...PLIVO, TELNYX_FROM, AWS_REGION, SMS_PROVIDERS: 'aws,plivo,telnyx' }
    expect(carriersOf(vars).listed).toEqual([
      incomplete('aws', [isMissing('AWS_ACCESS_KEY_ID'), isMissing('AWS_SECRET_ACCESS_KEY')]),
      complete(plivo),
      incomplete('telnyx', [isMissing('TELNYX_API_KEY')]),
    ])
  })
})

describe('SMS_ROUTES', () => {
  it.each<[object, Record<string, string[]>]>([
    [{}, {}],
    [{ BD: ['http:example', 'twilio'] }, { BD: ['http:example', 'twilio'] }],
    [
      { bd: ['telnyx'], De: ['aws'] },
      { BD: ['telnyx'], DE: ['aws'] },
    ],
    [
      { 'US, ca,,PR': ['telnyx', 'plivo'], GB: ['vonage'] },
      {
        US: ['telnyx', 'plivo'],
        CA: ['telnyx', 'plivo'],
        PR: ['telnyx', 'plivo'],
        GB: ['vonage'],
      },
    ],
    [{ BD: ['telnyx', 'twilio', 'telnyx'] }, { BD: ['telnyx', 'twilio'] }],
  ])('%j is the order by country', (routes, orderIn) => {
    const general = carriersOf(ALL)
    const vars = { ...ALL, SMS_ROUTES: JSON.stringify(routes) }
    expect(carriersOf(vars)).toEqual({ ...general, orderIn })
  })

  it('asks for carriers that SMS_PROVIDERS does not name', () => {
    const SMS_ROUTES = JSON.stringify({ BD: ['http:example', 'twilio'], US: ['plivo'] })
    expect(carriersOf({ ...ALL, SMS_PROVIDERS: 'twilio', SMS_ROUTES })).toEqual({
      listed: [twilio, example, plivo].map(complete),
      order: ['twilio'],
      orderIn: { BD: ['http:example', 'twilio'], US: ['plivo'] },
    })
  })

  it('asks for all of a carrier of which nothing is set', () => {
    const SMS_ROUTES = JSON.stringify({ BD: ['http:other', 'telnyx'] })
    expect(carriersOf({ ...TWILIO, SMS_ROUTES })).toEqual({
      listed: [
        complete(twilio),
        incomplete('http:other', [
          { variable: 'HTTP_PROVIDERS', problem: 'does not describe http:other' },
        ]),
        incomplete('telnyx', [isMissing('TELNYX_API_KEY'), isMissing('TELNYX_FROM')]),
      ],
      order: ['twilio'],
      orderIn: { BD: ['http:other', 'telnyx'] },
    })
  })
})

describe('a configured carrier', () => {
  const providers = (described: object) => ({ HTTP_PROVIDERS: JSON.stringify(described) })
  const one = (described: object, vars: Vars = {}) =>
    carriersOf({ ...vars, ...providers({ example: described }) }).listed
  const PLAIN = { url: 'https://sms.example.com/send', form: { to: '{to}', text: '{text}' } }

  it('has its own secrets, and none of another', () => {
    const other = { ...PLAIN, query: { key: '{secret:EXAMPLE_KEY}' } }
    const vars = { ...HTTP, ...providers({ example: EXAMPLE, other, plain: PLAIN }) }
    expect(carriersOf(vars)).toEqual({
      listed: [
        complete(example),
        complete({
          name: 'http:other',
          config: { ...httpCarrier.parse(other), secrets: { EXAMPLE_KEY: 'a key of its own' } },
        }),
        complete({ name: 'http:plain', config: { ...httpCarrier.parse(PLAIN), secrets: {} } }),
      ],
      order: ['http:example', 'http:other', 'http:plain'],
      orderIn: {},
    })
  })

  it('has its secrets without the blanks around them', () => {
    expect(one(EXAMPLE, { ...HTTP, EXAMPLE_KEY: ' a key of its own\n' })).toEqual([
      complete(example),
    ])
  })

  it.each<[string, unknown]>([
    ['empty', ''],
    ['blank', ' \n'],
    ['a binding', { get: () => 'a key' }],
    ['a number', 7],
  ])('misses a secret that is %s', (_, EXAMPLE_KEY) => {
    expect(one(EXAMPLE, { ...HTTP, EXAMPLE_KEY })).toEqual([
      incomplete('http:example', [isMissing('EXAMPLE_KEY')]),
    ])
  })

  it.each([
    'VERGE_SECRET',
    'API_KEYS',
    'TWILIO_AUTH_TOKEN',
    'TWILIO_AUTH_TOKEN_SECONDARY',
    'TWILIO_SERVICE_SID',
    'VONAGE_PRIVATE_KEY',
    'VONAGE_SIGNATURE_SECRET',
    'AWS_SECRET_ACCESS_KEY',
    'TELNYX_API_KEY',
    'PLIVO_AUTH_TOKEN',
    'HTTP_PROVIDERS',
    'JWT_SECRET',
  ])('is not given %s, set or not', (name) => {
    const described = { ...PLAIN, query: { key: `{secret:${name}}` } }
    const HTTP_PROVIDERS = JSON.stringify({ example: described })
    const forbidden = {
      variable: 'HTTP_PROVIDERS',
      problem: `gives http:example ${name}, which is not its own`,
    }
    const [listed] = carriersOf({ HTTP_PROVIDERS, SMS_PROVIDERS: 'http:example' }).listed
    expect(listed?.carrier).toBe(null)
    expect(listed?.problems).toContainEqual(forbidden)
  })

  it.each([
    ['VERGE_SECRET', 'HTTP_PROVIDERS', 'gives http:example VERGE_SECRET, which is not its own'],
    ['EXAMPLE_TOKEN', 'EXAMPLE_TOKEN', 'is missing'],
  ])('is not given %s to know its receipts by, where that is %s', (secret, variable, problem) => {
    const described = { ...PLAIN, receipt: { secret, header: 'X-Token', status: '/status' } }
    const [listed] = one(described)
    expect(listed?.carrier).toBe(null)
    expect(listed?.problems).toContainEqual({ variable, problem })
  })

  it('has the secret of its receipts beside the others', () => {
    const receipt = { secret: 'EXAMPLE_TOKEN', header: 'X-Token', status: '/status' }
    const EXAMPLE_TOKEN = 'a token of its own'
    const secrets = { ...example.config.secrets, EXAMPLE_TOKEN }
    expect(one({ ...EXAMPLE, receipt }, { ...HTTP, EXAMPLE_TOKEN } as Vars)).toEqual([
      complete({
        name: 'http:example',
        config: { ...httpCarrier.parse({ ...EXAMPLE, receipt }), secrets },
      }),
    ])
  })

  it('is not given a key of Verge or of another carrier, which no problem shows', () => {
    const described = {
      ...EXAMPLE,
      query: { a: '{secret:VERGE_SECRET}', b: '{secret:TWILIO_AUTH_TOKEN}{secret:OWN}' },
    }
    const VERGE_SECRET = btoa('another thirty-two bytes of secret')
    const listed = one(described, { ...TWILIO, ...HTTP, VERGE_SECRET })
    expect(listed).toEqual([
      complete(twilio),
      incomplete('http:example', [
        {
          variable: 'HTTP_PROVIDERS',
          problem: 'gives http:example VERGE_SECRET, which is not its own',
        },
        {
          variable: 'HTTP_PROVIDERS',
          problem: 'gives http:example TWILIO_AUTH_TOKEN, which is not its own',
        },
        isMissing('OWN'),
      ]),
    ])
  })

  it.each(['http:other', 'http:exampl', 'http:constructor'])(
    'is nobody where it is not described: %s',
    (SMS_PROVIDERS) => {
      expect(carriersOf({ ...HTTP, SMS_PROVIDERS }).listed).toEqual([
        incomplete(SMS_PROVIDERS, [
          { variable: 'HTTP_PROVIDERS', problem: `does not describe ${SMS_PROVIDERS}` },
        ]),
      ])
    },
  )

  it('is told by its path where it is malformed, with every other', () => {
    const described = { a: { ...PLAIN, method: 'PUT' }, b: { ...PLAIN, form: { to: '{to}' } } }
    expect(problemsOf(providers(described))).toEqual([
      {
        variable: 'HTTP_PROVIDERS',
        problem: 'a.method: Invalid option: expected one of "POST"|"GET"',
      },
      { variable: 'HTTP_PROVIDERS', problem: 'b: must send {text}' },
    ])
  })
})

describe('Twilio Verify', () => {
  const CONFIG: TwilioVerifyConfig = {
    accountSid: `AC${HEX}`,
    authToken: 'the auth token',
    apiKey: null,
    serviceSid: `VA${HEX}`,
    baseUrl: 'https://verify.twilio.com',
    templateSid: undefined,
    templateSubstitutions: undefined,
    friendlyName: undefined,
    rateLimitKey: undefined,
    riskCheck: undefined,
    tags: undefined,
    appHash: undefined,
  }
  const verify = complete({ name: 'twilio-verify', config: CONFIG })
  const NOBODY = { listed: [], order: [], orderIn: {} }

  it('is nobody where no service is named, whatever else of it is set', () => {
    const vars = { TWILIO_VERIFY_TEMPLATE_SID: `HJ${HEX}`, TWILIO_VERIFY_CUSTOM_CODE: 'true' }
    expect(configOf({ ...TWILIO, ...vars }).verify).toBe(null)
    expect(configOf(vars)).toMatchObject({ verify: null, carriers: NOBODY })
  })

  it('stands alone: its account asks for no texts', () => {
    expect(configOf(VERIFY)).toMatchObject({ verify, carriers: NOBODY })
  })

  it.each<[string, Vars, Carrier]>([
    ['a number', { TWILIO_FROM_NUMBER: '+15005550006' }, twilio],
    [
      'a Messaging Service',
      { TWILIO_MESSAGING_SERVICE_SID: `MG${HEX}` },
      {
        ...twilio,
        config: { ...twilio.config, from: undefined, messagingServiceSid: `MG${HEX}` },
      },
    ],
    ['another carrier', TELNYX, telnyx],
  ])('stands beside %s that sends texts', (_, vars, carrier) => {
    expect(configOf({ ...VERIFY, ...vars })).toMatchObject({
      verify,
      carriers: { listed: [complete(carrier)], order: [carrier.name], orderIn: {} },
    })
  })

  it('asks for a sender where SMS_PROVIDERS names twilio', () => {
    expect(configOf({ ...VERIFY, SMS_PROVIDERS: 'twilio' })).toMatchObject({
      verify,
      carriers: { listed: [incomplete('twilio', [NO_SENDER])], order: ['twilio'] },
    })
  })

  it.each<[string, Vars, string[]]>([
    ['no account', without(VERIFY, 'TWILIO_ACCOUNT_SID'), ['TWILIO_ACCOUNT_SID']],
    ['no token', without(VERIFY, 'TWILIO_AUTH_TOKEN'), ['TWILIO_AUTH_TOKEN']],
    [
      'nothing but the service',
      { TWILIO_VERIFY_SERVICE_SID: `VA${HEX}` },
      ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'],
    ],
    ['half an API key', { ...VERIFY, TWILIO_API_KEY_SID: `SK${HEX}` }, ['TWILIO_API_KEY_SECRET']],
  ])('is incomplete with %s', (_, vars, variables) => {
    expect(configOf(vars)).toMatchObject({
      verify: incomplete('twilio-verify', variables.map(isMissing)),
      carriers: NOBODY,
    })
  })

  it.each<[Vars, Partial<TwilioVerifyConfig>]>([
    [
      { TWILIO_API_KEY_SID: `SK${HEX}`, TWILIO_API_KEY_SECRET: 'the key secret' },
      { apiKey: { sid: `SK${HEX}`, secret: 'the key secret' } },
    ],
    [
      { TWILIO_VERIFY_BASE_URL: 'http://localhost:9000', TWILIO_BASE_URL: 'http://localhost:9001' },
      { baseUrl: 'http://localhost:9000' },
    ],
    [{ TWILIO_VERIFY_TEMPLATE_SID: `HJ${HEX}` }, { templateSid: `HJ${HEX}` }],
    [
      { TWILIO_VERIFY_TEMPLATE_SUBSTITUTIONS: '{ "name": "Ada & Co" }' },
      { templateSubstitutions: '{"name":"Ada & Co"}' },
    ],
    [{ TWILIO_VERIFY_FRIENDLY_NAME: 'Größe & Co' }, { friendlyName: 'Größe & Co' }],
    [{ TWILIO_VERIFY_RATE_LIMIT_KEY: 'end_user_ip' }, { rateLimitKey: 'end_user_ip' }],
    [{ TWILIO_VERIFY_RISK_CHECK: 'enable' }, { riskCheck: 'enable' }],
    [{ TWILIO_VERIFY_RISK_CHECK: 'disable' }, { riskCheck: 'disable' }],
    [{ TWILIO_VERIFY_TAGS: '{"team":"login"}' }, { tags: '{"team":"login"}' }],
    [{ ANDROID_APP_HASH: 'He42w354ol9' }, { appHash: 'He42w354ol9' }],
  ])('takes %j', (vars, config) => {
    expect(configOf({ ...VERIFY, ...vars }).verify).toEqual(
      complete({ name: 'twilio-verify', config: { ...CONFIG, ...config } }),
    )
  })

  it('sends Verge’s own codes where that is asked for', () => {
    expect(configOf({ ...VERIFY, TWILIO_VERIFY_CUSTOM_CODE: 'true' }).customCode).toBe(true)
    expect(configOf({ ...VERIFY, TWILIO_VERIFY_CUSTOM_CODE: 'false' }).customCode).toBe(false)
    expect(configOf(VERIFY).customCode).toBe(false)
  })
})
