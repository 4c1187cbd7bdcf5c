// Every answer on the wire. The Worker imports the types alone: nothing here runs in it.
import * as z from 'zod/mini'
import { type RefusalCode, WIRE } from './domain/refusal'

const time = z.iso.datetime()

export const verification = z.object({
  id: z.string(),
  to: z.string(),
  channel: z.string(),
  /** over which a start may send the same code again, or a later one */
  channels: z.optional(z.array(z.string())),
  purpose: z.string(),
  status: z.enum(['pending', 'approved', 'canceled', 'expired', 'max_attempts_reached']),
  engine: z.enum(['own', 'delegated', 'simulation']),
  expires_at: time,
  resend_at: time,
  sends_remaining: z.int(),
  attempts_remaining: z.int(),
  simulated: z.boolean(),
  send_status: z.optional(z.literal('unknown')),
  rerouted: z.optional(z.literal(true)),
})

export const message = z.object({
  id: z.string(),
  to: z.string(),
  /** queued, sent, delivered, failed, refused, unknown; or the carrier's own word */
  status: z.string(),
  segments: z.optional(z.int()),
  encoding: z.optional(z.enum(['GSM-7', 'UCS-2'])),
  simulated: z.boolean(),
  /** where it is read by its id */
  timeline: z.optional(
    z.array(
      z.object({
        status: z.string(),
        at: time,
        provider: z.optional(z.string()),
        error_code: z.optional(z.string()),
      }),
    ),
  ),
})

/** Of a refusal, what comes with some codes only. */
const told = {
  reason: z.optional(z.string()),
  country: z.optional(z.nullable(z.string())),
  issues: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
  retry_after: z.optional(z.int()),
  segments: z.optional(z.int()),
  max_segments: z.optional(z.int()),
  attempts_remaining: z.optional(z.int()),
}

const item = { to: z.string(), client_ref: z.optional(z.string()) }

export const batch = z.object({
  accepted: z.int(),
  refused: z.int(),
  /** in the order given */
  messages: z.array(
    z.union([
      z.object({ ...item, id: z.string(), status: z.string() }),
      z.object({ ...item, code: z.string(), detail: z.string(), ...told }),
    ]),
  ),
})

const used = z.object({
  used: z.int(),
  limit: z.int(),
  remaining: z.int(),
  window_seconds: z.int(),
  resets_at: z.nullable(time),
})

export const limits = z.object({
  to: z.string(),
  sends: used,
  messages: used,
  failures: z.object({ used: z.int(), limit: z.int() }),
  locked_until: z.nullable(time),
  opted_out: z.boolean(),
  verifications: z.array(
    z.object({
      purpose: z.string(),
      resend_at: time,
      expires_at: time,
      attempts_remaining: z.int(),
    }),
  ),
})

export const auditPage = z.object({
  events: z.array(
    z.object({
      id: z.string(),
      at: time,
      type: z.string(),
      recipient: z.string(),
      country: z.nullable(z.string()),
      to_masked: z.string(),
      verification_id: z.optional(z.string()),
      message_id: z.optional(z.string()),
      purpose: z.optional(z.string()),
      channel: z.optional(z.string()),
      provider: z.optional(z.string()),
      provider_id: z.optional(z.string()),
      provider_request_id: z.optional(z.string()),
      status: z.optional(z.string()),
      reason: z.optional(z.string()),
      latency_ms: z.optional(z.int()),
      segments: z.optional(z.int()),
      cost: z.optional(z.string()),
      currency: z.optional(z.string()),
      client: z.optional(z.string()),
      request_id: z.optional(z.string()),
    }),
  ),
  next_cursor: z.nullable(z.string()),
})

export const simulatedMessages = z.object({
  messages: z.array(
    z.object({
      to: z.string(),
      channel: z.string(),
      body: z.string(),
      code: z.optional(z.string()),
      at: time,
    }),
  ),
})

export const status = z.object({
  environment: z.string(),
  engine: z.nullable(z.enum(['own', 'delegated', 'simulation'])),
  problem: z.optional(z.string()),
  providers: z.array(
    z.object({
      name: z.string(),
      configured: z.boolean(),
      /** what is missing or wrong, where it is not configured */
      problems: z.optional(z.array(z.string())),
      /** asked just now; absent where nothing can tell */
      answering: z.optional(z.boolean()),
      account: z.optional(z.string()),
      reason: z.optional(z.string()),
      /** set while it is left alone */
      resting: z.optional(z.object({ since: time, until: time, reason: z.string() })),
    }),
  ),
  sends: z.object({ limit: z.int(), window_seconds: z.int() }),
})

const figures = {
  sends: z.int(),
  delivered: z.int(),
  undelivered: z.int(),
  delivery_rate: z.nullable(z.number()),
  time_to_deliver_ms: z.nullable(z.object({ p50: z.int(), p95: z.int() })),
  verifications: z.object({
    started: z.int(),
    approved: z.int(),
    conversion: z.nullable(z.number()),
  }),
  refusals: z.record(z.string(), z.int()),
  failures: z.record(z.string(), z.int()),
  segments: z.int(),
  cost: z.array(z.object({ currency: z.string(), amount: z.string() })),
}

export const stats = z.object({
  from: time,
  to: time,
  by: z.enum(['day', 'country', 'provider', 'purpose', 'channel']),
  rows: z.array(z.object({ key: z.nullable(z.string()), ...figures })),
  total: z.object(figures),
})

export const health = z.object({
  status: z.literal('ok'),
  environment: z.string(),
  engine: z.enum(['own', 'delegated', 'simulation']),
  /** what older systems' routes lack */
  problem: z.optional(z.string()),
})

/** RFC 9457. What is optional comes with some codes only. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(WIRE) as RefusalCode[]),
  detail: z.string(),
  request_id: z.string(),
  ...told,
})

export type VerificationBody = z.infer<typeof verification>
export type MessageBody = z.infer<typeof message>
export type BatchBody = z.infer<typeof batch>
export type LimitsBody = z.infer<typeof limits>
export type AuditPage = z.infer<typeof auditPage>
export type SimulatedMessages = z.infer<typeof simulatedMessages>
export type StatusBody = z.infer<typeof status>
export type StatsBody = z.infer<typeof stats>
export type HealthBody = z.infer<typeof health>
export type ProblemBody = z.infer<typeof problem>
