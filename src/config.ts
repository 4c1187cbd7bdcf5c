// The only reader of variables: variables.ts says what they may hold, carriers.ts and engine.ts what they add up to.
import { type Carriers, carriersOf, type Listed, type Problem, twilioVerifyOf } from './carriers'
import { ANY_PURPOSE, type CodeWords, codeWordsOf } from './domain/code-text'
import type { CountryCode } from './domain/phone'
import { CHANNELS, type Channel } from './domain/record'
import { type Templates, templatesOf } from './domain/template'
import { isSimulated, type Sending, sendingOf } from './engine'
import { oncePer } from './once'
import { type Tokens, tokensOf } from './tokens'
import { ALIASES, VARIABLE_NAMES, type VariableName, type Variables, variables } from './variables'

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
  carriers: Carriers
  /** Twilio Verify, where a service is named */
  verify: Listed | null
  /** Verge makes the code that Twilio Verify sends, and checks it */
  customCode: boolean
  /** what may sign Twilio's callbacks: two tokens while they are rotated */
  twilioAuthTokens: string[]
  /** what signs Vonage's callbacks */
  vonageSignatureSecret: string | undefined
  otp: { length: number; lifetimeMs: number; maxAttempts: number }
  purposes: string[]
  codeWords: CodeWords
  /** over which a code may be asked for */
  channels: Channel[]
  messages: {
    limit: number
    windowMs: number
    /** one that may have left is sent by the next carrier too */
    repeatUnknown: boolean
    templates: Templates
    /** a text of more is refused */
    maxSegments: number
    /** look-alikes replace what GSM-7 does not have */
    smartEncoding: boolean
  }
  cooldownsMs: number[]
  sends: { limit: number; windowMs: number }
  defaultCountry: CountryCode | undefined
  allowedCountries: CountryCode[]
  auditRetentionMs: number
  /** older systems whose routes are answered too */
  compat: Variables['COMPAT']
  /** how the application's tokens are read, or what is missing for that; only those routes ask */
  tokens: Tokens | Problem[]
}

export type Configuration = { ok: true; config: Config } | { ok: false; problems: Problem[] }

// Known to everyone who reads this line, and used by the simulation only, where no code protects anything.
const DEVELOPMENT_SECRET = btoa('verge simulation: not a secret !')

/** Reads every variable, or says what is wrong with each. An empty variable counts as unset. */
export function readConfig(
  env: { [Name in VariableName]?: unknown } & { EMAIL?: unknown },
): Configuration {
  const set = Object.fromEntries(
    // wrangler.toml may hold numbers and booleans too.
    VARIABLE_NAMES.map((name) => [name, String(env[name] ?? '').trim()]).filter(
      ([, value]) => value,
    ),
  )
  const problems: Problem[] = []
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
  problems.push(...strangePurposes(parsed.data))
  return parsed.success && problems.length === 0
    ? { ok: true, config: toConfig(parsed.data, env) }
    : { ok: false, problems }
}

/** What the bindings of an isolate say: the gateway and every ledger in it ask. */
export const configurationOf = oncePer(readConfig)

/** Words that no code would ever have are a slip of the pen. */
const strangePurposes = (v: Variables | undefined): Problem[] =>
  Object.keys(v?.CODE_TEMPLATES ?? {})
    .filter((name) => name !== ANY_PURPOSE && !v?.PURPOSES.includes(name))
    .map((name) => ({ variable: 'CODE_TEMPLATES', problem: `${name}: is not one of PURPOSES` }))

/** Bindings are objects; a variable is a text. */
function textOf(env: object, name: string): string | undefined {
  const value = (env as Record<string, unknown>)[name]
  return typeof value === 'string' && value.trim() ? value.trim() : undefined
}

const isBinding = (value: unknown): value is Pick<SendEmail, 'send'> =>
  typeof value === 'object' && value !== null

function toConfig(v: Variables, env: { EMAIL?: unknown }): Config {
  const simulated = isSimulated(v)
  const carriers = carriersOf(v, {
    secretOf: (name) => textOf(env, name),
    mailBinding: isBinding(env.EMAIL) ? env.EMAIL : undefined,
  })
  const verify = twilioVerifyOf(v)
  return {
    environment: v.ENVIRONMENT,
    sending: sendingOf(v, carriers.listed, verify),
    simulated,
    secret: v.VERGE_SECRET ?? (simulated ? DEVELOPMENT_SECRET : null),
    apiKeys: v.API_KEYS,
    allowedOrigins: v.ALLOWED_ORIGINS,
    publicBaseUrl: v.PUBLIC_BASE_URL,
    jurisdiction: v.JURISDICTION,
    carriers,
    verify,
    customCode: v.TWILIO_VERIFY_CUSTOM_CODE,
    twilioAuthTokens: [v.TWILIO_AUTH_TOKEN, v.TWILIO_AUTH_TOKEN_SECONDARY].filter(
      (token) => token !== undefined,
    ),
    vonageSignatureSecret: v.VONAGE_SIGNATURE_SECRET,
    otp: {
      length: v.OTP_LENGTH,
      lifetimeMs: Math.round(v.OTP_EXPIRATION_MINUTES * 60_000),
      maxAttempts: v.OTP_MAX_ATTEMPTS,
    },
    purposes: v.PURPOSES,
    codeWords: codeWordsOf({
      wording: v.CODE_TEMPLATES,
      webOtpHost: v.WEBOTP_HOST,
      appHash: v.ANDROID_APP_HASH,
      smartEncoding: v.SMART_ENCODING,
    }),
    channels: CHANNELS.filter((channel) => v.CHANNELS.includes(channel)),
    messages: {
      limit: v.MESSAGE_RATE_LIMIT_PER_NUMBER,
      windowMs: v.SMS_RATE_LIMIT_WINDOW * 1000,
      repeatUnknown: v.MESSAGE_REPEAT_UNKNOWN,
      templates: templatesOf(v.MESSAGE_TEMPLATES),
      maxSegments: v.MESSAGE_MAX_SEGMENTS,
      smartEncoding: v.SMART_ENCODING,
    },
    cooldownsMs: v.RESEND_COOLDOWN_SECONDS.map((seconds) => seconds * 1000),
    sends: { limit: v.SMS_RATE_LIMIT_PER_NUMBER, windowMs: v.SMS_RATE_LIMIT_WINDOW * 1000 },
    defaultCountry: v.DEFAULT_COUNTRY,
    allowedCountries: v.ALLOWED_COUNTRIES,
    auditRetentionMs: v.AUDIT_RETENTION_DAYS * 86_400_000,
    compat: v.COMPAT,
    tokens: tokensOf(v),
  }
}
