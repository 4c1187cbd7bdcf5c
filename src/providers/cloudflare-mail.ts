// Cloudflare's Email Service, by its binding: no secret, and no request that could be made by hand.
// https://developers.cloudflare.com/email-service/api/send-emails/workers-api/
import type { CloudflareMailConfig } from '../carrier-config'
import type { Messenger } from './provider'
import {
  ACCOUNT,
  BROKEN,
  blocked,
  MISCONFIGURED,
  rejected,
  THROTTLED,
  UNCLEAR,
  type Verdict,
} from './verdict'

// Messages of errors may name the recipient: the code is all that is read of them. What is not here is about our request,
// or new: the operator must look.
const VERDICTS = new Map<string, Verdict>([
  // It bounced before, or was called spam: to write again through another would harm both.
  ['E_RECIPIENT_SUPPRESSED', blocked('could_not_deliver')],
  ['E_DELIVERY_FAILED', rejected('could_not_deliver')],
  ['E_VALIDATION_ERROR', rejected('could_not_deliver')],
  ['E_SENDER_NOT_VERIFIED', ACCOUNT],
  ['E_SENDER_DOMAIN_NOT_AVAILABLE', ACCOUNT],
  ['E_RATE_LIMIT_EXCEEDED', THROTTLED],
  ['E_DAILY_LIMIT_EXCEEDED', { ...THROTTLED, retry: false }],
  ['E_INTERNAL_SERVER_ERROR', BROKEN],
])

export function cloudflareMail({ from, binding }: CloudflareMailConfig): Messenger {
  return {
    name: 'email:cloudflare',

    async send({ to, body, mail }, signal) {
      try {
        const message = { to, from: senderOf(from), subject: mail?.subject ?? '', text: body }
        const sent = binding.send({ ...message, ...(mail && { html: mail.html }) })
        const { messageId } = await Promise.race([sent, ended(signal)])
        return { ok: true, providerId: messageId.slice(0, 128) }
      } catch (error) {
        const { code, name } = Object(error) as { code?: unknown; name?: unknown }
        const known = /^E_[A-Z_]{1,60}$/.exec(String(code))?.[0]
        if (known) return { ok: false, ...(VERDICTS.get(known) ?? MISCONFIGURED), reason: known }
        return { ok: false, ...UNCLEAR, reason: name === 'TimeoutError' ? 'timeout' : 'network' }
      }
    },
  }
}

/** The binding wants a name, or the address alone. */
const senderOf = ({ email, name }: CloudflareMailConfig['from']) =>
  name === undefined ? email : { email, name }

/** The binding knows no signal: what it does after that is not heard. */
const ended = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
