// Twilio Programmable Messaging: one text per call. https://www.twilio.com/docs/messaging/api/message-resource
import * as z from 'zod/mini'
import type { TwilioConfig } from '../../carrier-config'
import { once } from '../../once'
import { matching, perhaps } from '../../shapes'
import type { Messenger } from '../provider'
import { validityOf } from '../validity'
import { requestIdOf, twilioClient, unclear } from './client'
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
  const account = `${config.baseUrl}/2010-04-01/Accounts/${config.accountSid}`
  const client = twilioClient(config, account)
  return {
    name: 'twilio',

    async send(text, signal) {
      const form = {
        To: text.to,
        Body: text.body,
        ValidityPeriod: String(validityOf(text, VALIDITY)),
        From: config.from,
        MessagingServiceSid: config.messagingServiceSid,
        StatusCallback:
          text.callbackBase && `${text.callbackBase}/webhooks/twilio/status/${text.id}${REPEATED}`,
      }
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
    },

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
