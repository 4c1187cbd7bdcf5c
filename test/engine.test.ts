import { describe, expect, it } from 'vitest'
import type { Problem } from '../src/carriers'
import {
  AWS,
  CARRIER,
  configOf,
  HEX,
  HTTP,
  isMissing,
  PLIVO,
  SECRET,
  TELNYX,
  TWILIO,
  type Vars,
  VERIFY,
  VONAGE_BASIC,
  VONAGE_JWT,
  without,
} from './configuration'

const ENVIRONMENTS = ['development', 'staging', 'production']

const OWN = { state: 'ready', engine: 'own' }
const DELEGATED = { state: 'ready', engine: 'delegated' }
const SIMULATION = { state: 'ready', engine: 'simulation' }

const NO_SECRET = isMissing('VERGE_SECRET')
const NO_ACCOUNT = isMissing('TWILIO_ACCOUNT_SID')
const NO_TOKEN = isMissing('TWILIO_AUTH_TOKEN')
const NO_SENDER = {
  variable: 'TWILIO_FROM_NUMBER',
  problem: 'or TWILIO_MESSAGING_SERVICE_SID is missing',
}
const notConfigured = (...problems: Problem[]) => ({ state: 'not_configured', problems })

const sendingWith = (vars: Vars) => configOf(vars).sending

describe('the simulation', () => {
  it.each(['development', 'staging'])('is the engine with nothing at all in %s', (ENVIRONMENT) => {
    expect(sendingWith({ ENVIRONMENT })).toEqual(SIMULATION)
    expect(configOf({ ENVIRONMENT }).simulated).toBe(true)
  })

  it.each<[string, Vars]>([
    ['its secret alone', { VERGE_SECRET: SECRET }],
    ['API keys for callers', { API_KEYS: 'app:0123456789abcdef' }],
    ['base URLs', { TWILIO_BASE_URL: 'http://localhost:9000', AWS_SMS_BASE_URL: 'http://[::1]' }],
    ['secrets of others', { EXAMPLE_KEY: 'x' }],
    [
      'what only refines Verify',
      { TWILIO_VERIFY_CUSTOM_CODE: 'true', ANDROID_APP_HASH: 'He42w354ol9' },
    ],
  ])('is the engine with %s', (_, vars) => {
    expect(sendingWith(vars)).toEqual(SIMULATION)
  })

  it.each<[Vars]>([
    ...Object.entries({
      ...TWILIO,
      TWILIO_API_KEY_SID: `SK${HEX}`,
      TWILIO_API_KEY_SECRET: 'x',
      TWILIO_MESSAGING_SERVICE_SID: `MG${HEX}`,
      TWILIO_VERIFY_SERVICE_SID: `VA${HEX}`,
      TWILIO_PHONE_NUMBER: '+15005550006',
      TWILIO_SERVICE_SID: `VA${HEX}`,
      ...VONAGE_JWT,
      ...VONAGE_BASIC,
      ...AWS,
      AWS_SMS_ORIGINATION: 'pool-0123',
      ...TELNYX,
      ...PLIVO,
      HTTP_PROVIDERS: HTTP.HTTP_PROVIDERS,
      SMS_PROVIDERS: 'telnyx',
      SMS_ROUTES: '{"BD":["telnyx"]}',
    }).map(([name, value]): [Vars] => [{ [name]: value }]),
  ])('is never the engine where anything of a carrier is set: %j', (vars) => {
    const { sending, secret, simulated } = configOf(vars)
    expect([sending.state, secret, simulated]).toEqual(['not_configured', null, false])
  })
})

describe('production without anything', () => {
  it('has no engine: a simulation would hand out codes', () => {
    const { sending, secret, simulated } = configOf({ ENVIRONMENT: 'production' })
    expect(sending).toEqual(notConfigured(NO_SECRET, NO_ACCOUNT, NO_TOKEN, NO_SENDER))
    expect([secret, simulated]).toEqual([null, false])
  })

  it('has none with its secret alone', () => {
    expect(sendingWith({ ENVIRONMENT: 'production', VERGE_SECRET: SECRET })).toEqual(
      notConfigured(NO_ACCOUNT, NO_TOKEN, NO_SENDER),
    )
  })
})

describe('the engine', () => {
  it.each<[string, Vars, object]>([
    ['Twilio', TWILIO, OWN],
    ['Vonage with the key of an account', VONAGE_BASIC, OWN],
    ['Vonage as an application', VONAGE_JWT, OWN],
    ['AWS', AWS, OWN],
    ['Telnyx', TELNYX, OWN],
    ['Plivo', PLIVO, OWN],
    ['a configured carrier', HTTP, OWN],
    ['all of them', { ...TWILIO, ...VONAGE_JWT, ...AWS, ...TELNYX, ...PLIVO, ...HTTP }, OWN],
    [
      'one of several that are half there',
      { ...TELNYX, TWILIO_AUTH_TOKEN: 'x', AWS_REGION: 'eu-west-1', SMS_PROVIDERS: 'telnyx' },
      OWN,
    ],
    ['Verify alone', VERIFY, DELEGATED],
    ['Verify, its codes made here', { ...VERIFY, TWILIO_VERIFY_CUSTOM_CODE: 'true' }, DELEGATED],
    ['Verify and a sender', { ...VERIFY, ...TWILIO }, DELEGATED],
    ['Verify and another carrier', { ...VERIFY, ...PLIVO }, DELEGATED],
    ['Verify and SMS_PROVIDERS', { ...VERIFY, ...PLIVO, SMS_PROVIDERS: 'plivo' }, DELEGATED],
  ])('with %s, in every environment', (_, vars, engine) => {
    for (const ENVIRONMENT of ENVIRONMENTS) {
      const config = configOf({ ...vars, ENVIRONMENT, VERGE_SECRET: SECRET })
      expect(config.sending).toEqual(engine)
      expect([config.simulated, config.secret]).toEqual([false, SECRET])
    }
  })

  it.each<[string, Vars, Problem[]]>([
    ['no secret', without(CARRIER, 'VERGE_SECRET'), [NO_SECRET]],
    ['no secret for Verify', VERIFY, [NO_SECRET]],
    ['no account', without(CARRIER, 'TWILIO_ACCOUNT_SID'), [NO_ACCOUNT]],
    ['no token', without(CARRIER, 'TWILIO_AUTH_TOKEN'), [NO_TOKEN]],
    ['a token of blanks', { ...CARRIER, TWILIO_AUTH_TOKEN: '  ' }, [NO_TOKEN]],
    [
      'no token but an API key, for callbacks are signed with the token',
      {
        ...without(CARRIER, 'TWILIO_AUTH_TOKEN'),
        TWILIO_API_KEY_SID: `SK${HEX}`,
        TWILIO_API_KEY_SECRET: 'x',
      },
      [NO_TOKEN],
    ],
    ['no sender', without(CARRIER, 'TWILIO_FROM_NUMBER'), [NO_SENDER]],
    ['an account alone', { TWILIO_ACCOUNT_SID: `AC${HEX}` }, [NO_SECRET, NO_TOKEN, NO_SENDER]],
    [
      'a Verify service alone',
      { TWILIO_VERIFY_SERVICE_SID: `VA${HEX}` },
      [NO_SECRET, NO_ACCOUNT, NO_TOKEN],
    ],
    [
      'a Verify service and a sender without their account, which is missed once',
      { TWILIO_VERIFY_SERVICE_SID: `VA${HEX}`, TWILIO_FROM_NUMBER: '+15005550006' },
      [NO_SECRET, NO_ACCOUNT, NO_TOKEN],
    ],
    [
      'Verify beside a carrier that is half there',
      { ...VERIFY, VERGE_SECRET: SECRET, TELNYX_FROM: 'x' },
      [isMissing('TELNYX_API_KEY')],
    ],
    [
      'one carrier beside another that is half there',
      { ...CARRIER, PLIVO_AUTH_ID: 'x', SMS_PROVIDERS: 'twilio,plivo' },
      [isMissing('PLIVO_AUTH_TOKEN'), isMissing('PLIVO_FROM')],
    ],
    [
      'a carrier half there that only a route names',
      {
        ...CARRIER,
        AWS_REGION: 'eu-west-1',
        SMS_PROVIDERS: 'twilio',
        SMS_ROUTES: '{"BD":["aws"]}',
      },
      [isMissing('AWS_ACCESS_KEY_ID'), isMissing('AWS_SECRET_ACCESS_KEY')],
    ],
    [
      'several that are half there, all named at once',
      { TELNYX_FROM: 'x', VONAGE_API_KEY: 'x', HTTP_PROVIDERS: HTTP.HTTP_PROVIDERS },
      [
        NO_SECRET,
        isMissing('VONAGE_API_SECRET'),
        isMissing('VONAGE_FROM'),
        isMissing('TELNYX_API_KEY'),
        isMissing('EXAMPLE_KEY'),
        isMissing('EXAMPLE_USER'),
      ],
    ],
    [
      'a carrier that nobody described',
      { ...CARRIER, SMS_PROVIDERS: 'twilio,http:other' },
      [{ variable: 'HTTP_PROVIDERS', problem: 'does not describe http:other' }],
    ],
  ])('is none with %s', (_, vars, problems) => {
    for (const ENVIRONMENT of ENVIRONMENTS)
      expect(sendingWith({ ...vars, ENVIRONMENT })).toEqual(notConfigured(...problems))
  })

  it.each<[string, Vars]>([
    ['with a carrier', CARRIER],
    ['with Verify', { ...VERIFY, VERGE_SECRET: SECRET }],
    ['in simulation', {}],
    ['half configured', without(CARRIER, 'TWILIO_AUTH_TOKEN')],
    ['in production without anything', { ENVIRONMENT: 'production' }],
  ])('sends nothing %s where SMS_ENABLED is false', (_, vars) => {
    expect(sendingWith({ ...vars, SMS_ENABLED: 'false' })).toEqual({ state: 'disabled' })
  })
})
