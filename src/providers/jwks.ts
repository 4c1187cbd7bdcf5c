// The public keys of whoever signs the application's tokens: one call to where they are published (JWKS, RFC 7517).
import * as z from 'zod/mini'
import { once } from '../once'
import { perhaps } from '../shapes'
import { exchange, parseJson } from './exchange'

/** `kid` is its name within the set. What the key is made of stays unread here. */
export type PublicKey = JsonWebKey & { kid?: string }

const TIMEOUT_MS = 5000

const key = once(() =>
  z.looseObject({
    // A set that holds secrets has no business on the web, and is no key to accept anything by.
    kty: z.enum(['RSA', 'EC', 'OKP']),
    kid: z.optional(z.string()),
    alg: z.optional(z.string()),
    use: z.optional(z.literal('sig')),
  }),
)

/** A key that is of another kind says nothing of the others. */
const set = once(() => z.object({ keys: z.array(perhaps(key())) }))

/** The keys that signatures are checked with, or a word for the log of why there are none to be had. */
export async function readKeys(url: string): Promise<PublicKey[] | string> {
  const reply = await exchange(url, {
    headers: { Accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!reply.ok) return reply.reason
  if (reply.status !== 200) return `http_${reply.status}`
  const { data } = set().safeParse(parseJson(reply.text))
  return data ? (data.keys.filter((one) => one !== undefined) as PublicKey[]) : 'nonsense'
}
