// The OpenAPI 3.1 document, made of the calls and of the schemas that validate them. Runs before the Worker, never in it.
import { version } from '../../package.json'
import { type RefusalCode, WIRE } from '../domain/refusal'
import { CALLS, type Call, EVERYWHERE, TAGS } from './calls'
import { EXAMPLES, type Example } from './examples'
import {
  ANSWERS,
  type AnswerName,
  jsonSchemaOf,
  REQUESTS,
  type RequestName,
  type SchemaName,
} from './schemas'

const refTo = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` })

const SECURITY: Record<Call['access'], object[]> = {
  open: [{}, { key: [] }],
  key: [{ key: [] }],
  none: [],
  twilio: [{ twilio: [] }],
  vonage: [{ vonage: [] }],
  // Its header or parameter is the operator's choice.
  carrier: [],
}

export const document = {
  openapi: '3.1.1',
  info: {
    title: 'Verge',
    version,
    summary: 'One-time codes and text messages, with exact limits.',
    description:
      'JSON, snake_case, times in RFC 3339. Every error is a problem of RFC 9457: build on its `code` and fields. ' +
      '429 and 503 carry `Retry-After`. Limits are of the recipient, whoever asks.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/', description: 'This Worker.' }],
  tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  paths: pathsOf(),
  components: {
    securitySchemes: {
      key: { type: 'http', scheme: 'bearer', description: 'A key of `API_KEYS`.' },
      twilio: { type: 'apiKey', in: 'header', name: 'X-Twilio-Signature' },
      vonage: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    },
    parameters: {
      IdempotencyKey: {
        name: 'Idempotency-Key',
        in: 'header',
        description:
          'The same key and body get the first answer again for ten minutes. Keys belong to the recipient.',
        schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
      },
    },
    headers: {
      RequestId: {
        description: 'Also in the logs and the audit log.',
        schema: { type: 'string' },
      },
      RetryAfter: { description: 'Seconds.', schema: { type: 'integer' } },
      Replayed: {
        description: 'This is the first answer to the same Idempotency-Key, again.',
        schema: { const: 'true' },
      },
    },
    responses: problemResponses(),
    schemas: Object.fromEntries(
      [...Object.keys(REQUESTS), ...Object.keys(ANSWERS)].map((name) => [
        name,
        jsonSchemaOf(name as SchemaName),
      ]),
    ),
  },
}

function pathsOf() {
  const paths: Record<string, Record<string, object>> = {}
  for (const [route, call] of Object.entries(CALLS)) {
    const example = EXAMPLES[route as keyof typeof CALLS]
    const [method = '', path = ''] = route.split(' ')
    const template = path.replace(/:(\w+)/g, '{$1}')
    paths[template] = { ...paths[template], [method.toLowerCase()]: operationOf(call, example) }
  }
  return paths
}

function operationOf(call: Call, example: Example | undefined) {
  const { tag, id, summary, access, body, answer } = call
  const parameters = parametersOf(call)
  return {
    operationId: id,
    tags: [tag],
    summary,
    security: SECURITY[access],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: contentOf(body, example?.body) } }),
    responses: {
      [answer.status]: {
        description: answer.means,
        headers: {
          'X-Request-Id': refTo('headers', 'RequestId'),
          ...(call.idempotent && { 'Idempotent-Replayed': refTo('headers', 'Replayed') }),
        },
        ...(answer.schema && { content: contentOf(answer.schema, example?.answer) }),
      },
      ...problemRefsOf(call),
    },
  }
}

function parametersOf({ path = {}, query, idempotent }: Call) {
  const { properties = {}, required = [] } = query ? jsonSchemaOf(query) : {}
  return [
    ...Object.entries(path).map(([name, { description, ...schema }]) => ({
      name,
      in: 'path',
      required: true,
      ...(description && { description }),
      schema,
    })),
    ...Object.entries(properties).map(([name, { description, ...schema }]) => ({
      name,
      in: 'query',
      required: required.includes(name),
      ...(description && { description }),
      schema,
    })),
    ...(idempotent ? [refTo('parameters', 'IdempotencyKey')] : []),
  ]
}

function contentOf(name: RequestName | AnswerName | 'callback' | 'twiml', example?: object) {
  if (name === 'twiml') return { 'text/xml': { schema: { type: 'string' } } }
  if (name !== 'callback')
    return { 'application/json': { schema: refTo('schemas', name), ...(example && { example }) } }
  const schema = { type: 'object', description: "Whatever the carrier's documentation says." }
  return { 'application/x-www-form-urlencoded': { schema }, 'application/json': { schema } }
}

/** Every refusal of a call, in the order of the table on the wire. */
function refusalsOf({ access, body, query, idempotent, refusals }: Call): RefusalCode[] {
  const parsed = body !== undefined && body !== 'callback'
  const all: RefusalCode[] = [
    ...EVERYWHERE,
    ...refusals,
    ...(access === 'open' || access === 'key' ? (['unauthorized'] as const) : []),
    ...(query || parsed ? (['invalid_request'] as const) : []),
    ...(parsed ? (['payload_too_large', 'unsupported_media_type'] as const) : []),
    ...(idempotent ? (['idempotency_mismatch', 'idempotency_in_progress'] as const) : []),
  ]
  return (Object.keys(WIRE) as RefusalCode[]).filter((code) => all.includes(code))
}

function problemsOf(call: Call) {
  return [...Map.groupBy(refusalsOf(call), (code) => WIRE[code].status)]
}

/** Calls that may answer the same share it, under a name such as `opted_out.send_blocked`. */
function problemRefsOf(call: Call) {
  return Object.fromEntries(
    problemsOf(call).map(([status, codes]) => [status, refTo('responses', codes.join('.'))]),
  )
}

function problemResponses() {
  const all = Object.values(CALLS).flatMap(problemsOf)
  return Object.fromEntries(
    all.map(([status, codes]) => [codes.join('.'), problemResponse(status, codes)]),
  )
}

function problemResponse(status: number, codes: RefusalCode[]) {
  return {
    description: codes.map((code) => `\`${code}\`: ${WIRE[code].title}.`).join(' '),
    headers: {
      'X-Request-Id': refTo('headers', 'RequestId'),
      ...((status === 429 || status === 503) && { 'Retry-After': refTo('headers', 'RetryAfter') }),
    },
    content: {
      'application/problem+json': {
        schema: {
          ...refTo('schemas', 'Problem'),
          properties: { status: { const: status }, code: { enum: codes } },
        },
      },
    },
  }
}
