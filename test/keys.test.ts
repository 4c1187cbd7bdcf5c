import { describe, expect, it } from 'vitest'
import { deriveKeys, keyOfId, newId } from '../src/keys'

const SECRET = btoa('thirty-two bytes for these tests')
const OTHER_SECRET = btoa('thirty-two other bytes for these')
const keys = await deriveKeys(SECRET)
const NUMBER = '+12025550123'

const encoder = new TextEncoder()

async function hmac(key: Uint8Array, data: Uint8Array) {
  const imported = await crypto.subtle.importKey(
    'raw',
    key,
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data))
}

/** HKDF by RFC 5869's own words, for one block: extract under a salt of zeros, expand with the info and one. */
async function hkdf(secret: string, info: string) {
  const extracted = await hmac(new Uint8Array(32), encoder.encode(secret))
  return hmac(extracted, encoder.encode(`${info}\u0001`))
}

describe('a recipient key', () => {
  it.each(['+12025550123', '+27710000000', '+447624123456', '+61491570156', '+8801712345678'])(
    'of %s is its first digit and 19 hex digits',
    async (e164) => {
      const key = await keys.recipientKey(e164)
      expect(key).toMatch(/^[1-9][0-9a-f]{19}$/)
      expect(key.charAt(0)).toBe(e164.charAt(1))
    },
  )

  it('is the same every time, also after a restart', async () => {
    const key = await keys.recipientKey(NUMBER)
    expect(await keys.recipientKey(NUMBER)).toBe(key)
    expect(await (await deriveKeys(SECRET)).recipientKey(NUMBER)).toBe(key)
  })

  it('is 76 bits of HMAC-SHA-256 under a key of its own, derived by HKDF', async () => {
    const derived = await hkdf(atob(SECRET), 'verge/recipient')
    const mac = await hmac(derived, encoder.encode(NUMBER))
    expect(await keys.recipientKey(NUMBER)).toBe(`1${mac.toHex().slice(0, 19)}`)
  })

  it('differs for each number of a thousand neighbours', async () => {
    const numbers = Array.from({ length: 1000 }, (_, i) => `+1202555${String(i).padStart(4, '0')}`)
    const made = await Promise.all(numbers.map((e164) => keys.recipientKey(e164)))
    expect(new Set(made).size).toBe(1000)
  })

  it('differs under another secret', async () => {
    const other = await deriveKeys(OTHER_SECRET)
    expect(await other.recipientKey(NUMBER)).not.toBe(await keys.recipientKey(NUMBER))
  })
})

describe('an id', () => {
  it.each(['VE', 'SM', 'EV'] as const)('%s… is its prefix and 32 hex digits', async (prefix) => {
    const key = await keys.recipientKey(NUMBER)
    const id = newId(prefix, key)
    expect(id).toMatch(new RegExp(`^${prefix}[0-9a-f]{32}$`))
    expect(id.slice(2, 22)).toBe(key)
  })

  it('leads back to its recipient key', async () => {
    const key = await keys.recipientKey(NUMBER)
    expect(keyOfId(newId('VE', key))).toBe(key)
    expect(keyOfId(newId('SM', key))).toBe(key)
  })

  it('is never the same twice', () => {
    const ids = Array.from({ length: 1000 }, () => newId('VE', '10000000000000000000'))
    expect(new Set(ids).size).toBe(1000)
  })
})

describe('a code', () => {
  const verification = { id: `VE1${'0'.repeat(31)}`, purpose: 'login', codeLength: 10 }

  it.each([4, 5, 6, 7, 8, 9, 10])(
    'has %i digits where so many are asked for',
    async (codeLength) => {
      const code = await keys.codeOf({ ...verification, codeLength })
      expect(code).toMatch(new RegExp(`^[0-9]{${codeLength}}$`))
    },
  )

  it('is the same every time, also after a restart', async () => {
    const code = await keys.codeOf(verification)
    expect(await keys.codeOf(verification)).toBe(code)
    expect(await (await deriveKeys(SECRET)).codeOf(verification)).toBe(code)
  })

  it('is bound to its verification', async () => {
    const other = { ...verification, id: `VE1${'0'.repeat(30)}1` }
    expect(await keys.codeOf(other)).not.toBe(await keys.codeOf(verification))
  })

  it('is bound to its purpose', async () => {
    const other = { ...verification, purpose: 'verify' }
    expect(await keys.codeOf(other)).not.toBe(await keys.codeOf(verification))
  })

  it('differs under another secret', async () => {
    const other = await deriveKeys(OTHER_SECRET)
    expect(await other.codeOf(verification)).not.toBe(await keys.codeOf(verification))
  })

  it('comes from a key of its own, derived by HKDF: not from that of recipients', async () => {
    const message = encoder.encode(`${verification.id}|${verification.purpose}`)
    const digits = async (info: string) => {
      const mac = await hmac(await hkdf(atob(SECRET), info), message)
      const number = BigInt(`0x${mac.slice(0, 16).toHex()}`)
      return (number % 10n ** 10n).toString().padStart(10, '0')
    }
    const code = await keys.codeOf(verification)
    expect(code).toBe(await digits('verge/code'))
    expect(code).not.toBe(await digits('verge/recipient'))
  })
})
