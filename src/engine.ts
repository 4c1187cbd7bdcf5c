// Which engine the secrets make: a carrier's, or the simulation. Some of a carrier's secrets but not all is not a mode.
import type { TwilioConfig } from './carriers'
import type { Variables } from './config'
import type { Engine } from './domain/record'

export type Problem = { variable: string; problem: string }

/** Whether and how texts leave. `problems` are the operator's to mend. */
export type Sending =
  | { state: 'ready'; engine: Engine }
  | { state: 'disabled' }
  | { state: 'not_configured'; problems: Problem[] }

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

/** The engine, by the secrets that exist; or everything that is missing for one. */
export function sendingOf(v: Variables): Sending {
  if (!v.SMS_ENABLED) return { state: 'disabled' }
  if (isSimulated(v)) return { state: 'ready', engine: 'simulation' }
  const problems: Problem[] = []
  const need = (variable: keyof Variables, present: unknown, problem = 'is missing') => {
    if (!present) problems.push({ variable, problem })
  }
  need('VERGE_SECRET', v.VERGE_SECRET)
  need('TWILIO_ACCOUNT_SID', v.TWILIO_ACCOUNT_SID)
  need('TWILIO_AUTH_TOKEN', v.TWILIO_AUTH_TOKEN)
  need('TWILIO_API_KEY_SID', v.TWILIO_API_KEY_SID || !v.TWILIO_API_KEY_SECRET)
  need('TWILIO_API_KEY_SECRET', v.TWILIO_API_KEY_SECRET || !v.TWILIO_API_KEY_SID)
  if (v.TWILIO_VERIFY_SERVICE_SID) {
    const problem =
      'asks for Twilio Verify, which this version cannot use yet; unset it to send own codes'
    problems.push({ variable: 'TWILIO_VERIFY_SERVICE_SID', problem })
  } else {
    const sender = v.TWILIO_FROM_NUMBER || v.TWILIO_MESSAGING_SERVICE_SID
    need('TWILIO_FROM_NUMBER', sender, 'or TWILIO_MESSAGING_SERVICE_SID is missing')
  }
  return problems.length > 0
    ? { state: 'not_configured', problems }
    : { state: 'ready', engine: 'own' }
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
