// The schemas that the document and the client name, by those names. The ones that validate, and no others: what zod cannot
// know is said in fields.ts.
import * as z from 'zod/mini'
import * as answers from '../answers'
import * as requests from '../schema'
import { FIELDS } from './fields'

export const REQUESTS = {
  StartRequest: requests.startBody,
  CheckRequest: requests.checkBody,
  MessageRequest: requests.messageBody,
  BatchRequest: requests.batchBody,
}

export const QUERIES = {
  RecipientQuery: requests.recipientQuery,
  AuditQuery: requests.auditQuery,
  StatsQuery: requests.statsQuery,
}

export const ANSWERS = {
  Verification: answers.verification,
  Message: answers.message,
  Batch: answers.batch,
  Limits: answers.limits,
  AuditPage: answers.auditPage,
  Stats: answers.stats,
  Status: answers.status,
  Health: answers.health,
  SimulatedMessages: answers.simulatedMessages,
  Problem: answers.problem,
}

export type RequestName = keyof typeof REQUESTS
export type QueryName = keyof typeof QUERIES
export type AnswerName = keyof typeof ANSWERS
export type SchemaName = RequestName | QueryName | AnswerName

/** JSON Schema 2020-12, as much of it as zod makes of our schemas. */
export type Json = {
  type?: string | string[]
  description?: string
  properties?: Record<string, Json>
  required?: string[]
  additionalProperties?: boolean | Json
  propertyNames?: Json
  items?: Json
  anyOf?: Json[]
  oneOf?: Json[]
  enum?: unknown[]
  const?: unknown
  default?: unknown
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  minimum?: number
  maximum?: number
}

/** A request as it comes, an answer as it goes. Each in full: none refers to another. */
export function jsonSchemaOf(name: SchemaName): Json {
  const schema = { ...REQUESTS, ...QUERIES, ...ANSWERS }[name]
  const io = name in ANSWERS ? 'output' : 'input'
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io })
  return worded(json as Json, name)
}

/** With the words of fields.ts, and without what nobody wants to read: a double's limits, a calendar as a pattern. */
function worded(json: Json, name: SchemaName, field?: string): Json {
  const { properties, items, anyOf, propertyNames: _, ...rest } = json
  const words = field === undefined ? FIELDS[name] : (FIELDS[`${name}.${field}`] ?? FIELDS[field])
  const said: Json = { ...rest, ...words }
  if (said.format === 'date-time') delete said.pattern
  if (said.minimum === Number.MIN_SAFE_INTEGER) delete said.minimum
  if (said.maximum === Number.MAX_SAFE_INTEGER) delete said.maximum
  // Answers may grow fields.
  if (name in ANSWERS && said.additionalProperties === false) delete said.additionalProperties
  const inner = (one: Json, field = '') => worded(one, name, field)
  return {
    ...said,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, value]) => [key, inner(value, key)]),
      ),
    }),
    ...(items && { items: inner(items) }),
    ...(anyOf && { anyOf: anyOf.map((one) => inner(one)) }),
  }
}
