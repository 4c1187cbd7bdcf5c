// What people write back to a text. Their words are looked at once, for a keyword, and go no further.
import { keywordOf } from '../domain/opt-out'
import { parsePhone } from '../domain/phone'
import { accept, type Result, refuse } from '../domain/refusal'
import { type Callback, readTwilio } from './deliveries'
import { ask, type Context, type Gateway, refuseSending } from './gateway'
import { untilAnswered } from './settlements'

/** `whatsapp:+12025550123`: the same person, on another channel. */
const SENDER = /^(?:([a-z]{1,20}):)?(.*)$/

/**
 * Takes a text that came in at Twilio. One from whoever is no phone number (a short code, a name) has no effect: nobody
 * can be texted there. Refuses invalid_signature, not_configured, temporarily_unavailable.
 */
export async function receiveTwilioReply(
  gateway: Gateway,
  callback: Callback,
  context: Context,
): Promise<Result<null>> {
  const params = await readTwilio(gateway, callback, context)
  if (!params) return refuse({ code: 'invalid_signature' })
  const [, channel = 'sms', address = ''] = SENDER.exec(params.get('From') ?? '') ?? []
  const sender = parsePhone(address)
  if (!sender.ok) return accept(null)
  const { config } = gateway
  if (!config.secret) return refuse(refuseSending(config))
  const { e164, country, masked } = sender.value
  context.onRecipient(masked)
  const key = await (await gateway.keys()).recipientKey(e164)
  const command = {
    keyword: keywordOf(params.get('Body') ?? '', params.get('OptOutType')),
    provider: 'twilio',
    providerId: params.get('MessageSid') ?? '',
    channel,
    caller: { request_id: context.caller.request_id ?? '' },
  }
  // As Twilio is set by default, it does not call again.
  return untilAnswered(() =>
    ask(context, () => gateway.ledger(key).reply(key, { country, masked }, command)),
  )
}
