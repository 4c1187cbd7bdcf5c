// A Twilio that says what the test wants, one answer per call, and remembers what it was asked.
import { vi } from 'vitest'
import type { Env } from '../src/env'

export const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'test-token',
  TWILIO_FROM_NUMBER: '+15005550006',
} satisfies Partial<Env>

/** An answer, or what happens instead of one. */
type Reply = () => Response | Promise<Response>

export const created: Reply = () =>
  Response.json(
    { sid: `SM${crypto.randomUUID().replaceAll('-', '')}`, status: 'queued', num_segments: '1' },
    { status: 201, headers: { 'Twilio-Request-Id': 'RQ1' } },
  )

export const refused =
  (status: number, code: number, headers: Record<string, string> = {}): Reply =>
  () =>
    Response.json({ code, message: 'no', more_info: '', status }, { status, headers })

export const broken: Reply = () => Promise.reject(new TypeError('Network connection lost.'))

/** Announces what the carrier will say; the last reply repeats. @returns the forms it was sent */
export function carrier(...replies: Reply[]): URLSearchParams[] {
  const forms: URLSearchParams[] = []
  vi.mocked(globalThis.fetch).mockImplementation(async (_input, init) => {
    forms.push(new URLSearchParams(String(init?.body)))
    const reply = replies[Math.min(forms.length, replies.length) - 1]
    if (!reply) throw new TypeError('no reply was announced')
    return reply()
  })
  return forms
}

export const codeIn = (form: URLSearchParams | undefined) =>
  form?.get('Body')?.match(/\d{4,10}/)?.[0] ?? ''
