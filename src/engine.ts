// Which engine the secrets make: a carrier's, or the simulation. Some of a carrier's secrets but not all is not a mode.
import type { Variables } from './config'
import type { Engine } from './domain/record'

export type Problem = { variable: string; problem: string }

export type TwilioConfig = {
  accountSid: string
  authToken: string
  apiKey: { sid: string; secret: string } | null
  from: string | undefined
  messagingServiceSid: string | undefined
  baseUrl: string
}

/** Whether and how texts leave. A `problem` is the operator's to mend. */
export type Sending =
  | { state: 'ready'; engine: Engine }
  | { state: 'disabled' }
  | { state: 'not_configured'; problem: Problem }

const CARRIER_VARIABLES = [
  'TWILIO_ACCOUNT_SID',
  'TWILIO_AUTH_TOKEN',
  'TWILIO_API_KEY_SID',
  'TWILIO_API_KEY_SECRET',
  'TWILIO_FROM_NUMBER',
  'TWILIO_MESSAGING_SERVICE_SID',
  'TWILIO_VERIFY_SERVICE_SID',
] as const satisfies (keyof Variables)[]

/** Nothing of any carrier: a console stands in for it, but never in production, where that would hand out codes. */
export const isSimulated = (v: Variables): boolean =>
  v.ENVIRONMENT !== 'production' && CARRIER_VARIABLES.every((name) => !v[name])

/** The engine, by the secrets that exist. Some of a carrier's secrets but not all is not a mode. */
export function sendingOf(v: Variables): Sending {
  const missing = (variable: string, problem = 'is missing') =>
    ({ state: 'not_configured', problem: { variable, problem } }) as const
  if (!v.SMS_ENABLED) return { state: 'disabled' }
  if (isSimulated(v)) return { state: 'ready', engine: 'simulation' }
  if (!v.TWILIO_ACCOUNT_SID) return missing('TWILIO_ACCOUNT_SID')
  if (!v.TWILIO_AUTH_TOKEN) return missing('TWILIO_AUTH_TOKEN')
  if (v.TWILIO_API_KEY_SID && !v.TWILIO_API_KEY_SECRET) return missing('TWILIO_API_KEY_SECRET')
  if (v.TWILIO_API_KEY_SECRET && !v.TWILIO_API_KEY_SID) return missing('TWILIO_API_KEY_SID')
  if (v.TWILIO_VERIFY_SERVICE_SID)
    return missing(
      'TWILIO_VERIFY_SERVICE_SID',
      'asks for Twilio Verify, which this version cannot use yet; unset it to send own codes',
    )
  if (!v.TWILIO_FROM_NUMBER && !v.TWILIO_MESSAGING_SERVICE_SID)
    return missing('TWILIO_FROM_NUMBER', 'or TWILIO_MESSAGING_SERVICE_SID is missing')
  if (!v.VERGE_SECRET) return missing('VERGE_SECRET')
  return { state: 'ready', engine: 'own' }
}

export function twilioOf(v: Variables): TwilioConfig | null {
  if (!v.TWILIO_ACCOUNT_SID || !v.TWILIO_AUTH_TOKEN) return null
  return {
    accountSid: v.TWILIO_ACCOUNT_SID,
    authToken: v.TWILIO_AUTH_TOKEN,
    apiKey:
      v.TWILIO_API_KEY_SID && v.TWILIO_API_KEY_SECRET
        ? { sid: v.TWILIO_API_KEY_SID, secret: v.TWILIO_API_KEY_SECRET }
        : null,
    from: v.TWILIO_FROM_NUMBER,
    messagingServiceSid: v.TWILIO_MESSAGING_SERVICE_SID,
    baseUrl: v.TWILIO_BASE_URL,
  }
}
