// X-Twilio-Signature: base64(HMAC-SHA1(auth token, URL + form)). Agrees with Twilio's own validator (npm `twilio`), which
// the test asks. https://www.twilio.com/docs/usage/security#validating-requests
import { sameText } from '../../domain/code'

/**
 * Whether Twilio signed this, with any of the tokens: two while they are rotated. It proves who calls, not when: a captured
 * callback can be replayed, which is why what callbacks say is merged by rank, as long as the text is on file. And it marks
 * no border between names and values: `ab=c` is signed as `a=bc` is. @param url as Twilio called it, without fragment
 */
export async function isSignedByTwilio(
  tokens: readonly string[],
  { signature, url, form }: { signature: string; url: string; form: URLSearchParams },
): Promise<boolean> {
  const parameters = joined(form)
  for (const token of tokens)
    for (const spelling of spellingsOf(url))
      if (sameText(signature, await sign(token, spelling + parameters))) return true
  return false
}

/** The values of each name. Not by `getAll`: in workerd it finds nothing under a name that is no UTF-8. */
const valuesOf = (params: URLSearchParams): [name: string, values: string[]][] =>
  Object.entries(Object.groupBy(params, ([name]) => name)).map(([name, pairs = []]) => [
    name,
    pairs.map(([, value]) => value),
  ])

/** Over all that arrived, never a fixed list: Twilio adds parameters. A repeated name has its distinct values, sorted. */
const joined = (form: URLSearchParams): string =>
  valuesOf(form)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) => [...new Set(values)].sort().map((value) => name + value))
    .join('')

/** Scheme, user info and host, IPv6 too; then the port. */
const AUTHORITY = /^([a-z]+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\])?[^:/?#]*)(:[^/?#]*)?/i

/** Without port and with it; as it came, as URLs are normalised, and with its query as older back ends encode it. */
function spellingsOf(url: string): Set<string> {
  const { href, protocol } = new URL(url)
  const usual = protocol === 'https:' ? ':443' : ':80'
  const older = href.replace(/\?.+/, (query) => `?${encoded(new URLSearchParams(query))}`)
  return new Set(
    [url, href, older].flatMap((spelling) => [
      spelling.replace(AUTHORITY, '$1'),
      spelling.replace(AUTHORITY, (_, host, port = usual) => host + port),
    ]),
  )
}

/** As Node's `querystring` does it: ' and * stay, a space is %20, and what has the same name stands together. */
const encoded = (query: URLSearchParams): string =>
  valuesOf(query)
    .flatMap(([name, values]) => values.map((value) => [name, value].map(encodeURIComponent)))
    .map((pair) => pair.join('='))
    .join('&')

const encoder = new TextEncoder()
const HMAC = { name: 'HMAC', hash: 'SHA-1' }

// One per token. Tokens come from variables alone, so there are one or two.
const keys = new Map<string, CryptoKey>()

async function keyOf(token: string): Promise<CryptoKey> {
  const known = keys.get(token)
  if (known) return known
  const key = await crypto.subtle.importKey('raw', encoder.encode(token), HMAC, false, ['sign'])
  keys.set(token, key)
  return key
}

const sign = async (token: string, text: string): Promise<string> =>
  new Uint8Array(
    await crypto.subtle.sign('HMAC', await keyOf(token), encoder.encode(text)),
  ).toBase64()
