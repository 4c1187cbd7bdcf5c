// An application that signs its users in: its tokens, good and bad, made by another implementation than the one that
// reads them (hono/jwt), and the place where it publishes its keys.
import { sign } from 'hono/jwt'
import { vi } from 'vitest'
import type { Env } from '../src/env'

export const SECRET = 'the secret that the application signs with'
export const ISSUER = 'https://id.example/'
export const AUDIENCE = 'shop'
export const KEYS_AT = 'https://id.example/.well-known/jwks.json'

/** What an application sets for its tokens. */
export const BY_SECRET = {
  JWT_SECRET: SECRET,
  JWT_ISSUER: ISSUER,
  JWT_AUDIENCE: AUDIENCE,
} satisfies Partial<Env>
export const BY_KEYS = {
  JWT_JWKS_URL: KEYS_AT,
  JWT_ISSUER: ISSUER,
  JWT_AUDIENCE: AUDIENCE,
} satisfies Partial<Env>

type Claims = Record<string, unknown>

/** A good token's claims, but for these; undefined leaves one out. */
export function claims(more: Claims = {}): Claims {
  const now = Math.floor(Date.now() / 1000)
  return { iss: ISSUER, aud: AUDIENCE, sub: '7', iat: now, exp: now + 900, ...more }
}

/** A token of the application's secret. */
export const token = (more: Claims = {}, secret = SECRET): Promise<string> =>
  sign(claims(more), secret, 'HS256')

const base64Url = (text: string) =>
  new TextEncoder().encode(text).toBase64({ alphabet: 'base64url', omitPadding: true })

/** Whatever is wanted in whatever place of a token. */
export const crafted = (header: unknown, body: unknown, signature = ''): string =>
  `${base64Url(JSON.stringify(header))}.${base64Url(JSON.stringify(body))}.${signature}`

type Algorithm = NonNullable<Parameters<typeof sign>[2]>

const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }

/** What WebCrypto makes keys of; for ES… by curve. */
const generatorOf = (alg: Algorithm) => {
  const bits = alg.slice(2)
  if (alg === 'EdDSA') return { name: 'Ed25519' }
  if (alg.startsWith('ES')) return { name: 'ECDSA', namedCurve: `P-${bits === '512' ? 521 : bits}` }
  const name = alg.startsWith('PS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5'
  return { name, ...RSA, hash: `SHA-${bits}` }
}

/** A pair of keys as an application has it: the public one to publish, and tokens signed by the private one. */
export async function signer(alg: Algorithm = 'ES256', kid: string | undefined = 'key-1') {
  const pair = (await crypto.subtle.generateKey(generatorOf(alg), true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const jwkOf = async (key: CryptoKey) => (await crypto.subtle.exportKey('jwk', key)) as JsonWebKey
  const { key_ops: _, ext: __, ...published } = await jwkOf(pair.publicKey)
  const secret = { ...(await jwkOf(pair.privateKey)), alg, kid }
  return {
    published: { ...published, alg, kid, use: 'sig' },
    token: (more: Claims = {}) => sign(claims(more), secret as never, alg),
    /** one that does not say which key it is of */
    nameless: (more: Claims = {}) =>
      sign(claims(more), { ...secret, kid: undefined } as never, alg),
  }
}

/** Announces what stands where the keys are published; the last answer repeats. @returns how often it was asked */
export function publishes(...answers: (() => Response | Promise<Response>)[]) {
  const asked = { times: 0 }
  vi.mocked(globalThis.fetch).mockImplementation(async (input) => {
    if (String(input) !== KEYS_AT) throw new TypeError(`unannounced: ${String(input)}`)
    asked.times += 1
    const answer = answers[Math.min(asked.times, answers.length) - 1]
    if (!answer) throw new TypeError('no answer was announced')
    return answer()
  })
  return asked
}

export const keySet =
  (...keys: object[]) =>
  () =>
    Response.json({ keys })
