// Variables of these tests: what each carrier needs and no more, and the way from variables to a configuration.
import type { Problem } from '../src/carriers'
import { type Config, readConfig } from '../src/config'

/** Verge's own variables, and those that belong to a configured carrier. */
export type Vars = Parameters<typeof readConfig>[0] & {
  EXAMPLE_KEY?: unknown
  EXAMPLE_USER?: unknown
}

export const SECRET = btoa('thirty-two bytes for these tests')
export const HEX = '0123456789abcdefABCDEF0123456789'

export const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${HEX}`,
  TWILIO_AUTH_TOKEN: 'the auth token',
  TWILIO_FROM_NUMBER: '+15005550006',
}
export const VERIFY = {
  TWILIO_ACCOUNT_SID: `AC${HEX}`,
  TWILIO_AUTH_TOKEN: 'the auth token',
  TWILIO_VERIFY_SERVICE_SID: `VA${HEX}`,
}
export const VONAGE_JWT = {
  VONAGE_APPLICATION_ID: 'the application',
  VONAGE_PRIVATE_KEY: '-----BEGIN PRIVATE KEY-----\\nthe key\\n-----END PRIVATE KEY-----',
  VONAGE_FROM: 'Verge',
}
export const VONAGE_BASIC = {
  VONAGE_API_KEY: 'the key',
  VONAGE_API_SECRET: 'the secret',
  VONAGE_FROM: '+12025550100',
}
export const AWS = {
  AWS_ACCESS_KEY_ID: 'the key id',
  AWS_SECRET_ACCESS_KEY: 'the access key',
  AWS_REGION: 'eu-west-1',
}
export const TELNYX = { TELNYX_API_KEY: 'the API key', TELNYX_FROM: '24242' }
export const PLIVO = {
  PLIVO_AUTH_ID: 'the id',
  PLIVO_AUTH_TOKEN: 'the token',
  PLIVO_FROM: '+12025550101',
}

/** What HTTP_PROVIDERS says of a carrier with two secrets. */
export const EXAMPLE = {
  url: 'https://sms.example.com/send',
  headers: { Authorization: 'Bearer {secret:EXAMPLE_KEY}' },
  json: { user: '{secret:EXAMPLE_USER}', number: '{to}', message: '{text}' },
}
export const HTTP = {
  HTTP_PROVIDERS: JSON.stringify({ example: EXAMPLE }),
  EXAMPLE_KEY: 'a key of its own',
  EXAMPLE_USER: 'a user of its own',
}

/** All that the own engine needs, and no more. */
export const CARRIER = { VERGE_SECRET: SECRET, ...TWILIO }

export function configOf(vars: Vars): Config {
  const read = readConfig(vars)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.config
}

export function problemsOf(vars: Vars): Problem[] {
  const read = readConfig(vars)
  return read.ok ? [] : read.problems
}

/** All of them but one. */
export const without = (vars: Vars, name: string): Vars => ({ ...vars, [name]: undefined })

export const isMissing = (variable: string): Problem => ({ variable, problem: 'is missing' })
