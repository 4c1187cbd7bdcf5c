// What carriers report about a text after they took it. The id of the text leads to its record.
import type { Receipt } from '../domain/delivery'
import { maskE164 } from '../domain/phone'
import { type Result, refuse } from '../domain/refusal'
import { keyOfId } from '../keys'
import { readTwilioCallback, type TwilioCallback } from '../providers/twilio/callback'
import { ask, type Context, type Gateway } from './gateway'

/** An authenticated receipt. `to` is E.164, where the carrier says whose text it was. */
export type Reported = { text: string; provider: string; to: string | null; receipt: Receipt }

/** A callback as it came. @property path with query, as the carrier called it */
export type Callback = Omit<TwilioCallback, 'url'> & { path: string }

/** Twilio's status callback for a text. Nothing unsigned has any effect. Refuses invalid_signature. */
export async function reportTwilioStatus(
  gateway: Gateway,
  { text, ...callback }: Callback & { text: string },
  context: Context,
): Promise<Result<null>> {
  const params = await readTwilio(gateway, callback, context)
  if (!params) return refuse({ code: 'invalid_signature' })
  const receipt = {
    providerId: params.get('MessageSid') ?? '',
    status: params.get('MessageStatus') ?? 'unknown',
    errorCode: params.get('ErrorCode') || null,
  }
  return receive(gateway, { text, provider: 'twilio', to: params.get('To'), receipt }, context)
}

/** The parameters of a callback, or null where Twilio did not sign it. */
export function readTwilio(
  { config }: Gateway,
  { path, signature, body }: Callback,
  context: Context,
): Promise<URLSearchParams | null> {
  // Behind a proxy the request has another scheme, host or port than Twilio called: PUBLIC_BASE_URL says which.
  const url = (config.publicBaseUrl ?? context.origin) + path
  return readTwilioCallback(config.twilioAuthTokens, { signature, url, body })
}

/** Files an authenticated receipt in the record that the text's id leads to. */
export function receive(
  gateway: Gateway,
  { text, provider, to, receipt }: Reported,
  context: Context,
): Promise<Result<null>> {
  const key = keyOfId(text)
  const masked = maskE164(to ?? '')
  const caller = { request_id: context.caller.request_id ?? '' }
  context.onRecipient(masked)
  return ask(context, () =>
    gateway
      .ledger(key)
      .receive(key, { country: null, masked }, { text, provider, receipt, caller }),
  )
}
