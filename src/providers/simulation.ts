// Sends nothing, shows everything: a framed text on the console. Twilio's magic numbers fail here as they do with Twilio's
// test credentials (twilio.com/docs/iam/test-credentials), so that a client can rehearse every refusal.
import type { Failure, Messenger, Text } from './provider'
import { classify } from './twilio/errors'

const MAGIC: Record<string, number> = {
  '+15005550001': 21211,
  '+15005550002': 21612,
  '+15005550003': 21408,
  '+15005550004': 21610,
  '+15005550009': 21614,
}

/** Twilio's test numbers, which no numbering plan contains. */
export const isMagicNumber = (to: string): boolean => /^\+1500555\d{4}$/.test(to)

export function simulation(): Messenger {
  return {
    name: 'simulation',

    async send(text) {
      const code = MAGIC[text.to]
      if (code !== undefined) {
        const failure: Failure = { ok: false, ...classify(400, code), reason: String(code) }
        return failure
      }
      console.log(frame(text))
      return { ok: true, providerId: `SM${crypto.randomUUID().replaceAll('-', '')}` }
    },

    async ping() {
      return { answering: true }
    },
  }
}

/** The only place where a code or a whole number is written to the console. */
function frame({ to, body, code, channel, mail }: Text): string {
  const rows = [
    `to    ${to} (${channel})`,
    ...(code ? [`code  ${code}`] : []),
    ...(mail ? [`re    ${mail.subject}`] : []),
    ...body.split('\n').map((line, at) => `${at === 0 ? 'text' : '    '}  ${line}`),
    `time  ${new Date().toISOString()}`,
  ]
  const width = Math.max(...rows.map((row) => row.length))
  return [
    `┌─ not sent: simulation ${'─'.repeat(Math.max(0, width - 21))}┐`,
    ...rows.map((row) => `│ ${row.padEnd(width)} │`),
    `└${'─'.repeat(width + 2)}┘`,
  ].join('\n')
}
