// Every request on the wire: what is parsed by these has their types; unknown fields are refused. Answers: answers.ts.
import * as z from 'zod/mini'
import { EVENT_TYPES } from './domain/event'
import { type CountryCode, isCountry } from './domain/phone'
import { CHANNELS } from './domain/record'
import { BY } from './domain/statistics'
import { matching } from './shapes'

const country = z.pipe(
  z.string().check(
    z.toUpperCase(),
    z.refine((code) => isCountry(code), 'must be an ISO 3166 code of two letters'),
  ),
  z.transform((code) => code as CountryCode),
)
const filled = [z.trim(), z.minLength(1, 'must not be empty')] as const
const to = z.string().check(...filled)

const locale = matching(
  /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/,
  'must be a language tag such as es or pt-BR',
).check(z.maxLength(35))

export const VERIFICATION_ID = /^VE[0-9][0-9a-f]{31}$/
export const MESSAGE_ID = /^SM[0-9][0-9a-f]{31}$/

export const startBody = z.strictObject({
  to,
  channel: z._default(z.enum(CHANNELS, `must be one of ${CHANNELS.join(', ')}`), 'sms'),
  purpose: z.optional(z.string()),
  locale: z.optional(locale),
  country: z.optional(country),
})

const code = matching(/^[0-9]{4,10}$/, 'must be 4 to 10 digits, as a string')

export const checkBody = z
  .strictObject({
    to: z.optional(to),
    id: z.optional(matching(VERIFICATION_ID, 'must be the id of a verification')),
    code,
    purpose: z.optional(z.string()),
    country: z.optional(country),
  })
  .check(
    z.refine((body) => (body.to === undefined) !== (body.id === undefined), 'give either to or id'),
  )

/** What Twilio takes; how many segments that may be is the operator's word. */
const MAX_BODY = 1600

const message = {
  to,
  country: z.optional(country),
  body: z.optional(
    z.string().check(
      z.refine((text) => text.trim() !== '', 'must not be empty'),
      z.maxLength(MAX_BODY),
    ),
  ),
  template: z.optional(z.string()),
  variables: z.optional(z.record(z.string(), z.string())),
  locale: z.optional(locale),
}

type MessageFields = {
  body?: string | undefined
  template?: string | undefined
  variables?: Record<string, string> | undefined
  locale?: string | undefined
}

/** Its words: `body`, or `template` with what belongs to that. */
const worded = <T extends MessageFields & { to: string }>() =>
  z.superRefine<T>(({ body, template, variables, locale }, context) => {
    const fault = (path: string, text: string) =>
      context.addIssue({ code: 'custom', path: [path], message: text })
    if ((body === undefined) === (template === undefined))
      fault('body', 'give either body or template')
    else if (body !== undefined && variables !== undefined)
      fault('variables', 'belong to a template')
    else if (body !== undefined && locale !== undefined) fault('locale', 'belongs to a template')
  })

export const messageBody = z.strictObject(message).check(worded())

export const batchBody = z.strictObject({
  messages: z
    .array(
      z
        .strictObject({ ...message, client_ref: z.optional(z.string().check(z.maxLength(64))) })
        .check(worded()),
    )
    .check(z.minLength(1), z.maxLength(1000)),
})

const toInQuery = z.string().check(
  z.refine((text) => !/^ +\d/.test(text), 'begins with a space: a plus sign is %2B here'),
  ...filled,
)

export const recipientQuery = z.strictObject({ to: toInQuery, country: z.optional(country) })

const moment = z.pipe(
  z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-21T10:00:00Z' }),
  z.transform((text) => Date.parse(text)),
)

const limit = z.pipe(z.coerce.number(), z.int().check(z.gte(1), z.lte(100)))

const cursor = z.pipe(
  matching(/^[0-9]{1,15}\.EV[0-9a-f]{32}$/, 'must be the next_cursor of an earlier answer'),
  z.transform((text) => ({ at: Number(text.split('.')[0]), id: text.split('.')[1] as string })),
)

export const auditQuery = z.strictObject({
  to: z.optional(toInQuery),
  country: z.optional(country),
  type: z.optional(z.enum(EVENT_TYPES)),
  after: z.optional(moment),
  before: z.optional(moment),
  limit: z._default(limit, 50),
  cursor: z.optional(cursor),
})

export const statsQuery = z.strictObject({
  from: z.optional(moment),
  to: z.optional(moment),
  by: z._default(z.enum(BY, `must be one of ${BY.join(', ')}`), 'day'),
})
