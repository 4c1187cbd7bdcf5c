// Twilio's REST APIs over fetch: form in, JSON out, HTTP Basic. Every way in which an answer can be wrong becomes a Failure.
// https://www.twilio.com/docs/usage/requests-to-twilio
import * as z from 'zod/mini'
import type { TwilioConfig } from '../../carrier-config'
import { once } from '../../once'
import { perhaps } from '../../shapes'
import { exchange, parseJson, type Reply, retryAfterOf } from '../exchange'
import type { Failure } from '../provider'
import { classify } from './errors'

type Credentials = Pick<TwilioConfig, 'accountSid' | 'authToken' | 'apiKey'>

/** Parameters without a value are left out. */
export type Form = Record<string, string | undefined>

export type Answer = { ok: true; body: unknown; requestId?: string }

/** `{code, message, more_info, status}`, and RFC 9457 with `detail` at newer APIs; `code` is what counts. */
const errorBody = once(() =>
  z.object({
    code: perhaps(z.int()),
    message: perhaps(z.string()),
    detail: perhaps(z.string()),
  }),
)

/** @param root URL that all paths begin with: an account, or a Verify service */
export function twilioClient({ accountSid, authToken, apiKey }: Credentials, root: string) {
  const basic = (user: string, password: string) => `Basic ${btoa(`${user}:${password}`)}`
  const owner = basic(accountSid, authToken)
  const sender = apiKey ? basic(apiKey.sid, apiKey.secret) : owner

  return {
    post: (path: string, form: Form, signal: AbortSignal) =>
      call(root + path, {
        method: 'POST',
        headers: { authorization: sender },
        body: encode(form),
        signal,
      }),
    get: (path: string, signal: AbortSignal) =>
      call(root + path, { headers: { authorization: sender }, signal }),
    /** For what standard API keys may not read. */
    getAsOwner: (path: string, signal: AbortSignal) =>
      call(root + path, { headers: { authorization: owner }, signal }),
  }
}

/** For what belongs to the account itself: its messages and its calls. */
export const accountClient = (config: TwilioConfig) =>
  twilioClient(config, `${config.baseUrl}/2010-04-01/Accounts/${config.accountSid}`)

function encode(form: Form): URLSearchParams {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) if (value) params.append(name, value)
  return params
}

async function call(url: string, init: RequestInit): Promise<Answer | Failure> {
  const reply = await exchange(url, init)
  if (!reply.ok) return reply
  const body = parseJson(reply.text)
  if (reply.status < 200 || reply.status >= 300) return failureOf(reply, body)
  const answer: Answer = { ok: true, body, ...traceOf(reply) }
  return body === undefined
    ? { ...unclear(`http_${reply.status}`, answer), httpStatus: reply.status }
    : answer
}

/** A 2xx that does not say what was accepted: someone took it, perhaps Twilio, so never ask again. */
export const unclear = (reason: string, answer: Answer): Failure => ({
  ok: false,
  kind: 'unknown',
  retry: false,
  refusal: 'temporarily_unavailable',
  reason,
  ...requestIdOf(answer),
})

/** Twilio's id of the request, for its support; to be spread, as some answers have none. */
export const requestIdOf = ({ requestId }: { requestId?: string }) =>
  requestId ? { requestId } : {}

function failureOf(reply: Reply, body: unknown): Failure {
  const { status, headers } = reply
  const { code, message, detail } = errorBody().safeParse(body).data ?? {}
  const retryAfter = retryAfterOf(headers)
  return {
    ok: false,
    ...classify(status, code, {
      parameter: parameterIn(message ?? detail),
      ownRateLimit: headers.has('Twilio-Reached-Rate-Limit'),
    }),
    reason: code === undefined ? `http_${status}` : String(code),
    httpStatus: status,
    ...(retryAfter && { retryAfter }),
    ...traceOf(reply),
  }
}

/** Twilio writes "Invalid parameter: To" or "Invalid parameter `To`: +1…"; but for this, messages are not read. */
const parameterIn = (message = '') => /\bparameter:? `?([A-Za-z]+)/i.exec(message)?.[1]

const traceOf = ({ headers }: Reply) =>
  requestIdOf({ requestId: headers.get('Twilio-Request-Id') ?? '' })
