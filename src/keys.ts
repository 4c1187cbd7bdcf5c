// What is derived from VERGE_SECRET: recipient keys and the digits of codes. Changing the secret forgets every pending
// verification, every count and every opt-out, because records are found by keys made from it.
import { digitsOf } from './domain/code'
import type { Verification } from './domain/record'

export type Keys = {
  /** 20 hex digits: one of world zone (0: a mailbox), 19 (76 bits) of the recipient's HMAC. It names ledger and record. */
  recipientKey(recipient: string): Promise<string>
  /** The code of a verification. Bound to its id and purpose; a new code always comes with a new id. */
  codeOf(verification: Pick<Verification, 'id' | 'purpose' | 'codeLength'>): Promise<string>
}

/** The record that an id (`VE…`, `SM…`: prefix, recipient key, 12 random digits) belongs to. */
export const keyOfId = (id: string): string => id.slice(2, 22)

export const newId = (prefix: 'VE' | 'SM' | 'EV', key: string): string =>
  prefix + key + crypto.randomUUID().slice(-12)

/** Derives the keys by HKDF-SHA-256 (RFC 5869). @param secret base64 of at least 32 bytes */
export async function deriveKeys(secret: string): Promise<Keys> {
  const bytes = Uint8Array.from(atob(secret), (char) => char.charCodeAt(0))
  const root = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey'])
  const [recipients, codes] = await Promise.all([derive(root, 'recipient'), derive(root, 'code')])
  return {
    async recipientKey(recipient) {
      const zone = recipient.includes('@') ? '0' : recipient.charAt(1)
      return `${zone}${(await mac(recipients, recipient)).toHex().slice(0, 19)}`
    },
    async codeOf({ id, purpose, codeLength }) {
      return digitsOf(await mac(codes, `${id}|${purpose}`), codeLength)
    },
  }
}

const derive = (root: CryptoKey, use: string): Promise<CryptoKey> =>
  crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encode(`verge/${use}`) },
    root,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  )

const mac = async (key: CryptoKey, text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.sign('HMAC', key, encode(text)))

const encoder = new TextEncoder()
const encode = (text: string) => encoder.encode(text)
