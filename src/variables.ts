// Every variable there is, in the order of .dev.vars.example: one zod schema. Errors name the variable and what is wrong
// with it, and never repeat its value.
import { type CountryCode, isSupportedCountry } from 'libphonenumber-js/max'
import * as z from 'zod'
import { httpCarriers } from './http-carrier'

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

const sender = z
  .string()
  .regex(SENDER, 'must be a number in E.164, a short code or an alphanumeric sender')
  .optional()

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

const flag = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((value) => value === 'true')

const json = z.string().transform((value, context) => {
  try {
    return JSON.parse(value) as unknown
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' }) // the parser's own message would repeat the value
    return z.NEVER
  }
})

const TEXTS = 'must be a JSON object of texts'

/** Kept as text: it is only handed on. */
const jsonObject = json
  .pipe(z.record(z.string(), z.string(TEXTS), TEXTS))
  .transform((value) => JSON.stringify(value))
  .optional()

const CARRIER = 'must be twilio, vonage, aws, telnyx, plivo or http:<name>'

const carrierName = z
  .string(CARRIER)
  .regex(/^(twilio|vonage|aws|telnyx|plivo|http:[a-z0-9][a-z0-9_-]*)$/, CARRIER)

const ROUTES = 'must be a JSON object, such as {"BD": ["http:name", "twilio"]}'

/** Country, or several with commas between, → carriers in order, each once. */
const routes = json
  .pipe(
    z.record(
      z.string(),
      z.array(carrierName, ROUTES).min(1, 'must name at least one carrier for each country'),
      ROUTES,
    ),
  )
  .transform((byCountries, context) => {
    const order: Record<string, string[]> = {}
    for (const [codes, carriers] of Object.entries(byCountries)) {
      const countries = listOf(country).safeParse(codes)
      if (!countries.success)
        context.addIssue({ code: 'custom', message: 'must have ISO 3166 countries as names' })
      for (const code of countries.data ?? []) {
        if (order[code])
          context.addIssue({ code: 'custom', message: `must name ${code} only once` })
        order[code] = [...new Set(carriers)]
      }
    }
    return order
  })

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

export const variables = z.object({
  ENVIRONMENT: z
    .enum(['development', 'staging', 'production'], 'must be development, staging or production')
    .default('development'),
  SMS_ENABLED: flag.default(true),
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
  TWILIO_AUTH_TOKEN_SECONDARY: text,
  TWILIO_API_KEY_SID: sid('SK'),
  TWILIO_API_KEY_SECRET: text,
  TWILIO_FROM_NUMBER: sender,
  TWILIO_MESSAGING_SERVICE_SID: sid('MG'),
  TWILIO_VERIFY_SERVICE_SID: sid('VA'),
  TWILIO_BASE_URL: origin.default('https://api.twilio.com'),
  TWILIO_VERIFY_BASE_URL: origin.default('https://verify.twilio.com'),
  TWILIO_VERIFY_CUSTOM_CODE: flag.default(false),
  TWILIO_VERIFY_TEMPLATE_SID: sid('HJ'),
  TWILIO_VERIFY_TEMPLATE_SUBSTITUTIONS: jsonObject,
  TWILIO_VERIFY_FRIENDLY_NAME: z.string().max(30, 'must be at most 30 characters').optional(),
  TWILIO_VERIFY_RATE_LIMIT_KEY: text,
  TWILIO_VERIFY_RISK_CHECK: z.enum(['enable', 'disable'], 'must be enable or disable').optional(),
  TWILIO_VERIFY_TAGS: jsonObject,
  ANDROID_APP_HASH: z
    .string()
    .regex(/^[A-Za-z0-9+/]{11}$/, 'must be the 11 characters of an app hash')
    .optional(),

  VONAGE_APPLICATION_ID: text,
  VONAGE_PRIVATE_KEY: z
    .string()
    .regex(/^-----BEGIN PRIVATE KEY-----/, 'must be a private key in PEM (PKCS #8)')
    .optional(),
  VONAGE_API_KEY: text,
  VONAGE_API_SECRET: text,
  VONAGE_FROM: sender,
  VONAGE_BASE_URL: origin.default('https://api.nexmo.com'),

  AWS_ACCESS_KEY_ID: text,
  AWS_SECRET_ACCESS_KEY: text,
  AWS_REGION: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as eu-west-1')
    .optional(),
  AWS_SMS_ORIGINATION: text,
  AWS_SMS_BASE_URL: origin.optional(),

  TELNYX_API_KEY: text,
  TELNYX_FROM: sender,
  TELNYX_BASE_URL: origin.default('https://api.telnyx.com'),

  PLIVO_AUTH_ID: text,
  PLIVO_AUTH_TOKEN: text,
  PLIVO_FROM: sender,
  PLIVO_BASE_URL: origin.default('https://api.plivo.com'),

  HTTP_PROVIDERS: httpCarriers.optional(),

  SMS_PROVIDERS: listOf(carrierName).optional(),
  SMS_ROUTES: routes.optional(),

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
export const ALIASES = {
  TWILIO_PHONE_NUMBER: 'TWILIO_FROM_NUMBER',
  TWILIO_SERVICE_SID: 'TWILIO_VERIFY_SERVICE_SID',
} as const

/** Names kept for what is not built yet. Set, they are refused, so that nobody relies on a carrier that is not there. */
export const RESERVED = [
  'MESSAGE_RATE_LIMIT_PER_NUMBER',
  'VONAGE_SIGNATURE_SECRET',
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
