// What carriers report about a text after they took it. The id of the text leads to its record.
import { isLost, type Receipt } from '../domain/delivery'
import { parsePhone } from '../domain/phone'
import { accept, type Result } from '../domain/refusal'
import { keyOfId } from '../keys'
import { readTwilioCallback, type TwilioCallback } from '../providers/twilio/callback'
import { dispatchText } from './dispatch'
import { ask, type Context, type Gateway } from './gateway'
import type { Recipient } from './recipients'

/**
 * An authenticated receipt. `to` is E.164, where the carrier says whose text it was; `client` is who asked for it, where
 * the carrier did not report by itself.
 */
export type Reported = {
  text: string
  provider: string
  to: string | null
  receipt: Receipt
  client?: string
}

/** A callback as it came. @property path with query, as the carrier called it */
export type Callback = Omit<TwilioCallback, 'url'> & { path: string }

/** The parameters of a callback, or null where Twilio did not sign it. */
export function readTwilio(
  { config }: Gateway,
  { path, signature, body }: Callback,
  context: Context,
): Promise<URLSearchParams | null> {
  // Behind a proxy the request has another scheme, host or port than Twilio called: PUBLIC_BASE_URL says which.
  const url = (config.publicBaseUrl ?? context.origin()) + path
  return readTwilioCallback(config.twilioAuthTokens, { signature, url, body })
}

/**
 * Files an authenticated receipt in the record that the text's id leads to. A code that did not arrive is sent once more
 * by another carrier, where the carrier names the number: nobody else knows it.
 */
export async function receive(
  gateway: Gateway,
  { text, provider, to, receipt, client }: Reported,
  context: Context,
): Promise<Result<null>> {
  const key = keyOfId(text)
  const phone = to === null ? null : parsePhone(to)
  const { e164, country, masked } = phone?.ok ? phone.value : UNKNOWN
  const recipient = { key, to: e164, country, masked, phone: null, isMailbox: false }
  const caller = { request_id: context.caller.request_id ?? '', ...(client && { client }) }
  context.onRecipient(masked)
  const reroute = isLost(receipt.status) && (await rerouteTerms(gateway, recipient, provider))
  const command = { text, provider, receipt, caller, ...(reroute && { reroute }) }
  const filed = await ask(context, () =>
    gateway.ledger(key).receive(key, { country, masked }, command),
  )
  if (!filed.ok) return filed
  const { value: again } = filed
  // After the answer: a carrier that waits for it calls again.
  if (again)
    context.waitUntil(dispatchText(gateway, { ...again, recipient, not: provider }, context))
  return accept(null)
}

const UNKNOWN = { e164: '', country: null, masked: '' }

/** By which rules a code may be sent to that number by another carrier; null where there is none, or the number is not theirs. */
async function rerouteTerms(gateway: Gateway, { key, to, country }: Recipient, provider: string) {
  const { secret, sends, cooldownsMs } = gateway.config
  const others = gateway.chain
    .messengersFor({ channel: 'sms', country })
    .some(({ name }) => name !== provider)
  if (!secret || !others) return null
  const isTheirs = (await (await gateway.keys()).recipientKey(to)) === key
  return isTheirs ? { sends, cooldownsMs } : null
}
