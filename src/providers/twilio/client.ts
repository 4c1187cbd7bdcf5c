// Twilio's REST API over fetch: form in, JSON out, HTTP Basic. Every way in which an answer can be wrong becomes a Failure.
import * as z from 'zod'
import type { TwilioConfig } from '../../engine'
import type { Failure } from '../provider'
import { classify } from './errors'

export type Answer = { ok: true; body: unknown; requestId?: string } | Failure

/** `{code, message, more_info, status}`, and RFC 9457 at newer APIs; `code` is what counts. */
const errorBody = z.object({ code: z.int().optional().catch(undefined) })

export function twilioClient({ accountSid, authToken, apiKey, baseUrl }: TwilioConfig) {
  const basic = (user: string, password: string) => `Basic ${btoa(`${user}:${password}`)}`
  const sender = apiKey ? basic(apiKey.sid, apiKey.secret) : basic(accountSid, authToken)
  // Standard API keys may not read the account.
  const owner = basic(accountSid, authToken)
  const account = `${baseUrl}/2010-04-01/Accounts/${accountSid}`

  return {
    post: (path: string, form: Record<string, string>, signal: AbortSignal) =>
      call(`${account}${path}`, {
        method: 'POST',
        headers: { authorization: sender },
        body: new URLSearchParams(form),
        signal,
      }),
    fetchAccount: (signal: AbortSignal) =>
      call(`${account}.json`, { headers: { authorization: owner }, signal }),
  }
}

async function call(url: string, init: RequestInit): Promise<Answer> {
  let response: Response
  let text: string
  try {
    response = await fetch(url, { ...init, redirect: 'manual' })
    text = await response.text()
  } catch (error) {
    // It may have left before the connection broke. The message of the error could hold the URL: it stays here.
    const timedOut =
      error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
    return {
      ok: false,
      kind: 'unknown',
      retry: false,
      refusal: 'temporarily_unavailable',
      reason: timedOut ? 'timeout' : 'network',
    }
  }
  const requestId = response.headers.get('Twilio-Request-Id') ?? undefined
  const body = parseJson(text)
  if (response.ok && body !== undefined) return { ok: true, body, ...(requestId && { requestId }) }

  const code = errorBody.safeParse(body).data?.code
  // Seconds, or a date, which nobody sends here.
  const retryAfter = /^\d{1,4}$/.exec(response.headers.get('Retry-After') ?? '')?.[0]
  return {
    ok: false,
    // A 2xx that is not JSON was accepted by someone, perhaps Twilio: never ask again.
    ...(response.ok
      ? { kind: 'unknown', retry: false, refusal: 'temporarily_unavailable' }
      : classify(response.status, code)),
    reason: code === undefined ? `http_${response.status}` : String(code),
    httpStatus: response.status,
    ...(retryAfter && { retryAfter: Math.max(1, Number(retryAfter)) }),
    ...(requestId && { requestId }),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
