// What Twilio reports of a text, out of the parameters of a callback that it signed.
// https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
import { failureOf, type Told } from '../receipt'
import { meaningOf } from './errors'

export function twilioReceipt(params: URLSearchParams): Omit<Told, 'text'> {
  const status = params.get('MessageStatus') ?? 'unknown'
  const errorCode = params.get('ErrorCode') || null
  const receipt = {
    providerId: params.get('MessageSid') ?? '',
    status,
    errorCode,
    ...failureOf(status, meaningOf(errorCode)),
  }
  return { to: params.get('To'), receipt }
}
