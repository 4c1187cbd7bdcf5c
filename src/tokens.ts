// What the variables say of the application's own tokens (JWT_*): who signs them and which claims count. They tell the
// routes of older systems whose phone and mailbox it is about.
import type { Problem } from './carriers'
import type { Variables } from './variables'

export type Tokens = {
  /** HS256 alone for a secret, public-key algorithms alone for a URL: no token chooses between them */
  signedBy: { secret: string } | { keysAt: string }
  issuer: string | undefined
  audience: string | undefined
  phoneClaim: string
  emailClaim: string
  cookie: string
}

/** The rules, or what is missing for them. */
export function tokensOf(v: Variables): Tokens | Problem[] {
  const { JWT_SECRET: secret, JWT_JWKS_URL: keysAt } = v
  if (secret && keysAt)
    return [{ variable: 'JWT_SECRET', problem: 'and JWT_JWKS_URL are both set; only one may be' }]
  const signedBy = secret ? { secret } : keysAt ? { keysAt } : null
  if (!signedBy)
    return [{ variable: 'JWT_SECRET', problem: 'or JWT_JWKS_URL is missing: no token can be read' }]
  return {
    signedBy,
    issuer: v.JWT_ISSUER,
    audience: v.JWT_AUDIENCE,
    phoneClaim: v.JWT_PHONE_CLAIM,
    emailClaim: v.JWT_EMAIL_CLAIM,
    cookie: v.JWT_COOKIE,
  }
}
