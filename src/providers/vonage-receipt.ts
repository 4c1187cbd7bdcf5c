// What Vonage reports of a text. A JWT in the header signs it, by the hash of its body; nothing unsigned is read.
// https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks and
// https://developer.vonage.com/en/messages/concepts/messages-status-callbacks
import * as z from 'zod/mini'
import { sameText } from '../domain/code'
import { accept, refuse } from '../domain/refusal'
import { algorithmOf, claimsIn, headerOf, secretKey } from '../jws'
import { once } from '../once'
import { perhaps } from '../shapes'
import { carrierId } from './answer'
import { parseJson } from './exchange'
import { billOf, e164Of, failureOf, NOT_SIGNED, type ReceiptReader, unreadable } from './receipt'
import { sha256 } from './sha256'
import { codeOf, VERDICTS } from './vonage'

const scalar = once(() => perhaps(z.union([z.string(), z.number()])))

const status = once(() =>
  z.object({
    message_uuid: carrierId(),
    status: z.string().check(z.minLength(1)),
    client_ref: perhaps(z.string()),
    to: scalar(),
    error: z.optional(z.unknown()),
    usage: perhaps(z.object({ price: scalar(), currency: scalar() })),
    sms: perhaps(z.object({ count_total: scalar() })),
  }),
)

// By a fault of its own Vonage may call without a token. After a 5xx it calls again, signed; a 403 would lose the receipt.
// That is for a token that is missing: one that is wrong is refused. https://developer.vonage.com/en/messages/concepts/signed-webhooks
const UNSIGNED = refuse({ code: 'temporarily_unavailable', retryAfter: 60 })

/** @param secret the account's; where none is set nothing is believed */
export function vonageReceipts(secret: string | undefined): ReceiptReader {
  return async ({ text, headers, body }) => {
    const authorization = headers.get('Authorization')
    if (secret === undefined) return NOT_SIGNED
    if (authorization === null) return UNSIGNED
    const claims = await claimsOf(secret, authorization)
    const hash = claims?.payload_hash
    if (typeof hash !== 'string' || !sameText(hash, await sha256(body))) return NOT_SIGNED

    const parsed = status().safeParse(parseJson(new TextDecoder().decode(body)))
    if (!parsed.success) return unreadable('', 'must have message_uuid and status')
    const { message_uuid: providerId, client_ref, error, usage, sms, to, ...said } = parsed.data
    // The token does not sign the URL. Every status holds the reference that its text was sent with.
    if (client_ref !== text) return NOT_SIGNED
    const code = codeOf(error)
    const receipt = {
      providerId,
      status: said.status,
      errorCode: code ?? null,
      ...failureOf(said.status, code === undefined ? undefined : VERDICTS.get(code)),
      ...billOf({
        segments: textOf(sms?.count_total),
        cost: textOf(usage?.price),
        currency: textOf(usage?.currency),
      }),
    }
    return accept({ text, to: e164Of(textOf(to)), receipt })
  }
}

const textOf = (value: string | number | undefined) =>
  value === undefined ? undefined : String(value)

/**
 * The claims of a token that this secret signed with HS256, and that is neither expired nor too early by its own word; else
 * null. It proves who calls, not when: a captured callback can be replayed, and is merged by rank like any other. `iat` is
 * not looked at: a clock that is a second ahead is no forgery, and a callback may be a day old when it is repeated. Nor are
 * `iss` and `api_key`, which say only whose secret it is: the one that is set here.
 */
async function claimsOf(secret: string, authorization: string) {
  const [, token = ''] = /^Bearer +([\w.-]+)$/i.exec(authorization) ?? []
  const algorithm = headerOf(token)?.alg === 'HS256' ? algorithmOf('HS256') : null
  const claims = algorithm && (await claimsIn(token, secretKey(secret), algorithm))
  const now = Date.now() / 1000
  const { exp = Number.POSITIVE_INFINITY, nbf = 0 } = claims ?? {}
  return Number(nbf) <= now && now < Number(exp) ? claims : null
}
