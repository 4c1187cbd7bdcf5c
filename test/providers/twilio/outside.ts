// Twilio as these tests know it: an account, and a world outside that answers what the test wants.
import { vi } from 'vitest'

export const HEX = '0123456789abcdef0123456789abcdef'
export const ACCOUNT = `AC${HEX}`
export const TOKEN = 'the auth token'
export const API_KEY = { sid: `SK${HEX}`, secret: 'the key secret' }

/** The one request that was made, as it goes on the wire. */
export async function onTheWire(asked: { url: string; init: RequestInit }[]) {
  const [only, ...others] = asked
  if (!only || others.length > 0) throw new Error(`${asked.length} requests were made`)
  const request = new Request(only.url, only.init)
  const body = new TextDecoder().decode(await request.arrayBuffer())
  const params = new URLSearchParams(body)
  return { request, body, params, form: Object.fromEntries(params) }
}

/** An answer that never comes: time runs out first. */
export function timeRunsOut(): AbortSignal {
  const controller = new AbortController()
  vi.mocked(globalThis.fetch).mockImplementation(
    (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        controller.abort(new DOMException('The operation timed out', 'TimeoutError'))
      }),
  )
  return controller.signal
}
