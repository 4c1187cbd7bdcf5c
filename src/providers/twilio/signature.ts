// X-Twilio-Signature of form callbacks: base64(HMAC-SHA1(auth token, URL + sorted parameters)).
// https://www.twilio.com/docs/usage/security#validating-requests
const encoder = new TextEncoder()

/**
 * Whether Twilio signed this callback. It proves who calls, not when: a captured callback can be replayed, which is why
 * what callbacks say is merged by rank, as long as the text is on file. @param url as Twilio called it, without fragment
 */
export async function isSignedByTwilio(
  authToken: string,
  {
    signature,
    url,
    params,
  }: { signature: string | undefined; url: string; params: URLSearchParams },
): Promise<boolean> {
  let mac: Uint8Array
  try {
    mac = Uint8Array.fromBase64(signature ?? '')
  } catch {
    return false
  }
  const hmac = { name: 'HMAC', hash: 'SHA-1' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(authToken), hmac, false, [
    'verify',
  ])
  return crypto.subtle.verify('HMAC', key, mac, encoder.encode(url + signedParameters(params)))
}

/** Over all that arrived, never a fixed list: Twilio adds parameters. A repeated name has its distinct values, sorted. */
const signedParameters = (params: URLSearchParams): string =>
  [...new Set(params.keys())]
    .sort()
    .flatMap((name) => [...new Set(params.getAll(name))].sort().map((value) => name + value))
    .join('')
