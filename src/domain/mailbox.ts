// Pure. Text → a mailbox that mail may be sent to, or why not. Case is folded: to all that receive mail it says nothing, and
// each spelling would have limits and codes of its own. Dots and tags are not, since to many they name other mailboxes.
import { accept, type Result, refuse } from './refusal'

export type Mailbox = { to: string; masked: string }

// RFC 5321's bounds; of its syntax, what people have: an unquoted ASCII local part and a domain of letters, digits, hyphens.
const LENGTH = { local: 64, whole: 254 }
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
// Without `u`, for which a Kelvin sign would be a k.
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i

/** Refuses invalid_request: what is no mailbox. */
export function parseMailbox(text: string): Result<Mailbox> {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  const domain = text.slice(at + 1)
  const fits = at > 0 && local.length <= LENGTH.local && text.length <= LENGTH.whole
  if (!fits || !LOCAL.test(local) || !DOMAIN.test(domain)) {
    const message = 'must be a mailbox such as name@example.com'
    return refuse({ code: 'invalid_request', issues: [{ path: 'to', message }] })
  }
  const to = text.toLowerCase()
  return accept({ to, masked: `${to.charAt(0)}***@${to.slice(at + 1)}` })
}
