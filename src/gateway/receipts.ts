// What carriers call back with about a text: read by who knows that carrier, then filed.
import { accept, type Result, refuse } from '../domain/refusal'
import { httpReceipts } from '../providers/http-receipt'
import {
  NOT_SIGNED,
  type ReceiptReader,
  type StatusCallback,
  unreadable,
} from '../providers/receipt'
import { twilioReceipt } from '../providers/twilio/receipt'
import { vonageReceipts } from '../providers/vonage-receipt'
import { MESSAGE_ID } from '../schema'
import { readTwilio, receive } from './deliveries'
import type { Context, Gateway } from './gateway'

/**
 * A carrier's callback about a text. Nothing that is not proven to be the carrier's has any effect. Refuses
 * invalid_signature; not_found, where that carrier reports nothing here; invalid_request, where no text or no status is in
 * it; temporarily_unavailable, where it may come again signed.
 */
export async function reportStatus(
  gateway: Gateway,
  provider: string,
  callback: StatusCallback,
  context: Context,
): Promise<Result<null>> {
  const read = readerOf(gateway, provider, context)
  if (!read) return refuse({ code: 'not_found' })
  const told = await read(callback)
  if (!told.ok) return told
  const { text, to, receipt } = told.value
  if (text === null || !MESSAGE_ID.test(text)) return unreadable('text', 'must be the id of a text')
  return receive(gateway, { text, provider, to, receipt }, context)
}

function readerOf(gateway: Gateway, provider: string, context: Context): ReceiptReader | null {
  const { carriers, vonageSignatureSecret } = gateway.config
  if (provider === 'twilio') return twilioReceipts(gateway, context)
  if (provider === 'vonage') return vonageReceipts(vonageSignatureSecret)
  const config = carriers.listed.find(({ name }) => name === provider)?.carrier?.config
  if (!config || !('receipt' in config) || !config.receipt) return null
  return httpReceipts(config.receipt, config)
}

const twilioReceipts =
  (gateway: Gateway, context: Context): ReceiptReader =>
  async ({ text, path, headers, body }) => {
    const signature = headers.get('X-Twilio-Signature') ?? undefined
    const params = await readTwilio(gateway, { path, signature, body }, context)
    return params ? accept({ text, ...twilioReceipt(params) }) : NOT_SIGNED
  }
