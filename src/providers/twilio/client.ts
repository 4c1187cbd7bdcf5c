// Twilio's REST API over fetch: form in, JSON out, HTTP Basic. Every way in which an answer can be wrong becomes a Failure.
import * as z from 'zod'
import type { TwilioConfig } from '../../carriers'
import { exchange, parseJson, retryAfterOf } from '../exchange'
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
  const reply = await exchange(url, init)
  if (!reply.ok) return reply
  const { status, headers } = reply
  const requestId = headers.get('Twilio-Request-Id') ?? undefined
  const body = parseJson(reply.text)
  const success = status >= 200 && status < 300
  if (success && body !== undefined) return { ok: true, body, ...(requestId && { requestId }) }

  const code = errorBody.safeParse(body).data?.code
  const retryAfter = retryAfterOf(headers)
  return {
    ok: false,
    // A 2xx that is not JSON was accepted by someone, perhaps Twilio: never ask again.
    ...(success
      ? { kind: 'unknown', retry: false, refusal: 'temporarily_unavailable' }
      : classify(status, code)),
    reason: code === undefined ? `http_${status}` : String(code),
    httpStatus: status,
    ...(retryAfter && { retryAfter }),
    ...(requestId && { requestId }),
  }
}
