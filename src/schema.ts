// Every request and response on the wire. Requests are parsed by these, answers have these types; unknown fields are refused.
import { type CountryCode, isSupportedCountry } from 'libphonenumber-js/max'
import * as z from 'zod'
import { EVENT_TYPES } from './domain/event'
import { CHANNELS } from './domain/record'

const time = z.iso.datetime()
const country = z
  .string()
  .toUpperCase()
  .refine((code) => isSupportedCountry(code), 'must be an ISO 3166 code of two letters')
  .transform((code) => code as CountryCode)
const to = z.string().trim().min(1, 'must not be empty')

export const VERIFICATION_ID = /^VE[0-9][0-9a-f]{31}$/
export const MESSAGE_ID = /^SM[0-9][0-9a-f]{31}$/

export const startBody = z.strictObject({
  to,
  channel: z.enum(CHANNELS, `must be one of ${CHANNELS.join(', ')}`).default('sms'),
  purpose: z.string().optional(),
  locale: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag such as es or pt-BR')
    .max(35)
    .optional(),
  country: country.optional(),
})

const code = z.string().regex(/^[0-9]{4,10}$/, 'must be 4 to 10 digits, as a string')

export const checkBody = z
  .strictObject({
    to: to.optional(),
    id: z.string().regex(VERIFICATION_ID, 'must be the id of a verification').optional(),
    code,
    purpose: z.string().optional(),
    country: country.optional(),
  })
  .refine((body) => (body.to === undefined) !== (body.id === undefined), 'give either to or id')

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

export const recipientQuery = z.strictObject({ to, country: country.optional() })

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

const moment = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-11-21T10:00:00Z' })
  .transform((text) => Date.parse(text))

export const auditQuery = z.strictObject({
  to: to.optional(),
  country: country.optional(),
  type: z.enum(EVENT_TYPES).optional(),
  after: moment.optional(),
  before: moment.optional(),
  limit: z.coerce.number().pipe(z.int().min(1).max(100)).default(50),
  cursor: z
    .string()
    .regex(/^[0-9]{1,15}\.EV[0-9a-f]{32}$/, 'must be the next_cursor of an earlier answer')
    .transform((text) => ({ at: Number(text.split('.')[0]), id: text.split('.')[1] as string }))
    .optional(),
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
