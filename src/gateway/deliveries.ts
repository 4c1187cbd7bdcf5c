// What carriers report about a text after they took it. The id in the callback's URL leads to its record.
import { maskE164 } from '../domain/phone'
import { type Result, refuse } from '../domain/refusal'
import { keyOfId } from '../keys'
import { readTwilioCallback } from '../providers/twilio/callback'
import { ask, type Context, type Gateway } from './gateway'

/**
 * Files Twilio's status callback for a text. Nothing unsigned has any effect. Refuses invalid_signature.
 * @param path with query, as Twilio called it
 */
export async function reportTwilioStatus(
  gateway: Gateway,
  callback: {
    id: string
    path: string
    signature: string | undefined
    body: Uint8Array<ArrayBuffer>
  },
  context: Context,
): Promise<Result<null>> {
  const { config } = gateway
  const { id, path, signature, body } = callback
  // Behind a proxy the request has another scheme, host or port than Twilio called: PUBLIC_BASE_URL says which.
  const url = (config.publicBaseUrl ?? context.origin) + path
  const params = await readTwilioCallback(config.twilioAuthTokens, { signature, url, body })
  if (!params) return refuse({ code: 'invalid_signature' })

  const key = keyOfId(id)
  const masked = maskE164(params.get('To') ?? '')
  const report = {
    send: id,
    provider: 'twilio',
    providerId: params.get('MessageSid') ?? '',
    status: params.get('MessageStatus') ?? 'unknown',
    errorCode: params.get('ErrorCode') || null,
    caller: { request_id: context.caller.request_id ?? '' },
  }
  context.onRecipient(masked)
  return ask(context, () => gateway.ledger(key).report(key, { country: null, masked }, report))
}
