// A world that says what the test wants, and remembers what it was asked.
import { vi } from 'vitest'
import type { Text } from '../../src/providers/provider'

export const TEXT: Text = {
  id: 'SM0123456789abcdef0123456789abcdef',
  to: '+12025550123',
  body: 'Your code is 012345 & nothing + else = "ok". Größe ✓',
  channel: 'sms',
  code: '012345',
  repeatable: true,
  validForSeconds: 600,
}

export const never = () => new AbortController().signal

/** @returns what was asked, call by call */
export function outside(answer: () => Response | Promise<Response>) {
  const asked: { url: string; init: RequestInit }[] = []
  vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
    asked.push({ url: String(input), init: init ?? {} })
    return answer()
  })
  return asked
}

/** The only request there was, as it goes on the wire. */
export async function wireOf(asked: { url: string; init: RequestInit }[]) {
  const [call, ...more] = asked
  if (!call || more.length > 0) throw new Error(`${asked.length} requests`)
  const request = new Request(call.url, call.init)
  const body = new TextDecoder().decode(await request.arrayBuffer())
  return {
    line: `${request.method} ${request.url}`,
    headers: Object.fromEntries(request.headers),
    body,
    redirect: request.redirect,
  }
}

export const basic = (user: string, password: string) => `Basic ${btoa(`${user}:${password}`)}`
