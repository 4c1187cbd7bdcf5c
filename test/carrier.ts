// Carriers that say what the test wants, one answer per call, and remember what they were asked.
import { vi } from 'vitest'
import type { Env } from '../src/env'

export const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'test-token',
  TWILIO_FROM_NUMBER: '+15005550006',
} satisfies Partial<Env>

export const TELNYX = { TELNYX_API_KEY: 'key', TELNYX_FROM: '+15005550007' } satisfies Partial<Env>

export const VONAGE = {
  VONAGE_API_KEY: 'key',
  VONAGE_API_SECRET: 'secret',
  VONAGE_FROM: 'Acme',
} satisfies Partial<Env>

/** A configured carrier, `http:local`. */
export const LOCAL = {
  HTTP_PROVIDERS: JSON.stringify({
    local: {
      url: 'https://sms.local.example/send',
      form: { to: '{to}', text: '{text}' },
      success: { pointer: '/status', equals: ['ok'] },
      id: '/id',
      error: '/error',
      errors: { low_balance: 'misconfigured' },
    },
  }),
} satisfies Partial<Env>

/** An answer, or what happens instead of one. */
export type Reply = () => Response | Promise<Response>

export const created: Reply = () =>
  Response.json(
    { sid: `SM${crypto.randomUUID().replaceAll('-', '')}`, status: 'queued', num_segments: '1' },
    { status: 201, headers: { 'Twilio-Request-Id': 'RQ1' } },
  )

/** As Telnyx, Vonage and `http:local` say it. */
export const accepted = {
  telnyx: () =>
    Response.json(
      { data: { id: crypto.randomUUID(), parts: 1 } },
      { headers: { 'X-Request-Id': 'TX1' } },
    ),
  vonage: () => Response.json({ message_uuid: crypto.randomUUID() }, { status: 202 }),
  local: () => Response.json({ status: 'ok', id: '7' }),
} satisfies Record<string, Reply>

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

const HOSTS: Record<string, string> = {
  'api.twilio.com': 'twilio',
  'api.telnyx.com': 'telnyx',
  'api.nexmo.com': 'vonage',
  'sms.local.example': 'http:local',
}

/** One call to a carrier: what it was sent, and the code in it. */
export type Asked = { provider: string; code: string | undefined; text: string }

/** As `carrier`, for several: each says what is announced for it. @returns the calls, in order */
export function carriers(replies: Record<string, Reply[]>): Asked[] {
  const asked: Asked[] = []
  vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
    const provider = HOSTS[new URL(String(input)).host] ?? String(input)
    const text = decodeURIComponent(String(init?.body ?? '').replaceAll('+', ' '))
    asked.push({ provider, code: /(?:code is|es) (\d{4,10})/.exec(text)?.[1], text })
    const calls = asked.filter((one) => one.provider === provider).length
    const announced = replies[provider] ?? []
    const reply = announced[Math.min(calls, announced.length) - 1]
    if (!reply) throw new Error(`${provider} was not to be called`)
    return reply()
  })
  return asked
}

export const codeIn = (form: URLSearchParams | undefined) =>
  form?.get('Body')?.match(/\d{4,10}/)?.[0] ?? ''
