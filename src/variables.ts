// Every variable there is, in the order of .dev.vars.example: one zod schema. Errors name the variable and what is wrong
// with it, and never repeat its value.
import * as z from 'zod/mini'
import { type CountryCode, isCountry } from './domain/phone'
import { CHANNELS } from './domain/record'
import { httpCarriers } from './http-carrier'
import { mailSender } from './mail-carriers'
import { isPrivate, matching } from './shapes'
import { codeWording, messageWording } from './wording'

/** What an HTTP header or a form can hold. */
const text = z.optional(matching(/^[\x20-\x7e]+$/, 'must be printable ASCII'))

/** Comma-separated, at least one. */
const listOf = <T>(item: z.ZodMiniType<T, string>) =>
  z.pipe(
    z.pipe(
      z.string(),
      z.transform((value) =>
        value
          .split(',')
          .map((part) => part.trim())
          .filter(Boolean),
      ),
    ),
    z.array(item).check(z.minLength(1, 'must name at least one')),
  )

const number = (min: number, max: number) => {
  const message = `must be a number from ${min} to ${max}`
  return z.coerce.number<string>(message).check(z.gte(min, message), z.lte(max, message))
}

const integer = (min: number, max: number) =>
  z.pipe(number(min, max), z.int('must be a whole number'))

const country = z.pipe(
  z.string().check(
    z.toUpperCase(),
    z.refine((code) => isCountry(code), 'must be ISO 3166 codes of two letters, such as US'),
  ),
  z.transform((code) => code as CountryCode),
)

/** E.164, a short code of 3 to 8 digits, or up to 11 letters, digits and spaces with a letter among them. */
const SENDER = /^(\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/

const sender = z.optional(
  matching(SENDER, 'must be a number in E.164, a short code or an alphanumeric sender'),
)

const sid = (prefix: string) =>
  z.optional(
    matching(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be ${prefix} and 32 hex digits`),
  )

/** `https://host[:port]`, or http for loopback. Credentials and codes travel to these. */
const origin = z.string().check(
  z.overwrite((value) => value.replace(/\/$/, '')),
  z.refine((value) => {
    const url = URL.parse(value)
    return url?.origin === value && isPrivate(url)
  }, 'must be an origin such as https://example.com, without a path (http for loopback only)'),
)

/** What is read there decides who is let in. Credentials in a URL are not sent, so there are none. */
const webAddress = z.string().check(
  z.refine((value) => {
    const url = URL.parse(value)
    return url !== null && isPrivate(url) && !url.username
  }, 'must be a URL such as https://example.com/jwks.json (http for loopback only)'),
)

/** As a browser compares it: the name alone. */
const host = z
  .string()
  .check(
    z.toLowerCase(),
    z.regex(
      /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/,
      'must be a host such as app.example.com, without scheme, port or path',
    ),
  )

const flag = z.pipe(
  z.enum(['true', 'false'], 'must be true or false'),
  z.transform((value) => value === 'true'),
)

const json = z.pipe(
  z.string(),
  z.transform((value, { issues }) => {
    try {
      return JSON.parse(value) as unknown
    } catch {
      // The parser's own message would repeat the value; `input` is left out of what zod tells.
      issues.push({ code: 'custom', message: 'must be JSON', input: value })
      return z.NEVER
    }
  }),
)

const TEXTS = 'must be a JSON object of texts'

/** Kept as text: it is only handed on. */
const jsonObject = z.optional(
  z.pipe(
    z.pipe(json, z.record(z.string(), z.string(TEXTS), TEXTS)),
    z.transform((value) => JSON.stringify(value)),
  ),
)

const CARRIER = 'must name carriers: twilio, vonage, aws, telnyx, plivo or http:<name>'

const carrierName = z
  .string(CARRIER)
  .check(z.regex(/^(twilio|vonage|aws|telnyx|plivo|http:[a-z0-9][a-z0-9_-]*)$/, CARRIER))

const ROUTES = 'must be a JSON object, countries to lists, such as {"BD": ["http:name", "twilio"]}'

/** Country, or several with commas between, → carriers in order, each once. */
const routes = z.pipe(
  z.pipe(
    json,
    z.record(
      z.string(),
      z
        .array(carrierName, ROUTES)
        .check(z.minLength(1, 'must name at least one carrier for each country')),
      ROUTES,
    ),
  ),
  z.transform((byCountries, { issues }) => {
    const refuse = (message: string) => issues.push({ code: 'custom', message, input: byCountries })
    const order: Record<string, string[]> = {}
    for (const [codes, carriers] of Object.entries(byCountries)) {
      const countries = listOf(country).safeParse(codes)
      if (!countries.success) refuse('must have ISO 3166 countries as names, such as US or GB')
      for (const code of countries.data ?? []) {
        if (order[code]) refuse(`must name ${code} only once`)
        order[code] = [...new Set(carriers)]
      }
    }
    return order
  }),
)

const channel = z.enum(CHANNELS, `must be some of ${CHANNELS.join(', ')}`)

const purpose = matching(/^[a-z0-9_]{1,32}$/, 'must be names of a-z, 0-9 and _')

const apiKey = z.pipe(
  matching(
    /^[\w.-]{1,64}:[\x21-\x7e]{16,}$/,
    'must be name:key, the key of at least 16 characters',
  ),
  z.transform((pair) => ({
    name: pair.slice(0, pair.indexOf(':')),
    key: pair.slice(pair.indexOf(':') + 1),
  })),
)

const isSecret = (value: string) => {
  try {
    return atob(value).length >= 32
  } catch {
    return false
  }
}

const SYSTEMS = ['mestore', 'chaski'] as const

const claim = matching(/^[\x21-\x7e]{1,128}$/, 'must be the name of a claim')

const secret = z
  .string()
  .check(z.refine(isSecret, 'must be at least 32 random bytes in base64 (openssl rand -base64 32)'))

export const variables = z.object({
  ENVIRONMENT: z._default(
    z.enum(['development', 'staging', 'production'], 'must be development, staging or production'),
    'development',
  ),
  SMS_ENABLED: z._default(flag, true),
  VERGE_SECRET: z.optional(secret),
  API_KEYS: z._default(listOf(apiKey), []),
  ALLOWED_ORIGINS: z._default(listOf(z.union([z.literal('*'), origin])), []),
  PUBLIC_BASE_URL: z.optional(origin),
  JURISDICTION: z.optional(z.enum(['eu', 'us'], 'must be eu or us')),

  TWILIO_ACCOUNT_SID: sid('AC'),
  TWILIO_AUTH_TOKEN: text,
  TWILIO_AUTH_TOKEN_SECONDARY: text,
  TWILIO_API_KEY_SID: sid('SK'),
  TWILIO_API_KEY_SECRET: text,
  TWILIO_FROM_NUMBER: sender,
  TWILIO_MESSAGING_SERVICE_SID: sid('MG'),
  TWILIO_WHATSAPP_FROM: z.optional(matching(/^\+[1-9]\d{6,14}$/, 'must be a number in E.164')),
  TWILIO_WHATSAPP_CONTENT_SID: sid('HX'),
  TWILIO_VERIFY_SERVICE_SID: sid('VA'),
  TWILIO_BASE_URL: z._default(origin, 'https://api.twilio.com'),
  TWILIO_VERIFY_BASE_URL: z._default(origin, 'https://verify.twilio.com'),
  TWILIO_VERIFY_CUSTOM_CODE: z._default(flag, false),
  TWILIO_VERIFY_TEMPLATE_SID: sid('HJ'),
  TWILIO_VERIFY_TEMPLATE_SUBSTITUTIONS: jsonObject,
  TWILIO_VERIFY_FRIENDLY_NAME: z.optional(
    z.string().check(z.maxLength(30, 'must be at most 30 characters')),
  ),
  TWILIO_VERIFY_RATE_LIMIT_KEY: text,
  TWILIO_VERIFY_RISK_CHECK: z.optional(z.enum(['enable', 'disable'], 'must be enable or disable')),
  TWILIO_VERIFY_TAGS: jsonObject,
  ANDROID_APP_HASH: z.optional(
    matching(/^[A-Za-z0-9+/]{11}$/, 'must be the 11 characters of an app hash'),
  ),

  VONAGE_APPLICATION_ID: text,
  VONAGE_PRIVATE_KEY: z.optional(
    matching(/^-----BEGIN PRIVATE KEY-----/, 'must be a private key in PEM (PKCS #8)'),
  ),
  VONAGE_API_KEY: text,
  VONAGE_API_SECRET: text,
  VONAGE_SIGNATURE_SECRET: text,
  VONAGE_FROM: sender,
  VONAGE_BASE_URL: z._default(origin, 'https://api.nexmo.com'),

  AWS_ACCESS_KEY_ID: text,
  AWS_SECRET_ACCESS_KEY: text,
  AWS_REGION: z.optional(matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as eu-west-1')),
  AWS_SMS_ORIGINATION: text,
  AWS_SMS_BASE_URL: z.optional(origin),

  TELNYX_API_KEY: text,
  TELNYX_FROM: sender,
  TELNYX_BASE_URL: z._default(origin, 'https://api.telnyx.com'),

  PLIVO_AUTH_ID: text,
  PLIVO_AUTH_TOKEN: text,
  PLIVO_FROM: sender,
  PLIVO_BASE_URL: z._default(origin, 'https://api.plivo.com'),

  HTTP_PROVIDERS: z.optional(httpCarriers),

  EMAIL_FROM: z.optional(mailSender),
  SENDGRID_API_KEY: text,
  SENDGRID_BASE_URL: z._default(origin, 'https://api.sendgrid.com'),

  SMS_PROVIDERS: z.optional(listOf(carrierName)),
  SMS_ROUTES: z.optional(routes),
  CHANNELS: z.prefault(listOf(channel), CHANNELS.join(',')),

  OTP_LENGTH: z.prefault(integer(4, 10), '6'),
  OTP_EXPIRATION_MINUTES: z.prefault(number(0.5, 60), '10'),
  OTP_MAX_ATTEMPTS: z.prefault(integer(1, 100), '5'),
  PURPOSES: z.prefault(listOf(purpose), 'verify,login,admin_2fa'),
  CODE_TEMPLATES: z._default(codeWording, {}),
  MESSAGE_TEMPLATES: z._default(messageWording, {}),
  MESSAGE_MAX_SEGMENTS: z.prefault(integer(1, 10), '10'),
  SMART_ENCODING: z._default(flag, false),
  WEBOTP_HOST: z.optional(host),
  RESEND_COOLDOWN_SECONDS: z.prefault(listOf(integer(1, 86_400)), '60,60,120,300,600'),
  SMS_RATE_LIMIT_PER_NUMBER: z.prefault(integer(1, 1000), '5'),
  SMS_RATE_LIMIT_WINDOW: z.prefault(integer(60, 86_400), '3600'),
  MESSAGE_RATE_LIMIT_PER_NUMBER: z.prefault(integer(1, 1000), '20'),
  MESSAGE_REPEAT_UNKNOWN: z._default(flag, false),
  DEFAULT_COUNTRY: z.optional(country),
  ALLOWED_COUNTRIES: z._default(listOf(country), []),
  AUDIT_RETENTION_DAYS: z.prefault(integer(1, 3650), '90'),

  COMPAT: z._default(listOf(z.enum(SYSTEMS, `must be of ${SYSTEMS.join(', ')}`)), []),
  // RFC 7518, 3.2: a key of HS256 has at least the length of its hash.
  JWT_SECRET: z.optional(
    matching(/^[\x20-\x7e]{32,}$/, 'must be at least 32 printable ASCII characters'),
  ),
  JWT_JWKS_URL: z.optional(webAddress),
  JWT_ISSUER: text,
  JWT_AUDIENCE: text,
  JWT_PHONE_CLAIM: z._default(claim, 'phone_number'),
  JWT_EMAIL_CLAIM: z._default(claim, 'email'),
  JWT_COOKIE: z._default(
    matching(/^[\w!#$%&'*.^`|~+-]{1,128}$/, 'must be the name of a cookie'),
    'access_token',
  ),
})

/** Other names under which a variable is accepted. */
export const ALIASES = {
  TWILIO_PHONE_NUMBER: 'TWILIO_FROM_NUMBER',
  TWILIO_SERVICE_SID: 'TWILIO_VERIFY_SERVICE_SID',
} as const

export type Variables = z.infer<typeof variables>
export type VariableName = keyof Variables | keyof typeof ALIASES

/** Every name that may be set, in the order of .dev.vars.example. */
export const VARIABLE_NAMES = [
  ...Object.keys(variables.shape),
  ...Object.keys(ALIASES),
] as VariableName[]
