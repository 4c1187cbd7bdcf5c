// Carriers that are configured, not coded: what HTTP_PROVIDERS may say of each. A configuration names its secrets and never
// holds one; what is wrong with it is told by its path, without its values.
import * as z from 'zod/mini'
import { FAILURE_KINDS, STATUSES } from './domain/delivery'
import {
  isTemplate,
  leavesOf,
  type Path,
  PLACEHOLDERS,
  placeholdersIn,
  SECRET_NAME,
  secretOf,
} from './placeholders'
import { pattern, place, pointer } from './places'
import { inJson, isLoopback, matching } from './shapes'

/** What an error code of a carrier may mean: a kind of failure (`account`: misconfigured, for every text), or a refusal. */
const MEANINGS = [
  ...FAILURE_KINDS,
  'account',
  'opted_out',
  'send_blocked',
  'invalid_phone_number',
  'not_sms_capable',
  'country_not_allowed',
] as const
export type Meaning = (typeof MEANINGS)[number]

/** Only of these may the same carrier be asked again. */
const REPEATABLE: readonly Meaning[] = ['throttled', 'unavailable', 'unknown']

// Before the first slash or question mark there is no placeholder: none can choose the host.
const URL_TEMPLATE = /^https?:\/\/[\w.:[\]-]+([/?][\x21\x22\x24-\x5b\x5d-\x7e]*)?$/
const DOT_SEGMENT = /\/(\.|%2e){1,2}(?=[/?]|$)/i

/** The URL, or null where it is none or has a segment that would be resolved away. */
export const urlOf = (text: string): URL | null => (DOT_SEGMENT.test(text) ? null : URL.parse(text))

// Compared as text: gateways answer 0 on one day and "0" on another.
const scalar = z.pipe(
  z.union([z.string(), z.number(), z.boolean()], 'must be a text, a number, true or false'),
  z.transform(String),
)

const atLeastOne = <S extends z.core.$ZodType>(item: S) => z.array(item).check(z.minLength(1))

const success = z
  .strictObject({
    status: z.optional(atLeastOne(z.int().check(z.gte(200), z.lte(599)))),
    pointer: z.optional(pointer),
    equals: z.optional(atLeastOne(scalar)),
    matches: z.optional(pattern),
  })
  .check(
    z.refine(
      (rule) => (rule.pointer === undefined) === (rule.equals === undefined),
      'must have pointer and equals together',
    ),
    z.refine(
      (rule) => rule.pointer === undefined || rule.matches === undefined,
      'must have pointer and equals, or matches, but not both',
    ),
  )

const HEADER = /^[\w!#$%&'*+.^`|~-]+$/

/** What the gateway calls back with: how that is known to be its own, and where in it things stand. */
const receipt = z
  .strictObject({
    secret: matching(SECRET_NAME, 'must be the name of a variable, such as EXAMPLE_TOKEN'),
    header: z.optional(matching(HEADER, 'must be the name of a header')),
    query: z.optional(matching(/^[\w.~-]+$/, 'must be the name of a parameter')),
    text: z.optional(place),
    status: place,
    statuses: z._default(z.record(z.string().check(z.minLength(1)), z.enum(STATUSES)), {}),
    id: z.optional(place),
    to: z.optional(place),
    error: z.optional(place),
    segments: z.optional(place),
    cost: z.optional(place),
    currency: z.optional(place),
  })
  .check(
    z.refine(
      (rule) => (rule.header === undefined) !== (rule.query === undefined),
      'must have header or query, where the secret comes',
    ),
  )
export type ReceiptRule = z.infer<typeof receipt>

const texts = z.record(z.string(), z.string())

const fields = z.strictObject({
  url: z
    .string()
    .check(
      z.refine(
        (text) => URL_TEMPLATE.test(text) && urlOf(text) !== null,
        'must be a URL without user and fragment, its placeholders after the host',
      ),
    ),
  allow_insecure: z._default(z.boolean(), false),
  method: z._default(z.enum(['POST', 'GET']), 'POST'),
  headers: z._default(
    z.record(matching(HEADER), matching(/^[\x20-\x7e]*$/, 'must be printable ASCII'), {
      error: ({ code }) => (code === 'invalid_key' ? 'is not the name of a header' : undefined),
    }),
    {},
  ),
  json: z.optional(z.unknown()),
  form: z.optional(texts),
  query: z._default(texts, {}),
  sender: z.optional(
    matching(/^[^{}\p{Cc}]{1,32}$/u, 'must be 1 to 32 characters, without braces'),
  ),
  success: z.prefault(success, {}),
  id: z.optional(place),
  error: z.optional(place),
  errors: z._default(z.record(z.string().check(z.minLength(1)), z.enum(MEANINGS)), {}),
  retry: z._default(z.array(scalar), []),
  receipt: z.optional(receipt),
})

export const httpCarrier = fields.check(
  z.superRefine((carrier, context) => {
    for (const fault of [...faultsOfFields(carrier), ...faultsOfTemplates(carrier)])
      context.addIssue({ code: 'custom', ...fault })
  }),
)

export type HttpCarrier = z.infer<typeof httpCarrier>

/** `secrets` holds a value for every name that `secretsOf` finds. */
export type HttpCarrierConfig = HttpCarrier & { secrets: Record<string, string> }

type Fault = { path: Path; message: string }

function* faultsOfFields(carrier: HttpCarrier): Generator<Fault> {
  const { url, allow_insecure, json, form, method, error, errors, retry, receipt } = carrier
  if (!allow_insecure && !isPrivate(url))
    yield {
      path: ['url'],
      message: 'must be https; "allow_insecure": true shows codes and secrets to all on the way',
    }
  if (json !== undefined && form) yield { path: ['form'], message: 'cannot stand beside json' }
  if (method === 'GET' && (json !== undefined || form))
    yield { path: ['method'], message: 'must be POST where there is json or form' }
  const found = error ?? (retry.length === 0 ? receipt?.error : undefined)
  if (found === undefined && (retry.length > 0 || Object.keys(errors).length > 0))
    yield { path: ['error'], message: 'must say where the codes of errors and retry stand' }
  for (const [code, meaning] of Object.entries(errors))
    if (retry.includes(code) && !REPEATABLE.includes(meaning))
      yield { path: ['errors', code], message: `cannot be ${meaning} and under retry` }
}

function* faultsOfTemplates(carrier: HttpCarrier): Generator<Fault> {
  const used = new Set<string>()
  for (const [path, value] of leavesOf(templatesOf(carrier))) {
    if (path.some((step) => /[{}]/.test(String(step))))
      yield { path, message: 'has a brace in a name; only values have placeholders' }
    if (typeof value !== 'string') continue
    if (!isTemplate(value))
      yield { path, message: `has a brace that is no placeholder; there are ${KNOWN}` }
    for (const name of placeholdersIn(value)) used.add(name)
    if (placeholdersIn(value).includes('callback') && !carrier.receipt)
      yield {
        path,
        message: 'cannot hold {callback}: there is no receipt to read what comes there',
      }
    if (path[0] === 'headers' && placeholdersIn(value).includes('text'))
      yield { path, message: 'cannot hold {text}: not every character can stand in a header' }
  }
  if (!used.has('text')) yield { path: [], message: 'must send {text}' }
  if (!['to', 'to_digits', 'to_local'].some((name) => used.has(name)))
    yield { path: [], message: 'must send {to}, {to_digits} or {to_local}' }
  if (used.has('sender') && carrier.sender === undefined)
    yield { path: ['sender'], message: 'is missing, and {sender} asks for it' }
}

const KNOWN = [...PLACEHOLDERS, 'secret:NAME'].map((name) => `{${name}}`).join(', ')

/** Nobody else reads what goes there. */
const isPrivate = (url: string): boolean =>
  url.startsWith('https:') || isLoopback(URL.parse(url)?.hostname)

/** The fields in which there are placeholders. */
const templatesOf = ({ url, headers, json, form, query }: HttpCarrier) => {
  return { url, headers, json, form, query }
}

/** The names of all secrets to which a configuration refers. */
export function secretsOf(carrier: HttpCarrier): string[] {
  const names = [...leavesOf(templatesOf(carrier))].flatMap(([, value]) =>
    typeof value === 'string' ? placeholdersIn(value) : [],
  )
  const own = carrier.receipt ? [carrier.receipt.secret] : []
  return [...new Set([...names.flatMap((name) => secretOf(name) ?? []), ...own])]
}

/** Those it may not have because they are Verge's own: one carrier would be sent the keys of another, or Verge's. */
export const forbiddenSecretsOf = (carrier: HttpCarrier, own: readonly string[]): string[] =>
  secretsOf(carrier).filter((name) => own.includes(name))

// What people meet first: a quotation that ends too early.
const NOT_JSON = 'must be a JSON object, name to configuration; in .dev.vars between single quotes'

const named = z.record(matching(/^[a-z0-9][a-z0-9_-]{0,31}$/), httpCarrier, {
  error: ({ code }) =>
    code === 'invalid_key'
      ? 'must be a name of up to 32 lower-case letters, digits, _ and -'
      : NOT_JSON,
})

/** HTTP_PROVIDERS: name → configuration. */
export const httpCarriers = inJson(named)
