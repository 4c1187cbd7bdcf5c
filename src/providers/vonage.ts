// Vonage Messages API v1, channel SMS. https://developer.vonage.com/en/api/messages
// Its error codes: https://developer.vonage.com/en/api-errors/messages and https://developer.vonage.com/en/api-errors
import * as z from 'zod/mini'
import type { VonageConfig } from '../carrier-config'
import { once } from '../once'
import { ask, carrierId, type Dialect, sentOf } from './answer'
import type { Messenger } from './provider'
import { validityOf } from './validity'
import {
  ACCOUNT,
  BROKEN,
  blocked,
  byCode,
  MISCONFIGURED,
  NOT_FROM_HERE,
  rejected,
  THROTTLED,
  UNAVAILABLE,
  verdictOf,
} from './verdict'

const VALIDITY = { min: 20, max: 604_800 }

const traced = once(() => z.object({ instance: carrierId() }))

const problem = once(() => z.object({ type: z.string() }))

/** Of a problem of RFC 7807, in an answer or a receipt: the code is the fragment of its type. */
export const codeOf = (body: unknown): string | undefined =>
  /#(\d{4}|[a-z-]{4,32})$/.exec(problem().safeParse(body).data?.type ?? '')?.[1]

export const VERDICTS = byCode([
  [rejected('invalid_phone_number'), ['1040', '1170', '1190', '1430']],
  [rejected('not_sms_capable'), ['1310']],
  [blocked('opted_out'), ['1240']],
  // Barred at Vonage, or stopped by its Fraud Defender.
  [blocked('send_blocked'), ['1050', '1470', '1472', '1473']],
  [NOT_FROM_HERE, ['1210', '1250', '1251', '1282']],
  [THROTTLED, ['1000', 'throttled']],
  [UNAVAILABLE, ['1100']],
  [BROKEN, ['1030']],
  [ACCOUNT, ['1060', '1070', '1080', '1140', '1460']],
  // Trial account, base URL; sender; our own request; what India asks of senders.
  [MISCONFIGURED, ['1160', 'http_404', 'not-found']],
  [MISCONFIGURED, ['1120', '1420', '1130', '1150', '1400', '1410', '1440', '1450']],
  [MISCONFIGURED, ['1480', '1481', '1482', '1483', '1484']],
])

const DIALECT: Dialect = {
  codeOf,
  requestIdOf: (_, body) => traced().safeParse(body).data?.instance,
  verdictOf: (code, httpStatus) => VERDICTS.get(code) ?? verdictOf(httpStatus),
}

const accepted = once(() =>
  z.pipe(
    z.object({ message_uuid: carrierId() }),
    z.transform(({ message_uuid }) => ({ providerId: message_uuid })),
  ),
)

export function vonageMessages({ auth, from, baseUrl, receipts }: VonageConfig): Messenger {
  const authorize = auth.kind === 'jwt' ? bearerOf(auth) : async () => basicOf(auth)
  return {
    name: 'vonage',

    async send(text, signal) {
      const authorization = await authorize().catch(() => null)
      if (!authorization) return { ok: false, ...ACCOUNT, reason: 'private_key' }
      const body = JSON.stringify({
        message_type: 'text',
        channel: 'sms',
        to: withoutPlus(text.to),
        from: withoutPlus(from),
        text: text.body,
        client_ref: text.id,
        ttl: validityOf(text, VALIDITY),
        // The version too: an account may be set to an older one.
        ...(receipts &&
          text.callbackBase && {
            webhook_url: `${text.callbackBase}/webhooks/vonage/status/${text.id}`,
            webhook_version: 'v1',
          }),
      })
      const headers = { authorization, 'content-type': 'application/json' }
      const init = { method: 'POST', headers, body, signal }
      return sentOf(await ask(`${baseUrl}/v1/messages`, init, DIALECT), accepted())
    },
  }
}

const withoutPlus = (number: string) => number.replace(/^\+/, '')

const basicOf = ({ key, secret }: { key: string; secret: string }) =>
  `Basic ${btoa(`${key}:${secret}`)}`

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const TOKEN_LIFE_S = 900
const TOKEN_USE_S = 300

/** A token of the application, used again for some minutes. Rejects where the key is none. */
function bearerOf({ applicationId, privateKey }: { applicationId: string; privateKey: string }) {
  // The key itself, not the promise of it: a promise belongs to the request that made it.
  let key: CryptoKey | undefined
  let token = { value: '', usableUntil: 0 }
  return async () => {
    const iat = Math.floor(Date.now() / 1000)
    if (iat >= token.usableUntil) {
      key ??= await crypto.subtle.importKey('pkcs8', derOf(privateKey), RSA, false, ['sign'])
      const jti = crypto.randomUUID()
      const claims = { application_id: applicationId, iat, exp: iat + TOKEN_LIFE_S, jti }
      token = { value: await signed(claims, key), usableUntil: iat + TOKEN_USE_S }
    }
    return `Bearer ${token.value}`
  }
}

/** PEM, whose line breaks may have been written as \n in a variable, without its frame. */
const derOf = (pem: string) =>
  Uint8Array.fromBase64(pem.replaceAll('\\n', '\n').replace(/-----[A-Z ]+-----/g, ''))

async function signed(claims: object, key: CryptoKey): Promise<string> {
  const content = [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map((part) => base64Url(new TextEncoder().encode(JSON.stringify(part))))
    .join('.')
  const signature = await crypto.subtle.sign(RSA, key, new TextEncoder().encode(content))
  return `${content}.${base64Url(new Uint8Array(signature))}`
}

const base64Url = (bytes: Uint8Array) =>
  bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
