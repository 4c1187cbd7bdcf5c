// Every request on the wire: what is parsed by these has their types; unknown fields are refused. Answers: answers.ts.
import { type CountryCode, isSupportedCountry } from 'libphonenumber-js/max'
import * as z from 'zod'
import { EVENT_TYPES } from './domain/event'
import { CHANNELS } from './domain/record'

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

export const recipientQuery = z.strictObject({ to, country: country.optional() })

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
