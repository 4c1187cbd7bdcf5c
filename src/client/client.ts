// The typed client: one function a call, for browsers, Node and Workers. It needs `fetch` and nothing else, never throws for
// what went wrong on the way, and never tries again by itself. No part of the Worker. `npm run client` builds it into built/,
// which is committed: whoever installs it runs no script and needs none of our packages.
import type {
  AuditPage,
  AuditQuery,
  Batch,
  BatchRequest,
  CheckRequest,
  Health,
  Limits,
  Message,
  MessageRequest,
  Problem,
  RecipientQuery,
  SimulatedMessages,
  StartRequest,
  Stats,
  StatsQuery,
  Status,
  Verification,
} from './types.js'

export type * from './types.js'

/** As much of an answer as is looked at, so that any `fetch` fits. */
export type Fetch = (
  url: string,
  init: {
    method: string
    headers: Record<string, string>
    body?: string
    signal?: AbortSignal
  },
) => Promise<{
  status: number
  headers: { get(name: string): string | null }
  text(): Promise<string>
}>

export type ClientOptions = {
  /** where Verge is, such as `https://verge.example.com` */
  baseUrl: string
  /** one of API_KEYS. Never in a browser: clients need none. */
  apiKey?: string | undefined
  fetch?: Fetch | undefined
}

export type CallOptions = { signal?: AbortSignal | undefined }

/** With a key, a call that was lost can be made again: it sends nothing twice. */
export type SendOptions = CallOptions & { idempotencyKey?: string | undefined }

export type Result<T> =
  | {
      ok: true
      value: T
      request_id: string | null
      /** the first answer to the same idempotency key, again */
      replayed: boolean
    }
  | { ok: false; problem: Problem | Failure }

/**
 * No answer of Verge's. `unreachable`: nobody knows whether it was asked. `aborted`: by your signal. `unexpected_answer`:
 * of something in between, with its status.
 */
export type Failure = {
  code: 'unreachable' | 'aborted' | 'unexpected_answer'
  /** 0 where there was no answer */
  status: number
  title: string
  detail: string
  request_id: string | null
} & {
  [Field in Exclude<
    keyof Problem,
    'code' | 'status' | 'title' | 'detail' | 'request_id'
  >]?: undefined
}

export type Client = ReturnType<typeof createClient>

export function createClient({ baseUrl, apiKey, fetch: given }: ClientOptions) {
  const base = baseUrl.replace(/\/+$/, '')
  const send: Fetch = given ?? ((url, init) => globalThis.fetch(url, init))

  async function call<T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    { signal, idempotencyKey }: SendOptions = {},
    body?: object,
  ): Promise<Result<T>> {
    let status = 0
    let requestId: string | null = null
    try {
      const response = await send(base + path, {
        method,
        headers: {
          ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }),
          ...(body && { 'Content-Type': 'application/json' }),
          ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
        },
        ...(body && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      })
      status = response.status
      requestId = response.headers.get('X-Request-Id')
      const answer = parsed(await response.text())
      if (status >= 200 && status < 300 && answer)
        return {
          ok: true,
          value: answer as T,
          request_id: requestId,
          replayed: response.headers.get('Idempotent-Replayed') === 'true',
        }
      if (isProblem(answer)) return { ok: false, problem: answer }
      return notOurs(status, requestId)
    } catch (error) {
      const code = signal?.aborted ? 'aborted' : 'unreachable'
      const said = error instanceof Error ? error.message : String(error)
      // A runtime names the header that it cannot send, with the key in it.
      const isHeader = /^[\x20-\x7e]*$/.test(apiKey ?? '')
      return failed(code, status, isHeader ? said : 'apiKey is not printable ASCII.', requestId)
    }
  }

  return {
    /** Starts a verification; while it is pending, sends its code again. */
    startVerification: (request: StartRequest, options?: SendOptions) =>
      call<Verification>('POST', '/v1/verifications', options, request),

    /** Checks a code, by `to` or by `id`. `ok` is proof that the person holds the number: once, and to a backend. */
    checkVerification: async (request: CheckRequest, options?: CallOptions) => {
      const checked = await call<Verification>('POST', '/v1/verifications/check', options, request)
      // Something in between may answer 200 to anything, and that proves nothing.
      const isOurs = !checked.ok || checked.value.status === 'approved'
      return isOurs ? checked : notOurs(200, checked.request_id)
    },

    getVerification: (id: string, options?: CallOptions) =>
      call<Verification>('GET', `/v1/verifications/${encodeURIComponent(id)}`, options),

    cancelVerification: (id: string, options?: CallOptions) =>
      call<Verification>('DELETE', `/v1/verifications/${encodeURIComponent(id)}`, options),

    /** Sends a text that is not a code. Needs a key, as do all that follow but `getHealth`. */
    sendMessage: (request: MessageRequest, options?: SendOptions) =>
      call<Message>('POST', '/v1/messages', options, request),

    /** Queues up to 1,000 messages. `ok` says that each has an answer of its own, not that each was taken. */
    sendMessages: (request: BatchRequest, options?: SendOptions) =>
      call<Batch>('POST', '/v1/messages/batch', options, request),

    getMessage: (id: string, options?: CallOptions) =>
      call<Message>('GET', `/v1/messages/${encodeURIComponent(id)}`, options),

    getLimits: (query: RecipientQuery, options?: CallOptions) =>
      call<Limits>('GET', `/v1/limits${search(query)}`, options),

    /** A page of events, newest first. The next one: with `cursor`, the `next_cursor` of this one. */
    listAudit: (query: AuditQuery = {}, options?: CallOptions) =>
      call<AuditPage>('GET', `/v1/audit${search(query)}`, options),

    /** What texts came to: delivery, conversion, refusals, cost. By day, of the last 30 days, where nothing else is asked. */
    getStats: (query: StatsQuery = {}, options?: CallOptions) =>
      call<Stats>('GET', `/v1/stats${search(query)}`, options),

    getStatus: (options?: CallOptions) => call<Status>('GET', '/v1/status', options),

    getHealth: (options?: CallOptions) => call<Health>('GET', '/health', options),

    /** What a simulated phone would show: its last ten texts. */
    simulatorMessages: (query: RecipientQuery, options?: CallOptions) =>
      call<SimulatedMessages>('GET', `/simulator/messages${search(query)}`, options),
  }
}

function search(query: object): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`
}

/** Null for what is no JSON object. */
function parsed(text: string): object | null {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' ? json : null
  } catch {
    return null
  }
}

const isProblem = (answer: object | null): answer is Problem =>
  answer !== null && 'code' in answer && typeof answer.code === 'string' && 'request_id' in answer

const TITLES = {
  unreachable: 'Unreachable',
  aborted: 'Aborted',
  unexpected_answer: 'Unexpected answer',
} as const

const notOurs = (status: number, requestId: string | null) =>
  failed('unexpected_answer', status, 'This is not an answer of Verge.', requestId)

const failed = (
  code: Failure['code'],
  status: number,
  detail: string,
  requestId: string | null,
): { ok: false; problem: Failure } => ({
  ok: false,
  problem: { code, status, title: TITLES[code], detail, request_id: requestId },
})
