// Every answer on the wire. The Worker imports the types alone: nothing here runs in it.
import * as z from 'zod'

const time = z.iso.datetime()

export const verification = z.object({
  id: z.string(),
  to: z.string(),
  channel: z.string(),
  purpose: z.string(),
  status: z.enum(['pending', 'approved', 'canceled', 'expired', 'max_attempts_reached']),
  engine: z.enum(['own', 'delegated', 'simulation']),
  expires_at: time,
  resend_at: time,
  sends_remaining: z.int(),
  attempts_remaining: z.int(),
  simulated: z.boolean(),
  send_status: z.literal('unknown').optional(),
})

export const limits = z.object({
  to: z.string(),
  sends: z.object({
    used: z.int(),
    limit: z.int(),
    remaining: z.int(),
    window_seconds: z.int(),
    resets_at: time.nullable(),
  }),
  failures: z.object({ used: z.int(), limit: z.int() }),
  locked_until: time.nullable(),
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
      country: z.string().nullable(),
      to_masked: z.string(),
      verification_id: z.string().optional(),
      message_id: z.string().optional(),
      purpose: z.string().optional(),
      channel: z.string().optional(),
      provider: z.string().optional(),
      provider_id: z.string().optional(),
      provider_request_id: z.string().optional(),
      status: z.string().optional(),
      reason: z.string().optional(),
      latency_ms: z.int().optional(),
      client: z.string().optional(),
      request_id: z.string().optional(),
    }),
  ),
  next_cursor: z.string().nullable(),
})

export const simulatedMessages = z.object({
  messages: z.array(
    z.object({
      to: z.string(),
      channel: z.string(),
      body: z.string(),
      code: z.string().optional(),
      at: time,
    }),
  ),
})

export const status = z.object({
  environment: z.string(),
  engine: z.enum(['own', 'delegated', 'simulation']).nullable(),
  problem: z.string().optional(),
  providers: z.array(
    z.object({
      name: z.string(),
      configured: z.boolean(),
      /** what is missing or wrong, where it is not configured */
      problems: z.array(z.string()).optional(),
      /** asked just now; absent where nothing can tell */
      answering: z.boolean().optional(),
      account: z.string().optional(),
      reason: z.string().optional(),
      /** set while it is left alone */
      resting: z.object({ since: time, until: time, reason: z.string() }).optional(),
    }),
  ),
  sends: z.object({ limit: z.int(), window_seconds: z.int() }),
})

export type VerificationBody = z.infer<typeof verification>
export type LimitsBody = z.infer<typeof limits>
export type AuditPage = z.infer<typeof auditPage>
export type SimulatedMessages = z.infer<typeof simulatedMessages>
export type StatusBody = z.infer<typeof status>
