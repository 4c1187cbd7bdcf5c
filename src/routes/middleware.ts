// What stands in front of the handlers: logging, configuration, keys, limits per address, parsing.
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { HTTPException } from 'hono/http-exception'
import { routePath } from 'hono/route'
import { validator } from 'hono/validator'
import type * as z from 'zod/mini'
import type { Config } from '../config'
import { sameText } from '../domain/code'
import type { Refusal } from '../domain/refusal'
import { gatewayOf, notConfigured } from '../gateway/gateway'
import { log } from '../log'
import type { HonoEnv } from './context'
import { problem } from './problem'

export type Middleware = MiddlewareHandler<HonoEnv>

const REQUEST_ID = /^[\w\-=]{1,255}$/

/**
 * Names the request, as the caller does if it does. Hono's own puts the header on the answer before there is one, which is
 * then copied: 4 % of a verification's CPU.
 */
export const identified: Middleware = (c, next) => {
  const given = c.req.header('X-Request-Id')
  c.set('requestId', given && REQUEST_ID.test(given) ? given : crypto.randomUUID())
  return next()
}

/** One line per request. The route's pattern stands for the path, which may hold anything a caller typed. */
export const requestLog: Middleware = async (c, next) => {
  const startedAt = Date.now()
  await next()
  const { status } = c.res
  log({
    level: status >= 500 ? 'error' : 'info',
    event: 'request',
    request_id: c.get('requestId'),
    method: c.req.method,
    route: routePath(c, -1),
    status,
    outcome: c.get('refusal') ?? 'ok',
    problem: c.get('problem'),
    to: c.get('to'),
    client: c.get('client'),
    duration_ms: Date.now() - startedAt,
  })
}

/**
 * Answers are for one caller and for now; nothing here is a page. OWASP's list for REST, without X-Frame-Options, which
 * `frame-ancestors` replaces, and without HSTS, which is for the owner of the domain to promise. Most of what Hono's
 * `secureHeaders` adds speaks to pages.
 */
const HEADERS = Object.entries({
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
})

export const headers: Middleware = async (c, next) => {
  await next()
  const { headers } = c.res
  headers.set('X-Request-Id', c.get('requestId'))
  for (const [name, value] of HEADERS) headers.set(name, value)
}

// What a handler throws is an answer before it would come here (Hono's compose): this is a body that never came whole.
const broken = () => {
  throw new HTTPException(400)
}

/**
 * The body of a POST; nobody else's is read, since no limit holds for it. (To a GET, HTTP gives a body no meaning, but lets
 * it have one.) Refused as bad JSON is where it breaks off.
 */
export const postedBody = async (c: Context<HonoEnv>): Promise<ArrayBuffer> =>
  c.req.method === 'POST' ? c.req.arrayBuffer().catch(broken) : new ArrayBuffer()

/** Refuses a longer body. Hono's own turns every body into a stream to see whether there is one: most say how long they are. */
export function upTo(maxSize: number): Middleware {
  const onError = (c: Context<HonoEnv>) => problem(c, { code: 'payload_too_large' })
  const measured = bodyLimit({ maxSize, onError })
  return (c, next) => {
    if (c.req.method !== 'POST') return next()
    const length = c.req.header('Content-Length')
    const isKept = length !== undefined && c.req.header('Transfer-Encoding') === undefined
    return isKept && Number.parseInt(length, 10) <= maxSize
      ? next()
      : measured(c, next).catch(broken)
  }
}

/** What a browser may read of an answer beside its body. */
export const EXPOSED = ['X-Request-Id', 'Retry-After']

const crossOrigin: Middleware = cors({
  origin: (origin, c) => {
    const { allowedOrigins } = c.get('gateway').config as Config
    return allowedOrigins.includes('*') || allowedOrigins.includes(origin) ? origin : null
  },
  allowMethods: ['GET', 'POST', 'DELETE'],
  allowHeaders: ['Content-Type', 'Idempotency-Key', 'X-Request-Id'],
  exposeHeaders: [...EXPOSED, 'Idempotent-Replayed'],
  maxAge: 86_400,
})

/** Browsers of ALLOWED_ORIGINS may call; without the list none may. Who is no browser has no origin. */
export const browsers: Middleware = (c, next) =>
  c.req.header('Origin') === undefined ? next() : crossOrigin(c, next)

/** Nothing works on variables that are wrong; each answer says which and why. */
export const configured: Middleware = async (c, next) => {
  c.set('client', addressOf(c.req.header('CF-Connecting-IP')))
  c.set('trusted', false)
  const gateway = gatewayOf(c.env)
  if (Array.isArray(gateway)) return problem(c, notConfigured(gateway))
  c.set('gateway', gateway)
  return next()
}

/** A key may be given; a wrong one is refused. For calls that are open to clients. */
export const keyOptional: Middleware = async (c, next) => {
  const { config } = c.get('gateway')
  const given = c.req.header('Authorization')
  if (given === undefined || config.apiKeys.length === 0) return next()
  const name = nameOfKey(config, given)
  if (name === null) return problem(c, { code: 'unauthorized' })
  c.set('client', name)
  c.set('trusted', true)
  return next()
}

/** A key must be given. With no keys configured, only the simulation answers without. */
export const keyRequired: Middleware = async (c, next) => {
  const { config } = c.get('gateway')
  if (config.apiKeys.length > 0) {
    if (c.req.header('Authorization') === undefined) return problem(c, { code: 'unauthorized' })
    return keyOptional(c, next)
  }
  if (config.simulated) return next()
  return problem(
    c,
    notConfigured([{ variable: 'API_KEYS', problem: 'is missing; this call needs one' }]),
  )
}

/** Compares with every key, each in time that shows no more than its length. */
function nameOfKey({ apiKeys }: Config, authorization: string): string | null {
  const [, given = ''] = /^Bearer +(.+)$/i.exec(authorization) ?? []
  let found: string | null = null
  for (const { name, key } of apiKeys) if (sameText(key, given)) found = name
  return found
}

/** The platform's limit per client address, for callers without a key. Reading has the checks' rate, counted apart. */
export const perAddress =
  (use: 'start' | 'check' | 'read'): Middleware =>
  async (c, next) => {
    const limit = use === 'start' ? c.env.START_LIMIT : c.env.CHECK_LIMIT
    if (c.get('trusted') || !limit) return next()
    const { success } = await limit.limit({ key: `${use}:${c.get('client')}` })
    return success ? next() : problem(c, { code: 'ip_rate_limited', retryAfter: 60 })
  }

/** IPv4 as it is; IPv6 by its /64, which is what one customer gets. */
export function addressOf(ip: string | undefined): string {
  if (!ip?.includes(':')) return ip ?? 'unknown'
  const [head = '', tail] = ip.split('::')
  const groups = head.split(':').filter(Boolean)
  const rest = tail?.split(':').filter(Boolean) ?? []
  const zeros = tail === undefined ? 0 : 8 - groups.length - rest.length
  const all = [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...rest]
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/

/** Takes an Idempotency-Key, if there is one. Refuses invalid_request. */
export const idempotent: Middleware = async (c, next) => {
  const key = c.req.header('Idempotency-Key')
  if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) {
    const message = 'must be 1 to 255 printable ASCII characters'
    return problem(c, { code: 'invalid_request', issues: [{ path: 'Idempotency-Key', message }] })
  }
  if (key !== undefined) c.set('idempotencyKey', key)
  return next()
}

/**
 * Parses a JSON body. Refuses unsupported_media_type and invalid_request, the latter with every fault.
 * @param schema or what makes it, where few deployments need one
 */
export const body = <S extends z.ZodMiniType>(schema: S | (() => S)) =>
  validator('json', (value, c) => {
    const type = c.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase()
    if (type !== 'application/json') return problem(c, { code: 'unsupported_media_type' })
    const parsed = (typeof schema === 'function' ? schema() : schema).safeParse(value)
    return parsed.success ? (parsed.data as z.output<S>) : problem(c, invalid(parsed.error))
  })

export const query = <S extends z.ZodMiniType>(schema: S) =>
  validator('query', (value, c) => {
    const parsed = schema.safeParse(value)
    return parsed.success ? (parsed.data as z.output<S>) : problem(c, invalid(parsed.error))
  })

const invalid = (error: z.core.$ZodError): Refusal => ({
  code: 'invalid_request',
  issues: error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
})

/** The one place where a thrown error becomes an answer: a bad body is the caller's, all else is a bug of ours. */
export const onError: Parameters<import('hono').Hono<HonoEnv>['onError']>[0] = (error, c) => {
  if (error instanceof HTTPException && error.status === 400)
    return problem(c, {
      code: 'invalid_request',
      issues: [{ path: '', message: 'is broken, or not valid JSON' }],
    })
  log({
    level: 'error',
    event: 'bug',
    request_id: c.get('requestId'),
    error: error.stack ?? String(error),
  })
  return problem(c, { code: 'internal_error' })
}
