// What the variables, and one binding, say of who sends mail. Where both can, Cloudflare is asked first.
import * as z from 'zod/mini'
import type { Carrier } from './carrier-config'
import type { Listed } from './carriers'
import { parseMailbox } from './domain/mailbox'
import type { Variables } from './variables'

export type MailSender = { email: string; name?: string }

/** `name@example.com` or `Acme <name@example.com>`. What could end a header, or look like another, has no place in the name. */
const SENDER = /^(?:([^\p{Cc}\p{Cs}\p{Zl}\p{Zp}"<>@,;:\\]{1,64}?) *<)?([^<>\s]+?)(>?)$/u

export const mailSender = z.pipe(
  z.string(),
  z.transform((value, { issues }): MailSender => {
    const [, name, address = '', closed] = SENDER.exec(value) ?? []
    const mailbox = parseMailbox(address)
    if (mailbox.ok && !name === !closed) return { email: mailbox.value.to, ...(name && { name }) }
    const message = 'must be name@example.com or Acme <name@example.com>'
    issues.push({ code: 'custom', message, input: value })
    return z.NEVER
  }),
)

export const speaksOfMail = (v: Variables): boolean => Boolean(v.EMAIL_FROM || v.SENDGRID_API_KEY)

/** @param binding Cloudflare's; alone it asks for nothing */
export function mailCarriersOf(
  v: Variables,
  binding: Pick<SendEmail, 'send'> | undefined,
): Listed[] {
  if (!speaksOfMail(v)) return []
  const { EMAIL_FROM: from, SENDGRID_API_KEY: apiKey, SENDGRID_BASE_URL: baseUrl } = v
  if (!from) return [incomplete('EMAIL_FROM', 'is missing')]
  const carriers: Carrier[] = []
  if (binding) carriers.push({ name: 'email:cloudflare', config: { from, binding } })
  if (apiKey) carriers.push({ name: 'email:sendgrid', config: { from, apiKey, baseUrl } })
  return carriers.length > 0
    ? carriers.map((carrier) => ({ name: carrier.name, carrier, problems: [] }))
    : [incomplete('SENDGRID_API_KEY', 'or the binding EMAIL is missing')]
}

const incomplete = (variable: string, problem: string): Listed => ({
  name: 'email:sendgrid',
  carrier: null,
  problems: [{ variable, problem }],
})
