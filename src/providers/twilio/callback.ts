// What Twilio tells us by calling back. Nothing is read out of a callback that Twilio did not sign.
import { sameText } from '../../domain/code'
import { parseJson } from '../exchange'
import { sha256 } from '../sha256'
import { isSignedByTwilio } from './signature'

/** @property url as Twilio called it: scheme, host, path and query */
export type TwilioCallback = {
  signature: string | undefined
  url: string
  body: Uint8Array<ArrayBuffer>
}

// A byte order mark has arrived like any other character, and is signed like one.
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** The parameters of a callback, form, JSON or query (GET) alike; null where none of the tokens signed it. */
export async function readTwilioCallback(
  tokens: readonly string[],
  { signature = '', url, body }: TwilioCallback,
): Promise<URLSearchParams | null> {
  const { searchParams: query } = new URL(url)
  const text = decoder.decode(body)
  // A body that is no form is signed by its hash, which Twilio puts into the URL.
  const hash = query.get('bodySHA256')
  if (hash !== null && !sameText(hash, await sha256(body))) return null
  // URLSearchParams would drop a question mark at the start.
  const form = new URLSearchParams(hash === null ? text.replace(/^\?/, '%3F') : '')
  if (!(await isSignedByTwilio(tokens, { signature, url, form }))) return null
  if (hash !== null) return new URLSearchParams(textsOf(parseJson(text)))
  return text ? form : query
}

/** The texts and numbers in it; what has parts is left out. */
const textsOf = (json: unknown): [string, string][] =>
  Object.entries(json ?? {})
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .map(([name, value]) => [name, String(value)])
