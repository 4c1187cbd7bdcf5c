// A carrier's JSON answer to one call: what it holds, or the Failure it is. Only its Dialect sets one carrier apart.
import type * as z from 'zod/mini'
import { once } from '../once'
import { matching } from '../shapes'
import { exchange, parseJson, type Reply, retryAfterOf } from './exchange'
import type { Answering, Failure, Sent } from './provider'
import { UNCLEAR, type Verdict } from './verdict'

export type Dialect = {
  /** the carrier's error code; never its prose, which may name the recipient */
  codeOf(body: unknown): string | undefined
  requestIdOf(headers: Headers, body: unknown): string | undefined
  verdictOf(code: string, httpStatus: number): Verdict
}

export type Answer = { ok: true; body: unknown; requestId?: string } | Failure

/** What carriers call their texts and requests: UUIDs and their like. */
export const carrierId = once(() => matching(/^[\w-]{1,64}$/))

export async function ask(url: string, init: RequestInit, dialect: Dialect): Promise<Answer> {
  const reply = await exchange(url, init)
  if (!reply.ok) return reply
  const { status, headers } = reply
  const body = parseJson(reply.text)
  const requestId = dialect.requestIdOf(headers, body)
  const success = status >= 200 && status < 300
  if (success && body !== undefined) return { ok: true, body, ...(requestId && { requestId }) }

  const code = success ? undefined : dialect.codeOf(body)
  return { ...failureOf(reply, dialect, code), ...(requestId && { requestId }) }
}

/** What an answer means that is not the success it should be. */
export function failureOf(
  { status, headers }: Reply,
  { verdictOf }: Pick<Dialect, 'verdictOf'>,
  reason = `http_${status}`,
): Failure {
  const retryAfter = retryAfterOf(headers)
  return {
    ok: false,
    ...(status >= 200 && status < 300 ? UNCLEAR : verdictOf(reason, status)),
    reason,
    httpStatus: status,
    ...(retryAfter && { retryAfter }),
  }
}

/** @param accepted finds the carrier's id of the text in the body */
export function sentOf(
  answer: Answer,
  accepted: z.ZodMiniType<Pick<Sent, 'providerId' | 'segments'>>,
): Sent | Failure {
  if (!answer.ok) return answer
  const requestId = answer.requestId && { requestId: answer.requestId }
  const { data } = accepted.safeParse(answer.body)
  if (data) return { ok: true, ...data, ...requestId }
  return { ok: false, ...UNCLEAR, reason: 'no_id', ...requestId }
}

/** @param account finds what the operator may like to know of the account, if anything */
export function answeringOf(answer: Answer, account: z.ZodMiniType<string | undefined>): Answering {
  if (!answer.ok) return { answering: false, reason: answer.reason }
  const { success, data } = account.safeParse(answer.body)
  if (!success) return { answering: false, reason: 'nonsense' }
  return { answering: true, ...(data && { account: data }) }
}
