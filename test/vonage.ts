// Signs callbacks as Vonage does, and in every way that it does not. Made of WebCrypto alone.

export const SIGNATURE_SECRET = 'the signature secret of the account'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const base64Url = (bytes: Uint8Array) =>
  bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
const part = (value: unknown) => base64Url(bytesOf(JSON.stringify(value)))

export const hashOf = async (body: string) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(body))).toHex()

/** The claims of a token for that body. */
export const claimsFor = async (body: string) => ({
  iat: Math.floor(Date.now() / 1000),
  jti: crypto.randomUUID(),
  iss: 'Vonage',
  payload_hash: await hashOf(body),
  api_key: 'abcd1234',
  application_id: '11111111-2222-4333-8444-555555555555',
})

async function hmac(content: string, secret: string, hash: string) {
  const algorithm = { name: 'HMAC', hash }
  const key = await crypto.subtle.importKey('raw', bytesOf(secret), algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign(algorithm, key, bytesOf(content)))
}

/** By default as Vonage makes it. @param hash of the HMAC, whatever the header says */
export async function tokenOf(
  claims: object,
  {
    secret = SIGNATURE_SECRET,
    header = { alg: 'HS256', typ: 'JWT' } as object,
    hash = 'SHA-256',
  } = {},
): Promise<string> {
  const content = `${part(header)}.${part(claims)}`
  return `${content}.${base64Url(await hmac(content, secret, hash))}`
}

/** A token whose header says that nobody signed it. */
export const unsigned = (claims: object) => `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`

/** Signed with a key pair of someone's own. */
export async function rsaTokenOf(claims: object): Promise<string> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const publicExponent = new Uint8Array([1, 0, 1])
  const { privateKey } = (await crypto.subtle.generateKey(
    { ...algorithm, modulusLength: 2048, publicExponent },
    true,
    ['sign', 'verify'],
  )) as CryptoKeyPair
  const content = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`
  const signature = await crypto.subtle.sign(algorithm, privateKey, bytesOf(content))
  return `${content}.${base64Url(new Uint8Array(signature))}`
}
