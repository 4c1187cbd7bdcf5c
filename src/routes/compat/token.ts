// The application's own token: from a cookie or a bearer to what it says of the signed-in user. It defends against tokens
// that someone else made, made for someone else, or made for another time. It does not know of tokens that the application
// has withdrawn before their time.
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import { parseMailbox } from '../../domain/mailbox'
import { accept, type Result, refuse } from '../../domain/refusal'
import { notConfigured } from '../../gateway/gateway'
import { tokenKeys } from '../../gateway/token-keys'
import { algorithmOf, claimsIn, headerOf, secretKey } from '../../jws'
import type { Tokens } from '../../tokens'
import { flowContext, type HonoEnv } from '../context'
import type { Answer, OwnCode } from './system'

/** What a token says; `…Verified` are the claims of OpenID Connect Core, 5.1. */
export type Claims = {
  phone: string
  mailbox: string
  phoneVerified: boolean
  mailboxVerified: boolean
}

/** Where a token may stand; the first that holds one counts. */
export type Places = readonly ('cookie' | 'bearer')[]

/** Refuses unauthorized; not_configured where nothing says who signs; temporarily_unavailable where no keys are to be had. */
export async function claimsOf(c: Context<HonoEnv>, places: Places): Promise<Result<Claims>> {
  const { tokens } = c.get('gateway').config
  if (Array.isArray(tokens)) return refuse(notConfigured(tokens))
  const token = places.map((place) => FINDERS[place](c, tokens)).find((found) => found)
  if (!token) return unauthorized(c, 'missing')
  const header = headerOf(token)
  const algorithm = header && algorithmOf(header.alg)
  if (!algorithm) return unauthorized(c, 'malformed')
  const { signedBy, phoneClaim, emailClaim } = tokens
  const keys =
    'secret' in signedBy
      ? accept([secretKey(signedBy.secret)])
      : await tokenKeys(c.get('gateway'), signedBy.keysAt, header.kid, flowContext(c))
  if (!keys.ok) return keys
  const [key, ...others] = keys.value.filter(
    ({ kty, alg = header.alg }) => kty === algorithm.kty && alg === header.alg,
  )
  if (!key || others.length > 0) return unauthorized(c, 'no such key')
  const claims = await claimsIn(token, key, algorithm)
  if (!claims) return unauthorized(c, 'signature')
  const fault = faultOf(claims, tokens)
  if (fault) return unauthorized(c, fault)
  return accept({
    phone: textOf(claims[phoneClaim]),
    mailbox: textOf(claims[emailClaim]),
    phoneVerified: claims.phone_number_verified === true,
    mailboxVerified: claims.email_verified === true,
  })
}

/** The number that codes go to. Refuses phone_missing, phone_verified, invalid_phone_number. */
export function phoneOf({ phone, phoneVerified }: Claims): Answer<string> {
  if (phone === '') return refuseUser('phone_missing')
  if (phoneVerified) return refuseUser('phone_verified')
  return numberOf(phone)
}

/** A number is never a mailbox: a code that came by mail proves no phone. Refuses invalid_phone_number. */
export const numberOf = (text: string): Answer<string> =>
  text.includes('@')
    ? refuse({ code: 'invalid_phone_number', reason: 'malformed' })
    : accept(text.trim())

/** The mailbox that codes go to. Refuses mailbox_missing, mailbox_verified, mailbox_malformed. */
export function mailboxOf({ mailbox, mailboxVerified }: Claims): Answer<string> {
  if (mailbox === '') return refuseUser('mailbox_missing')
  if (mailboxVerified) return refuseUser('mailbox_verified')
  const parsed = parseMailbox(mailbox)
  return parsed.ok ? accept(parsed.value.to) : refuseUser('mailbox_malformed')
}

const refuseUser = (code: OwnCode): Answer<never> => ({ ok: false, refusal: { code } })

/** Nothing for what is missing. What has parts is text that is neither a number nor a mailbox. */
const textOf = (claim: unknown): string =>
  (typeof claim === 'object' && claim ? JSON.stringify(claim) : String(claim ?? '')).trim()

/** The log says why; the caller does not hear more than that. */
function unauthorized(c: Context<HonoEnv>, why: string): Result<never> {
  c.set('problem', `token: ${why}`)
  return refuse({ code: 'unauthorized' })
}

const FINDERS: Record<Places[number], (c: Context<HonoEnv>, tokens: Tokens) => string | undefined> =
  {
    bearer: (c) => /^Bearer +(\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1],
    // Some frameworks put the scheme into the cookie, too.
    cookie: (c, { cookie }) =>
      isOwnPage(c) ? getCookie(c, cookie)?.replace(/^Bearer +/i, '') : undefined,
  }

/**
 * Browsers send cookies for any page, and name its origin with every POST: a cookie counts for pages of this origin and of
 * those that ALLOWED_ORIGINS names (`*` names none), and for who is no browser.
 */
function isOwnPage(c: Context<HonoEnv>): boolean {
  const origin = c.req.header('Origin')
  const { allowedOrigins, publicBaseUrl } = c.get('gateway').config
  const own = [new URL(c.req.url).origin, publicBaseUrl, ...allowedOrigins]
  return origin === undefined || own.includes(origin)
}

/** What clocks may differ by. */
const LEEWAY_S = 30

/** Why a token that is genuine does not count here, or not now; null for nothing. */
function faultOf(
  { iss, aud, exp, nbf, iat }: Record<string, unknown>,
  { issuer, audience }: Tokens,
): string | null {
  const now = Date.now() / 1000
  const isFuture = (time: unknown) =>
    time !== undefined && !(typeof time === 'number' && time - LEEWAY_S <= now)
  if (issuer !== undefined && iss !== issuer) return 'issuer'
  // RFC 7519, 4.1.3: who is not named in an audience must refuse; so does who has no name.
  if ((audience ?? aud) !== undefined && ![aud].flat().includes(audience)) return 'audience'
  if (typeof exp !== 'number') return 'no exp'
  if (exp + LEEWAY_S <= now) return 'expired'
  if (isFuture(nbf)) return 'nbf'
  return isFuture(iat) ? 'iat' : null
}
