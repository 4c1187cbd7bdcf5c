// Signed tokens in compact form (JWS, RFC 7515; algorithms of RFC 7518 and 8037) by WebCrypto. It says who signed, and judges
// nothing that is said. A library weighs 2 KiB (hono) or 7 (jose) gzipped for this, and leaves the claims to do.

export type Header = { alg: string; kid?: string }

type Algorithm = {
  /** the only type of key it works with: a public key is never taken for a shared secret, nor the other way round */
  kty: string
  /** WebCrypto's, for import and verification alike */
  params: { name: string; hash?: string; namedCurve?: string; saltLength?: number }
}

const FAMILIES: Record<string, { kty: string; name: string }> = {
  RS: { kty: 'RSA', name: 'RSASSA-PKCS1-v1_5' },
  PS: { kty: 'RSA', name: 'RSA-PSS' },
  ES: { kty: 'EC', name: 'ECDSA' },
}

/** HS256, RS…, PS…, ES…, EdDSA; null for every other, `none` among them. */
export function algorithmOf(alg: string): Algorithm | null {
  if (alg === 'HS256') return { kty: 'oct', params: { name: 'HMAC', hash: 'SHA-256' } }
  if (alg === 'EdDSA') return { kty: 'OKP', params: { name: 'Ed25519' } }
  const [, letters = '', bits] = /^(RS|PS|ES)(256|384|512)$/.exec(alg) ?? []
  const family = FAMILIES[letters]
  if (!family) return null
  const { kty, name } = family
  const namedCurve = `P-${bits === '512' ? '521' : bits}`
  return { kty, params: { name, hash: `SHA-${bits}`, namedCurve, saltLength: Number(bits) / 8 } }
}

/** A secret as a key of HS256, and of nothing else. */
export const secretKey = (secret: string): JsonWebKey => ({
  kty: 'oct',
  alg: 'HS256',
  k: new TextEncoder().encode(secret).toBase64({ alphabet: 'base64url', omitPadding: true }),
})

/** The header, which anyone may have written; null where it is none, or asks for what is not understood here. */
export function headerOf(token: string): Header | null {
  const header = jsonOf(token.split('.')[0] ?? '')
  const { alg, kid, typ = 'JWT', crit } = header ?? {}
  const isJwt = typeof typ === 'string' && /^(at\+)?jwt$/i.test(typ)
  if (typeof alg !== 'string' || !isJwt || crit !== undefined) return null
  if (kid === undefined) return { alg }
  return typeof kid === 'string' ? { alg, kid } : null
}

/** What a token says, where this key signed it by this algorithm; else null. */
export async function claimsIn(
  token: string,
  key: JsonWebKey,
  { params }: Algorithm,
): Promise<Record<string, unknown> | null> {
  const [header, claims, signature, ...more] = token.split('.')
  if (!claims || !signature || more.length > 0) return null
  try {
    const imported = await crypto.subtle.importKey('jwk', key, params, false, ['verify'])
    const signed = new TextEncoder().encode(`${header}.${claims}`)
    const isGenuine = await crypto.subtle.verify(params, imported, bytesOf(signature), signed)
    return isGenuine ? jsonOf(claims) : null
  } catch {
    return null
  }
}

const bytesOf = (text: string) => Uint8Array.fromBase64(text, { alphabet: 'base64url' })

function jsonOf(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytesOf(part)))
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null
  } catch {
    return null
  }
}
