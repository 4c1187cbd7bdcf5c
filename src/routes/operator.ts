// What backends and operators ask: a number's limits, the audit log, statistics, the state of the service. Needs a key.
import { Hono } from 'hono'
import type { AuditPage, LimitsBody, StatsBody, StatusBody } from '../answers'
import { FAILURES } from '../domain/limits'
import type { Figures } from '../domain/statistics'
import { refuseSending, refuseTokens } from '../gateway/gateway'
import { readAudit, readLimits } from '../gateway/recipients'
import { readStatistics } from '../gateway/statistics'
import { readStatus } from '../gateway/status'
import { auditQuery, recipientQuery, statsQuery } from '../schema'
import { flowContext, type HonoEnv } from './context'
import { keyRequired, query } from './middleware'
import { detailOf, problem } from './problem'

const rfc3339 = (ms: number) => new Date(ms).toISOString()

export const operator = new Hono<HonoEnv>()
  .get('/limits', keyRequired, query(recipientQuery), async (c) => {
    const read = await readLimits(c.get('gateway'), c.req.valid('query'), flowContext(c))
    if (!read.ok) return problem(c, read.refusal)
    const { to, sends, messages, failures, lockedUntil, optedOut, verifications } = read.value
    const answer: LimitsBody = {
      to,
      sends: usedOf(sends),
      messages: usedOf(messages),
      failures: { used: failures, limit: FAILURES.limit },
      locked_until: lockedUntil === null ? null : rfc3339(lockedUntil),
      opted_out: optedOut,
      verifications: verifications.map((v) => ({
        purpose: v.purpose,
        resend_at: rfc3339(v.resendAt),
        expires_at: rfc3339(v.expiresAt),
        attempts_remaining: v.attemptsRemaining,
      })),
    }
    return c.json(answer)
  })

  .get('/audit', keyRequired, query(auditQuery), async (c) => {
    const read = await readAudit(c.get('gateway'), c.req.valid('query'), flowContext(c))
    if (!read.ok) return problem(c, read.refusal)
    const { events, next } = read.value
    const answer: AuditPage = {
      events: events.map((event) => ({
        ...withoutNulls(event),
        country: event.country,
        at: rfc3339(event.at),
      })),
      next_cursor: next && `${next.at}.${next.id}`,
    }
    return c.json(answer)
  })

  .get('/stats', keyRequired, query(statsQuery), async (c) => {
    const read = await readStatistics(c.get('gateway'), c.req.valid('query'), flowContext(c))
    if (!read.ok) return problem(c, read.refusal)
    const { from, to, by, rows, total } = read.value
    const answer: StatsBody = {
      from: rfc3339(from),
      to: rfc3339(to),
      by,
      rows: rows.map(({ key, ...figures }) => ({ key, ...figuresBody(figures) })),
      total: figuresBody(total),
    }
    return c.json(answer)
  })

  .get('/status', keyRequired, async (c) => {
    const { config } = c.get('gateway')
    const { sending } = config
    const refused = sending.state === 'ready' ? refuseTokens(config) : refuseSending(config)
    const providers = await readStatus(c.get('gateway'))
    const answer: StatusBody = {
      environment: config.environment,
      engine: sending.state === 'ready' ? sending.engine : null,
      ...(refused && { problem: detailOf(refused) }),
      providers: providers.map(({ name, problems, answer, rest }) => ({
        name,
        configured: problems.length === 0,
        ...(problems.length > 0 && { problems }),
        ...answer,
        ...(rest && {
          resting: { since: rfc3339(rest.since), until: rfc3339(rest.until), reason: rest.reason },
        }),
      })),
      sends: { limit: config.sends.limit, window_seconds: config.sends.windowMs / 1000 },
    }
    return c.json(answer)
  })

const figuresBody = ({
  sends,
  delivered,
  undelivered,
  deliveryRate,
  timeToDeliverMs,
  ...rest
}: Figures): StatsBody['total'] => ({
  sends,
  delivered,
  undelivered,
  delivery_rate: deliveryRate,
  time_to_deliver_ms: timeToDeliverMs,
  ...rest,
})

const withoutNulls = <T extends object>(row: T): T =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as T

/** @property untils when each one leaves the window, soonest first */
const usedOf = ({
  untils,
  limit,
  windowMs,
}: {
  untils: number[]
  limit: number
  windowMs: number
}) => ({
  used: untils.length,
  limit,
  remaining: Math.max(0, limit - untils.length),
  window_seconds: windowMs / 1000,
  resets_at: untils[0] === undefined ? null : rfc3339(untils[0]),
})
