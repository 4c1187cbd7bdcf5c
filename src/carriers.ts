// What the variables say of each carrier: its configuration, or what is missing for one; and who is asked first.
import type { Carrier, TwilioConfig } from './carrier-config'
import { forbiddenSecretsOf, secretsOf } from './http-carrier'
import { mailCarriersOf, speaksOfMail } from './mail-carriers'
import { VARIABLE_NAMES, type Variables } from './variables'

/** Something for the operator to mend. Never repeats a value. */
export type Problem = { variable: string; problem: string }

/** A carrier that the variables ask for: complete, or null with what is missing. */
export type Listed = { name: string; carrier: Carrier | null; problems: Problem[] }

/** Which carriers there are, and whose texts are asked for first: in general, and by country. Mail goes in the order of `listed`. */
export type Carriers = { listed: Listed[]; order: string[]; orderIn: Record<string, string[]> }

/** The variables that speak of a carrier: where one is set, texts are meant to be sent. */
const SPEAKING = {
  twilio: [
    'TWILIO_ACCOUNT_SID',
    'TWILIO_AUTH_TOKEN',
    'TWILIO_API_KEY_SID',
    'TWILIO_API_KEY_SECRET',
    'TWILIO_FROM_NUMBER',
    'TWILIO_MESSAGING_SERVICE_SID',
    'TWILIO_WHATSAPP_FROM',
    'TWILIO_WHATSAPP_CONTENT_SID',
  ],
  vonage: [
    'VONAGE_APPLICATION_ID',
    'VONAGE_PRIVATE_KEY',
    'VONAGE_API_KEY',
    'VONAGE_API_SECRET',
    'VONAGE_SIGNATURE_SECRET',
    'VONAGE_FROM',
  ],
  aws: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION', 'AWS_SMS_ORIGINATION'],
  telnyx: ['TELNYX_API_KEY', 'TELNYX_FROM'],
  plivo: ['PLIVO_AUTH_ID', 'PLIVO_AUTH_TOKEN', 'PLIVO_FROM'],
} as const satisfies Record<string, (keyof Variables)[]>

/** Whether any variable speaks of any carrier. */
export const speaksOfCarriers = (v: Variables): boolean =>
  speaksOfMail(v) ||
  [v.TWILIO_VERIFY_SERVICE_SID, v.HTTP_PROVIDERS, v.SMS_PROVIDERS, v.SMS_ROUTES].some(Boolean) ||
  Object.values(SPEAKING).some((names) => names.some((name) => v[name]))

/**
 * The carriers of SMS_PROVIDERS and SMS_ROUTES; without SMS_PROVIDERS, each that a variable speaks of. And those of mail.
 * @param world the value of a variable that belongs to a configured carrier alone; the binding that sends mail
 */
export function carriersOf(v: Variables, { secretOf, mailBinding }: World): Carriers {
  const order = [...new Set(v.SMS_PROVIDERS ?? spokenOf(v))]
  const orderIn = v.SMS_ROUTES ?? {}
  const names = new Set([...order, ...Object.values(orderIn).flat()])
  const listed = [...names].map((name) => {
    if (!name.startsWith('http:')) return READERS[name as keyof typeof READERS](v)
    return httpOf(v, name as `http:${string}`, secretOf)
  })
  return { listed: [...listed, ...mailCarriersOf(v, mailBinding)], order, orderIn }
}

type World = {
  secretOf: (name: string) => string | undefined
  mailBinding: Pick<SendEmail, 'send'> | undefined
}

function spokenOf(v: Variables): string[] {
  const coded = Object.entries(SPEAKING).filter(([name, names]) =>
    // With a Verify service, the account alone does not ask for texts.
    name === 'twilio' && v.TWILIO_VERIFY_SERVICE_SID
      ? v.TWILIO_FROM_NUMBER || v.TWILIO_MESSAGING_SERVICE_SID
      : names.some((name) => v[name]),
  )
  const configured = Object.keys(v.HTTP_PROVIDERS ?? {}).map((name) => `http:${name}`)
  return [...coded.map(([name]) => name), ...configured]
}

const READERS = {
  twilio: twilioOf,
  vonage: vonageOf,
  aws: awsOf,
  telnyx: telnyxOf,
  plivo: plivoOf,
} satisfies Record<keyof typeof SPEAKING, (v: Variables) => Listed>

export function twilioOf(v: Variables): Listed {
  const { credentials, problems } = twilioAccountOf(v)
  if (!v.TWILIO_FROM_NUMBER && !v.TWILIO_MESSAGING_SERVICE_SID)
    problems.push({
      variable: 'TWILIO_FROM_NUMBER',
      problem: 'or TWILIO_MESSAGING_SERVICE_SID is missing',
    })
  const whatsApp = whatsAppOf(v)
  problems.push(...whatsApp.problems)
  const config = credentials && {
    ...credentials,
    from: v.TWILIO_FROM_NUMBER,
    messagingServiceSid: v.TWILIO_MESSAGING_SERVICE_SID,
    whatsApp: whatsApp.config,
    baseUrl: v.TWILIO_BASE_URL,
  }
  return listed(problems, config && { name: 'twilio', config }, 'twilio')
}

function whatsAppOf(v: Variables): { config: TwilioConfig['whatsApp']; problems: Problem[] } {
  const { TWILIO_WHATSAPP_CONTENT_SID: contentSid, TWILIO_WHATSAPP_FROM: from } = v
  if (!contentSid)
    return { config: undefined, problems: from ? missing(v, ['TWILIO_WHATSAPP_CONTENT_SID']) : [] }
  const problem = 'or TWILIO_MESSAGING_SERVICE_SID is missing'
  const isSent = from || v.TWILIO_MESSAGING_SERVICE_SID
  return {
    config: { contentSid, from },
    problems: isSent ? [] : [{ variable: 'TWILIO_WHATSAPP_FROM', problem }],
  }
}

/** Twilio Verify, where a service is named. */
export function twilioVerifyOf(v: Variables): Listed | null {
  const serviceSid = v.TWILIO_VERIFY_SERVICE_SID
  if (!serviceSid) return null
  const { credentials, problems } = twilioAccountOf(v)
  const config = credentials && {
    ...credentials,
    serviceSid,
    baseUrl: v.TWILIO_VERIFY_BASE_URL,
    templateSid: v.TWILIO_VERIFY_TEMPLATE_SID,
    templateSubstitutions: v.TWILIO_VERIFY_TEMPLATE_SUBSTITUTIONS,
    friendlyName: v.TWILIO_VERIFY_FRIENDLY_NAME,
    rateLimitKey: v.TWILIO_VERIFY_RATE_LIMIT_KEY,
    riskCheck: v.TWILIO_VERIFY_RISK_CHECK,
    tags: v.TWILIO_VERIFY_TAGS,
    appHash: v.ANDROID_APP_HASH,
  }
  return listed(problems, config && { name: 'twilio-verify', config }, 'twilio-verify')
}

type Credentials = Pick<TwilioConfig, 'accountSid' | 'authToken' | 'apiKey'>

function twilioAccountOf(v: Variables): { credentials: Credentials | null; problems: Problem[] } {
  const { TWILIO_API_KEY_SID: sid, TWILIO_API_KEY_SECRET: secret } = v
  const problems = missing(v, ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'])
  if (sid || secret) problems.push(...missing(v, ['TWILIO_API_KEY_SID', 'TWILIO_API_KEY_SECRET']))
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = v
  const apiKey = sid && secret ? { sid, secret } : null
  return {
    credentials: accountSid && authToken ? { accountSid, authToken, apiKey } : null,
    problems,
  }
}

function vonageOf(v: Variables): Listed {
  const from = needed(v, { from: 'VONAGE_FROM' })
  const auth =
    v.VONAGE_APPLICATION_ID || v.VONAGE_PRIVATE_KEY
      ? needed(v, { applicationId: 'VONAGE_APPLICATION_ID', privateKey: 'VONAGE_PRIVATE_KEY' })
      : needed(v, { key: 'VONAGE_API_KEY', secret: 'VONAGE_API_SECRET' })
  const { values } = auth
  const config = {
    auth:
      'key' in values ? { kind: 'basic' as const, ...values } : { kind: 'jwt' as const, ...values },
    ...from.values,
    baseUrl: v.VONAGE_BASE_URL,
    receipts: v.VONAGE_SIGNATURE_SECRET !== undefined,
  }
  return listed([...auth.problems, ...from.problems], { name: 'vonage', config }, 'vonage')
}

function awsOf(v: Variables): Listed {
  const { values, problems } = needed(v, {
    accessKeyId: 'AWS_ACCESS_KEY_ID',
    secretAccessKey: 'AWS_SECRET_ACCESS_KEY',
    region: 'AWS_REGION',
  })
  const config = {
    ...values,
    origination: v.AWS_SMS_ORIGINATION,
    baseUrl: v.AWS_SMS_BASE_URL ?? `https://sms-voice.${values.region}.amazonaws.com`,
  }
  return listed(problems, { name: 'aws', config }, 'aws')
}

function telnyxOf(v: Variables): Listed {
  const { values, problems } = needed(v, { apiKey: 'TELNYX_API_KEY', from: 'TELNYX_FROM' })
  return listed(
    problems,
    { name: 'telnyx', config: { ...values, baseUrl: v.TELNYX_BASE_URL } },
    'telnyx',
  )
}

function plivoOf(v: Variables): Listed {
  const { values, problems } = needed(v, {
    authId: 'PLIVO_AUTH_ID',
    authToken: 'PLIVO_AUTH_TOKEN',
    from: 'PLIVO_FROM',
  })
  return listed(
    problems,
    { name: 'plivo', config: { ...values, baseUrl: v.PLIVO_BASE_URL } },
    'plivo',
  )
}

function httpOf(
  v: Variables,
  name: `http:${string}`,
  secretOf: (name: string) => string | undefined,
): Listed {
  const configured = v.HTTP_PROVIDERS ?? {}
  const key = name.slice('http:'.length)
  const described = Object.hasOwn(configured, key) ? configured[key] : undefined
  if (!described)
    return listed(
      [{ variable: 'HTTP_PROVIDERS', problem: `does not describe ${name}` }],
      null,
      name,
    )
  const problems = forbiddenSecretsOf(described, VARIABLE_NAMES).map((secret) => ({
    variable: 'HTTP_PROVIDERS',
    problem: `gives ${name} ${secret}, which is not its own`,
  }))
  const secrets: Record<string, string> = {}
  for (const secret of secretsOf(described)) {
    const value = secretOf(secret)
    if (value) secrets[secret] = value
    else problems.push({ variable: secret, problem: 'is missing' })
  }
  return listed(problems, { name, config: { ...described, secrets } }, name)
}

const missing = (v: Variables, names: readonly (keyof Variables)[]): Problem[] =>
  names.filter((name) => !v[name]).map((variable) => ({ variable, problem: 'is missing' }))

/** What must be there, by the name it has in a configuration; of what is missing, `problems` tells. */
function needed<K extends string>(
  v: Variables,
  names: Record<K, TextVariable>,
): { values: Record<K, string>; problems: Problem[] } {
  const entries = Object.entries<TextVariable>(names)
  const values = Object.fromEntries(entries.map(([key, name]) => [key, v[name] ?? '']))
  return { values: values as Record<K, string>, problems: missing(v, Object.values(names)) }
}

type TextVariable = {
  [Name in keyof Variables]-?: Variables[Name] extends string | undefined ? Name : never
}[keyof Variables]

const listed = (problems: Problem[], carrier: Carrier | null, name: string): Listed => ({
  name,
  carrier: problems.length > 0 ? null : carrier,
  problems,
})
