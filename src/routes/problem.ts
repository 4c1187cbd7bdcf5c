// Refusals on the wire: RFC 9457 problem details. `code` is stable, and whatever a client may act on is a field. The routes
// of an older system have an envelope of their own.
import type { Context } from 'hono'
import type { ProblemBody } from '../answers'
import { type Issue, type Refusal, type Status, WIRE } from '../domain/refusal'
import type { HonoEnv } from './context'

/** Puts a refusal into the words and the shape that a front end knows. */
export type Envelope = (c: Context<HonoEnv>, refusal: Refusal) => Response

// What a 503 without a better idea promises.
const RETRY_AFTER = 60

/** The sentence for a person, filled from the refusal's own data. */
export const detailOf = (refusal: Refusal): string => fill(WIRE[refusal.code].detail, refusal)

/** `{field}` in a text, by what the refusal holds. */
export const fill = (text: string, refusal: object): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) =>
    String((refusal as Record<string, unknown>)[name]),
  )

export function problem(c: Context<HonoEnv>, refusal: Refusal): Response {
  const envelope = c.get('envelope')
  if (envelope) return envelope(c, refusal)
  const { status, title } = WIRE[refusal.code]
  const told = toldOf(refusal, status)
  const body: { [Field in keyof ProblemBody]: unknown } = {
    type: `urn:problem-type:verge:${told.code}`,
    title,
    status,
    code: told.code,
    detail: detailOf(refusal),
    request_id: c.get('requestId'),
    ...fieldsOf(told),
  }
  const headers = { 'Content-Type': 'application/problem+json' }
  return announce(c, told, c.body(JSON.stringify(body), status, headers))
}

/** Whatever of a refusal a client may show or act on, by the names it has on the wire. */
export const fieldsOf = (refusal: object): Told => {
  const fields: Fields = refusal
  return {
    reason: fields.reason,
    country: fields.country,
    issues: fields.issues,
    retry_after: fields.retryAfter,
    segments: fields.segments,
    max_segments: fields.maxSegments,
    attempts_remaining: fields.attemptsRemaining,
  }
}

type Told = Pick<
  ProblemBody,
  | 'reason'
  | 'country'
  | 'issues'
  | 'retry_after'
  | 'segments'
  | 'max_segments'
  | 'attempts_remaining'
>

/** The data of refusals, of each what it has. */
type Fields = {
  reason?: string
  country?: string | null
  issues?: Issue[]
  retryAfter?: number
  segments?: number
  maxSegments?: number
  attemptsRemaining?: number
}

type Refused = { code: string } & Record<string, unknown>

/** The data of a refusal, as it is told in any envelope. */
export const toldOf = (refusal: Refusal | { code: string }, status: Status): Refused =>
  status === 503 ? { retryAfter: RETRY_AFTER, ...refusal } : { ...refusal }

/** Tells the request log of a refusal, and puts on its answer the headers that it has in any envelope. */
export function announce(c: Context<HonoEnv>, told: Refused, answer: Response): Response {
  c.set('refusal', told.code)
  if (told.code === 'not_configured') c.set('problem', detailOf(told as Refusal))
  const { headers, status } = answer
  if (told.retryAfter !== undefined) headers.set('Retry-After', String(told.retryAfter))
  if (told.allow !== undefined) headers.set('Allow', String(told.allow))
  if (status === 401) headers.set('WWW-Authenticate', 'Bearer')
  return answer
}
