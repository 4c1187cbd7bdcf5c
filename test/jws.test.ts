import { sign } from 'hono/jwt'
import { describe, expect, it } from 'vitest'
import { algorithmOf, claimsIn, headerOf, secretKey } from '../src/jws'
import { crafted, SECRET, signer } from './tokens'

/** As a reader does it: the algorithm of the header, a key of that kind. */
async function read(token: string, key: JsonWebKey) {
  const header = headerOf(token)
  const algorithm = header && algorithmOf(header.alg)
  return algorithm && claimsIn(token, key, algorithm)
}

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

describe('a signed token', () => {
  it('is the example of RFC 7515, A.1', async () => {
    const token =
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
    const k =
      'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow'
    expect(await read(token, { kty: 'oct', k })).toEqual({
      iss: 'joe',
      exp: 1300819380,
      'http://example.com/is_root': true,
    })
  })

  it.each(ALGORITHMS)('is read where its key is: %s', async (alg) => {
    const { published, token } = await signer(alg)
    const other = await signer(alg)
    const signed = await token({ name: 'Ñandú' })
    expect(algorithmOf(alg)?.kty).toBe(published.kty)
    expect(await read(signed, published)).toMatchObject({ name: 'Ñandú' })
    expect(await read(signed, other.published)).toBeNull()
    expect(await read(await other.token(), published)).toBeNull()
  })

  it('is read with a secret, whatever that looks like', async () => {
    for (const secret of [
      SECRET,
      '-----BEGIN PUBLIC KEY-----MIIB',
      'ü'.repeat(20),
      '"\\'.repeat(16),
    ]) {
      const key = await crypto.subtle.importKey(
        'raw',
        new TextEncoder().encode(secret),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['sign'],
      )
      const signed = await sign({ a: 1 }, key, 'HS256')
      expect(await read(signed, secretKey(secret))).toEqual({ a: 1 })
      expect(await read(signed, secretKey(`${secret}.`))).toBeNull()
    }
  })

  it('is refused with a byte of it changed, wherever', async () => {
    const signed = await sign({ a: 1, b: 'two' }, SECRET, 'HS256')
    for (let at = 0; at < signed.length - 1; at++) {
      const changed = signed[at] === 'A' ? 'B' : 'A'
      const tampered = signed.slice(0, at) + changed + signed.slice(at + 1)
      expect(await read(tampered, secretKey(SECRET)), tampered).toBeNull()
    }
  })

  it.each([
    'none',
    'None',
    '',
    'HS384',
    'HS512',
    'RS1',
    'ES256K',
    'toString',
    '__proto__',
    'RS2560',
  ])('has no such algorithm: %j', (alg) => {
    expect(algorithmOf(alg)).toBeNull()
  })

  it('needs a key of the kind that its algorithm works with', async () => {
    const { published, token } = await signer('RS256')
    const signed = await token()
    for (const alg of ['HS256', 'ES256', 'EdDSA', 'PS256'])
      expect(await claimsIn(signed, published, algorithmOf(alg) as never)).toBeNull()
    expect(await claimsIn(signed, secretKey(SECRET), algorithmOf('RS256') as never)).toBeNull()
  })

  it.each([
    '',
    '.',
    '..',
    '...',
    'a.b.c',
    'null',
    'bnVsbA.bnVsbA.bnVsbA',
    'W10.W10.',
    'IiI.IiI.IiI',
    'eyJhbGciOiJIUzI1NiJ9',
    'eyJhbGciOiJIUzI1NiJ9.e30',
    'eyJhbGciOiJIUzI1NiJ9.e30.',
    'eyJhbGciOiJIUzI1NiJ9.e30.%%%',
    'eyJhbGciOiJIUzI1NiJ9.e30.c2ln.more',
  ])('is not %j', async (text) => {
    expect(await read(text, secretKey(SECRET))).toBeNull()
  })

  it('says nothing where what it says is no object', async () => {
    const { published, token } = await signer()
    expect(await read((await token()).replace(/\.[^.]+\./, '.MTIz.'), published)).toBeNull()
  })
})

describe('a header', () => {
  it('is a JWT, or an access token of RFC 9068, or says nothing of that', () => {
    for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'at+JWT'])
      expect(headerOf(crafted({ alg: 'HS256', typ }, {}))).toEqual({ alg: 'HS256' })
    for (const typ of ['logout+jwt', 'JWS', 'secevent+jwt', 7, null, ['JWT'], { toString: 1 }])
      expect(headerOf(crafted({ alg: 'HS256', typ }, {}))).toBeNull()
  })

  it('names its key by a text, or none', () => {
    expect(headerOf(crafted({ alg: 'ES256', kid: 'a' }, {}))).toEqual({ alg: 'ES256', kid: 'a' })
    for (const kid of [1, null, ['a'], { a: 1 }])
      expect(headerOf(crafted({ alg: 'ES256', kid }, {}))).toBeNull()
  })

  it('asks for nothing that must be understood', () => {
    expect(headerOf(crafted({ alg: 'HS256', crit: ['b64'], b64: false }, {}))).toBeNull()
    expect(headerOf(crafted({ alg: 'HS256', crit: [] }, {}))).toBeNull()
  })

  it('has an algorithm', () => {
    for (const alg of [undefined, null, 1, ['HS256']])
      expect(headerOf(crafted({ alg }, {}))).toBeNull()
  })
})
