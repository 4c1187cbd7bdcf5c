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
  const { code, ...fields } = announce(c, refusal, status)
  const body: { [Field in keyof ProblemBody]: unknown } = {
    type: `urn:problem-type:verge:${code}`,
    title,
    status,
    code,
    detail: detailOf(refusal),
    request_id: c.get('requestId'),
    ...fieldsOf(fields),
  }
  c.header('Content-Type', 'application/problem+json')
  return c.body(JSON.stringify(body), status)
}

/** Whatever of a refusal a client may show or act on, by the names it has on the wire. */
export const fieldsOf = (refusal: object): Told => {
  const fields: Fields = refusal
  return {
    ...(fields.reason !== undefined && { reason: fields.reason }),
    ...(fields.country !== undefined && { country: fields.country }),
    ...(fields.issues !== undefined && { issues: fields.issues }),
    ...(fields.retryAfter !== undefined && { retry_after: fields.retryAfter }),
    ...(fields.segments !== undefined && { segments: fields.segments }),
    ...(fields.maxSegments !== undefined && { max_segments: fields.maxSegments }),
    ...(fields.attemptsRemaining !== undefined && { attempts_remaining: fields.attemptsRemaining }),
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

type Announced = { code: string } & Record<string, unknown>

/** Tells the request log of a refusal, and sets the headers it has in any envelope. @returns its data, as it is told */
export function announce(
  c: Context<HonoEnv>,
  refusal: Refusal | { code: string },
  status: Status,
): Announced {
  const fields: Announced =
    status === 503 ? { retryAfter: RETRY_AFTER, ...refusal } : { ...refusal }
  c.set('refusal', fields.code)
  if (fields.code === 'not_configured') c.set('problem', detailOf(refusal as Refusal))
  if (fields.retryAfter !== undefined) c.header('Retry-After', String(fields.retryAfter))
  if (fields.allow !== undefined) c.header('Allow', String(fields.allow))
  if (status === 401) c.header('WWW-Authenticate', 'Bearer')
  return fields
}
