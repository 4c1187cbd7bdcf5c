// Twilio Programmable Messaging: one text per call, by SMS or WhatsApp. https://www.twilio.com/docs/messaging/api/message-resource
import * as z from 'zod/mini'
import type { TwilioConfig } from '../../carrier-config'
import { once } from '../../once'
import { matching, perhaps } from '../../shapes'
import type { Failure, Messenger, Sent, Text } from '../provider'
import { validityOf } from '../validity'
import { accountClient, type Form, requestIdOf, unclear } from './client'
import { classify } from './errors'

const created = once(() =>
  z.object({
    sid: matching(/^(SM|MM)[0-9a-fA-F]{32}$/),
    status: perhaps(z.string()),
    error_code: perhaps(z.nullable(z.int())),
    num_segments: perhaps(z.coerce.number()),
  }),
)
const fetched = once(() =>
  z.object({
    sid: z.string(),
    status: z.string(),
    to: perhaps(z.string()),
    error_code: perhaps(z.nullable(z.int())),
    num_segments: perhaps(z.coerce.number()),
    price: perhaps(z.string()),
    price_unit: perhaps(matching(/^[A-Za-z]{3}$/)),
  }),
)
const accountBody = once(() => z.object({ status: z.string(), type: z.optional(z.string()) }))

// Twilio's bounds for ValidityPeriod; below five seconds it warns that texts expire in its own queue.
const VALIDITY = { min: 5, max: 36_000 }

// Connection overrides: a callback that fails in any way is repeated, three times at most. Without them, only one that
// found no connection is, once. Twilio signs the URL without them.
// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
const REPEATED = '#rc=3&rp=all'

export function twilioMessages(config: TwilioConfig): Messenger {
  const client = accountClient(config)
  return {
    name: 'twilio',

    send: (text, signal) =>
      post(
        client,
        {
          To: text.to,
          Body: text.body,
          ValidityPeriod: String(validityOf(text, VALIDITY)),
          From: config.from,
          MessagingServiceSid: config.messagingServiceSid,
          StatusCallback: callbackOf(text),
        },
        signal,
      ),

    async fetch(providerId, signal) {
      const answer = await client.get(`/Messages/${encodeURIComponent(providerId)}.json`, signal)
      if (!answer.ok) return answer.httpStatus === 404 ? null : answer
      const message = fetched().safeParse(answer.body)
      if (!message.success) return unclear('nonsense', answer)
      const { sid, status, to, error_code, num_segments, price, price_unit } = message.data
      const cost = costOf(price)
      return {
        ok: true,
        to: to ?? null,
        receipt: {
          providerId: sid,
          status,
          errorCode: error_code ? String(error_code) : null,
          ...(num_segments && { segments: num_segments }),
          ...(cost && price_unit && { cost, currency: price_unit.toUpperCase() }),
        },
      }
    },

    async ping(signal) {
      const answer = await client.getAsOwner('.json', signal)
      if (!answer.ok) return { answering: false, reason: answer.reason }
      const parsed = accountBody().safeParse(answer.body)
      if (!parsed.success) return { answering: false, reason: 'nonsense' }
      const { status, type } = parsed.data
      return { answering: true, account: type ? `${status} (${type})` : status }
    },
  }
}

/** Twilio notes a price as what it takes away: "-0.00750" costs 0.0075. */
function costOf(price = ''): string | null {
  const [, whole, fraction = ''] = /^-?(\d+)(?:\.(\d+))?$/.exec(price) ?? []
  if (whole === undefined) return null
  const digits = fraction.replace(/0+$/, '')
  return digits ? `${whole}.${digits}` : whole
}

/**
 * Codes by WhatsApp. Who has not written first may only be sent an approved template, so the words and their language are
 * that template's. https://www.twilio.com/docs/content/send-templates-created-with-the-content-template-builder
 */
export function twilioWhatsApp(
  config: TwilioConfig,
  { contentSid, from }: NonNullable<TwilioConfig['whatsApp']>,
): Messenger {
  const client = accountClient(config)
  return {
    name: 'twilio:whatsapp',

    send: (text, signal) =>
      post(
        client,
        {
          To: `whatsapp:${text.to}`,
          ...(from
            ? { From: `whatsapp:${from}` }
            : { MessagingServiceSid: config.messagingServiceSid }),
          ContentSid: contentSid,
          ContentVariables: JSON.stringify({ 1: text.code }),
          StatusCallback: callbackOf(text),
        },
        signal,
      ),
  }
}

const callbackOf = ({ callbackBase, id }: Text) =>
  callbackBase && `${callbackBase}/webhooks/twilio/status/${id}${REPEATED}`

async function post(
  client: ReturnType<typeof accountClient>,
  form: Form,
  signal: AbortSignal,
): Promise<Sent | Failure> {
  const answer = await client.post('/Messages.json', form, signal)
  if (!answer.ok) return answer
  const requestId = requestIdOf(answer)
  const message = created().safeParse(answer.body)
  // Accepted, it says, without saying what: to send again could send twice.
  if (!message.success) return unclear('no_sid', answer)
  const { sid, num_segments, status, error_code } = message.data
  if (status === 'failed')
    return {
      ok: false,
      ...classify(400, error_code ?? undefined),
      reason: String(error_code ?? status),
      ...requestId,
    }
  return {
    ok: true,
    providerId: sid,
    ...requestId,
    ...(num_segments && { segments: num_segments }),
  }
}
