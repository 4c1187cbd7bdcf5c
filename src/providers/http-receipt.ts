// What a configured carrier reports of a text, by the rules of its configuration. A secret that it shares with Verge, in a
// header or in the query, proves that it is the one who calls. It signs nothing: whoever reads one callback can make another.
import { sameText } from '../domain/code'
import { accept } from '../domain/refusal'
import type { HttpCarrierConfig, ReceiptRule } from '../http-carrier'
import type { Place } from '../places'
import { parseJson } from './exchange'
import { keeping, MEANINGS, valueAt } from './http-answer'
import { billOf, e164Of, failureOf, NOT_SIGNED, type ReceiptReader, unreadable } from './receipt'

export function httpReceipts(
  rule: ReceiptRule,
  { errors, secrets }: HttpCarrierConfig,
): ReceiptReader {
  return async ({ text: textOfPath, headers, path, body }) => {
    const query = new URLSearchParams(/\?.*/s.exec(path)?.[0])
    const given = rule.header ? headers.get(rule.header) : query.get(rule.query ?? '')
    const secret = secrets[rule.secret]
    if (!secret || !sameText(secret, given ?? '')) return NOT_SIGNED

    // What proves it is not looked at again, least of all for something to keep.
    if (rule.query) query.delete(rule.query)
    const sent = new TextDecoder().decode(body) || String(query)
    const said = documentOf(sent, query)
    const at = (place: Place | undefined) => valueAt(place, said, sent) || undefined

    const number = at(rule.to)
    const to = e164Of(number)
    // As it came too: in national form, which does not say whose it is, it is no less a number.
    const digits = number?.replace(/\D/g, '').slice(-7) ?? ''
    const discreet = keeping([...Object.values(secrets), digits.length < 7 ? undefined : digits])
    const text = textOfPath ?? at(rule.text) ?? null
    const word = at(rule.status) ?? ''
    const status = Object.hasOwn(rule.statuses, word) ? rule.statuses[word] : discreet(word)
    if (!status) return unreadable('status', 'is not there')
    const code = discreet(at(rule.error))
    const meaning = code !== undefined && Object.hasOwn(errors, code) ? errors[code] : undefined
    const receipt = {
      providerId: discreet(at(rule.id)) ?? text ?? '',
      status,
      errorCode: code ?? null,
      ...failureOf(status, meaning && MEANINGS[meaning]),
      ...billOf({
        segments: at(rule.segments),
        cost: at(rule.cost),
        currency: at(rule.currency),
      }),
    }
    return accept({ text, to, receipt })
  }
}

/** The JSON of a body; else its form, and the parameters of the URL, as a flat object. */
function documentOf(sent: string, query: URLSearchParams): unknown {
  const json = parseJson(sent)
  if (typeof json === 'object' && json !== null) return json
  return Object.fromEntries([...query, ...new URLSearchParams(sent)])
}
