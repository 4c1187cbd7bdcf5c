// The only reader of variables. One zod schema, in the order of .dev.vars.example; errors name the variable and what is
// wrong with it, and never repeat its value.
import { type CountryCode, isSupportedCountry } from 'libphonenumber-js/max'
import * as z from 'zod'
import type { TwilioConfig } from './carriers'
import { isSimulated, type Problem, type Sending, sendingOf, twilioOf } from './engine'

/** What an HTTP header or a form can hold. */
const text = z
  .string()
  .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
  .optional()

/** Comma-separated, at least one. */
const listOf = <T>(item: z.ZodType<T, string>) =>
  z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .pipe(z.array(item).min(1, 'must name at least one'))

const number = (min: number, max: number) => {
  const message = `must be a number from ${min} to ${max}`
  return z.string().transform(Number).pipe(z.number(message).min(min, message).max(max, message))
}

const integer = (min: number, max: number) => number(min, max).pipe(z.int('must be a whole number'))

const country = z
  .string()
  .toUpperCase()
  .refine((code) => isSupportedCountry(code), 'must be ISO 3166 codes of two letters, such as US')
  .transform((code) => code as CountryCode)

/** E.164, a short code of 3 to 8 digits, or up to 11 letters, digits and spaces with a letter among them. */
const SENDER = /^(\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/

const sid = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be ${prefix} and 32 hex digits`)
    .optional()

/** `https://host[:port]`, or http for loopback. Credentials and codes travel to these. */
const origin = z
  .string()
  .transform((value) => value.replace(/\/$/, ''))
  .refine((value) => {
    const url = URL.parse(value)
    if (url?.origin !== value) return false
    const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
    return url.protocol === 'https:' || (url.protocol === 'http:' && loopback)
  }, 'must be an origin such as https://example.com, without a path (http for loopback only)')

const purpose = z.string().regex(/^[a-z0-9_]{1,32}$/, 'must be names of a-z, 0-9 and _')

const apiKey = z
  .string()
  .regex(/^[\w.-]{1,64}:[\x21-\x7e]{16,}$/, 'must be name:key, the key of at least 16 characters')
  .transform((pair) => ({
    name: pair.slice(0, pair.indexOf(':')),
    key: pair.slice(pair.indexOf(':') + 1),
  }))

const isSecret = (value: string) => {
  try {
    return atob(value).length >= 32
  } catch {
    return false
  }
}

const variables = z.object({
  ENVIRONMENT: z
    .enum(['development', 'staging', 'production'], 'must be development, staging or production')
    .default('development'),
  SMS_ENABLED: z
    .enum(['true', 'false'], 'must be true or false')
    .default('true')
    .transform((value) => value === 'true'),
  VERGE_SECRET: z
    .string()
    .refine(isSecret, 'must be at least 32 random bytes in base64 (openssl rand -base64 32)')
    .optional(),
  API_KEYS: listOf(apiKey).default([]),
  ALLOWED_ORIGINS: listOf(z.literal('*').or(origin)).default([]),
  PUBLIC_BASE_URL: origin.optional(),
  JURISDICTION: z.enum(['eu', 'us'], 'must be eu or us').optional(),

  TWILIO_ACCOUNT_SID: sid('AC'),
  TWILIO_AUTH_TOKEN: text,
  TWILIO_API_KEY_SID: sid('SK'),
  TWILIO_API_KEY_SECRET: text,
  TWILIO_FROM_NUMBER: z
    .string()
    .regex(SENDER, 'must be a number in E.164, a short code or an alphanumeric sender')
    .optional(),
  TWILIO_MESSAGING_SERVICE_SID: sid('MG'),
  TWILIO_VERIFY_SERVICE_SID: sid('VA'),
  TWILIO_BASE_URL: origin.default('https://api.twilio.com'),
  TWILIO_VERIFY_BASE_URL: origin.default('https://verify.twilio.com'),

  OTP_LENGTH: integer(4, 10).prefault('6'),
  OTP_EXPIRATION_MINUTES: number(0.5, 60).prefault('10'),
  OTP_MAX_ATTEMPTS: integer(1, 100).prefault('5'),
  PURPOSES: listOf(purpose).prefault('verify,login,admin_2fa'),
  RESEND_COOLDOWN_SECONDS: listOf(integer(1, 86_400)).prefault('60,60,120,300,600'),
  SMS_RATE_LIMIT_PER_NUMBER: integer(1, 1000).prefault('5'),
  SMS_RATE_LIMIT_WINDOW: integer(60, 86_400).prefault('3600'),
  DEFAULT_COUNTRY: country.optional(),
  ALLOWED_COUNTRIES: listOf(country).default([]),
  AUDIT_RETENTION_DAYS: integer(1, 3650).prefault('90'),
})

/** Other names under which a variable is accepted. */
const ALIASES = {
  TWILIO_PHONE_NUMBER: 'TWILIO_FROM_NUMBER',
  TWILIO_SERVICE_SID: 'TWILIO_VERIFY_SERVICE_SID',
} as const

/** Names kept for what is not built yet. Set, they are refused, so that nobody relies on a carrier that is not there. */
const RESERVED = [
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
] as const

export type Variables = z.infer<typeof variables>
export type VariableName = keyof Variables | keyof typeof ALIASES | (typeof RESERVED)[number]

/** Every name that may be set, in the order of .dev.vars.example. */
export const VARIABLE_NAMES = [
  ...Object.keys(variables.shape),
  ...Object.keys(ALIASES),
  ...RESERVED,
] as VariableName[]

export type Config = {
  environment: Variables['ENVIRONMENT']
  sending: Sending
  /** texts are shown instead of sent */
  simulated: boolean
  /** base64; null where codes can neither be made nor checked */
  secret: string | null
  apiKeys: Variables['API_KEYS']
  allowedOrigins: string[]
  publicBaseUrl: string | undefined
  jurisdiction: Variables['JURISDICTION']
  twilio: TwilioConfig | null
  otp: { length: number; lifetimeMs: number; maxAttempts: number }
  purposes: string[]
  cooldownsMs: number[]
  sends: { limit: number; windowMs: number }
  defaultCountry: CountryCode | undefined
  allowedCountries: CountryCode[]
  auditRetentionMs: number
}

export type Configuration = { ok: true; config: Config } | { ok: false; problems: Problem[] }

// Known to everyone who reads this line, and used by the simulation only, where no code protects anything.
const DEVELOPMENT_SECRET = btoa('verge simulation: not a secret !')

/** Reads every variable, or says what is wrong with each. An empty variable counts as unset. */
export function readConfig(env: { [Name in VariableName]?: unknown }): Configuration {
  const set = Object.fromEntries(
    // wrangler.toml may hold numbers and booleans too.
    VARIABLE_NAMES.map((name) => [name, String(env[name] ?? '').trim()]).filter(
      ([, value]) => value,
    ),
  )
  const problems: Problem[] = RESERVED.filter((name) => name in set).map((variable) => ({
    variable,
    problem: 'is not used by this version; unset it',
  }))
  const givenAs: Record<string, string> = {}
  for (const [alias, name] of Object.entries(ALIASES)) {
    const value = set[alias]
    if (!value) continue
    if (!set[name]) givenAs[name] = alias
    set[name] ??= value
    if (set[name] !== value) {
      const problem = `differs from ${name}, for which it is another name`
      problems.push({ variable: alias, problem })
    }
  }
  const parsed = variables.safeParse(set)
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0])
    problems.push({ variable: givenAs[name] ?? name, problem: issue.message })
  }
  return parsed.success && problems.length === 0
    ? { ok: true, config: toConfig(parsed.data) }
    : { ok: false, problems }
}

function toConfig(v: Variables): Config {
  const simulated = isSimulated(v)
  return {
    environment: v.ENVIRONMENT,
    sending: sendingOf(v),
    simulated,
    secret: v.VERGE_SECRET ?? (simulated ? DEVELOPMENT_SECRET : null),
    apiKeys: v.API_KEYS,
    allowedOrigins: v.ALLOWED_ORIGINS,
    publicBaseUrl: v.PUBLIC_BASE_URL,
    jurisdiction: v.JURISDICTION,
    twilio: twilioOf(v),
    otp: {
      length: v.OTP_LENGTH,
      lifetimeMs: Math.round(v.OTP_EXPIRATION_MINUTES * 60_000),
      maxAttempts: v.OTP_MAX_ATTEMPTS,
    },
    purposes: v.PURPOSES,
    cooldownsMs: v.RESEND_COOLDOWN_SECONDS.map((seconds) => seconds * 1000),
    sends: { limit: v.SMS_RATE_LIMIT_PER_NUMBER, windowMs: v.SMS_RATE_LIMIT_WINDOW * 1000 },
    defaultCountry: v.DEFAULT_COUNTRY,
    allowedCountries: v.ALLOWED_COUNTRIES,
    auditRetentionMs: v.AUDIT_RETENTION_DAYS * 86_400_000,
  }
}
