// SendGrid's Web API v3: one mail per call. https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
import type { SendGridConfig } from '../carrier-config'
import { failureOf } from './answer'
import { exchange } from './exchange'
import type { Messenger } from './provider'
import { ACCOUNT, MISCONFIGURED, UNCLEAR, verdicts } from './verdict'

// Errors are prose that may name the recipient: the status is all that is read of them.
const DIALECT = {
  verdictOf: verdicts([
    // No verified sender, or a key that may not send: the same for every mail.
    [ACCOUNT, ['http_403']],
    [MISCONFIGURED, ['http_404', 'http_406']],
  ]),
}

// Each would add something: a link that is another's, a picture that tells who reads, a footer.
const OFF = { enable: false }
const UNTOUCHED = { click_tracking: OFF, open_tracking: OFF, subscription_tracking: OFF }

export function sendGridMail({ from, apiKey, baseUrl }: SendGridConfig): Messenger {
  const authorization = `Bearer ${apiKey}`
  return {
    name: 'email:sendgrid',

    async send({ to, body, mail }, signal) {
      const content = [{ type: 'text/plain', value: body }]
      if (mail) content.push({ type: 'text/html', value: mail.html })
      const reply = await exchange(`${baseUrl}/v3/mail/send`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({
          personalizations: [{ to: [{ email: to }] }],
          from,
          subject: mail?.subject,
          content,
          tracking_settings: UNTOUCHED,
        }),
        signal,
      })
      if (!reply.ok) return reply
      if (reply.status !== 202) return failureOf(reply, DIALECT)
      const id = /^[\w.-]{1,128}$/.exec(reply.headers.get('X-Message-Id') ?? '')?.[0]
      return id ? { ok: true, providerId: id } : { ok: false, ...UNCLEAR, reason: 'no_id' }
    },

    async ping(signal) {
      const reply = await exchange(`${baseUrl}/v3/scopes`, { headers: { authorization }, signal })
      if (!reply.ok) return { answering: false, reason: reply.reason }
      if (reply.status !== 200) return { answering: false, reason: `http_${reply.status}` }
      // What the key may do.
      const may = reply.text.includes('"mail.send"')
      return may ? { answering: true } : { answering: false, reason: 'no_mail.send' }
    },
  }
}
