// Refusals on the wire: RFC 9457 problem details. `code` is stable, and whatever a client may act on is a field.
import type { Context } from 'hono'
import { type Refusal, WIRE } from '../domain/refusal'
import type { HonoEnv } from './context'

// What a 503 without a better idea promises.
const RETRY_AFTER = 60

/** The sentence for a person, filled from the refusal's own data. */
export const detailOf = (refusal: Refusal): string =>
  WIRE[refusal.code].detail.replace(/\{(\w+)\}/g, (_, name: string) =>
    String((refusal as Record<string, unknown>)[name]),
  )

export function problem(c: Context<HonoEnv>, refusal: Refusal): Response {
  const { status, title } = WIRE[refusal.code]
  const { code, ...data } = refusal
  const fields: Record<string, unknown> =
    status === 503 ? { retryAfter: RETRY_AFTER, ...data } : { ...data }
  c.set('refusal', code)
  if (code === 'not_configured') c.set('problem', detailOf(refusal))
  const body = {
    type: `urn:problem-type:verge:${code}`,
    title,
    status,
    code,
    detail: detailOf(refusal),
    request_id: c.get('requestId'),
    ...(fields.reason !== undefined && { reason: fields.reason }),
    ...(fields.country !== undefined && { country: fields.country }),
    ...(fields.issues !== undefined && { issues: fields.issues }),
    ...(fields.retryAfter !== undefined && { retry_after: fields.retryAfter }),
    ...(fields.segments !== undefined && { segments: fields.segments }),
    ...(fields.maxSegments !== undefined && { max_segments: fields.maxSegments }),
    ...(fields.attemptsRemaining !== undefined && { attempts_remaining: fields.attemptsRemaining }),
  }
  c.header('Content-Type', 'application/problem+json')
  if (fields.retryAfter !== undefined) c.header('Retry-After', String(fields.retryAfter))
  if (fields.allow !== undefined) c.header('Allow', String(fields.allow))
  if (status === 401) c.header('WWW-Authenticate', 'Bearer')
  return c.body(JSON.stringify(body), status)
}
