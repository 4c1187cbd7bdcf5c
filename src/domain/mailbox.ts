// Pure. Text → a mailbox that mail may be sent to, or why not. Conservative: the domain is case-folded and nothing else is,
// since what a provider does with dots, tags and capitals is its own affair.
import { accept, type Result, refuse } from './refusal'

export type Mailbox = { to: string; masked: string }

// RFC 5321's bounds; of its syntax, what people have: an unquoted ASCII local part and a domain of letters, digits, hyphens.
const LENGTH = { local: 64, whole: 254 }
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/

/** Refuses invalid_request: what is no mailbox. */
export function parseMailbox(text: string): Result<Mailbox> {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  const domain = text.slice(at + 1).toLowerCase()
  const fits = local.length <= LENGTH.local && text.length <= LENGTH.whole
  if (!fits || !LOCAL.test(local) || !DOMAIN.test(domain)) {
    const message = 'must be a mailbox such as name@example.com'
    return refuse({ code: 'invalid_request', issues: [{ path: 'to', message }] })
  }
  return accept({ to: `${local}@${domain}`, masked: `${local.charAt(0)}***@${domain}` })
}
