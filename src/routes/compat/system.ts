// What the adapters of older systems share: a system's words for every refusal, its envelope, and the switch that puts its
// routes on. They only translate; limits, codes and their life are those of any other call.
import { cors } from 'hono/cors'
import * as z from 'zod/mini'
import type { Config } from '../../config'
import type { Issue, Refusal, Status } from '../../domain/refusal'
import { EXPOSED, type Middleware } from '../middleware'
import type { Envelope } from '../problem'
import { announce, fill, problem, toldOf } from '../problem'

/** Why these systems say no where Verge knows no such case: Verge keeps no users. */
export type OwnCode =
  | 'phone_missing'
  | 'phone_verified'
  | 'mailbox_missing'
  | 'mailbox_malformed'
  | 'mailbox_verified'
  | 'channel_unavailable'
  | 'wrong_otp_type'

export type Said = Refusal | { code: OwnCode }

export type Answer<T> = { ok: true; value: T } | { ok: false; refusal: Said }

/** `{field}` is filled from the refusal's own data; `{minutes}` is its `retryAfter`, rounded up. */
export type Words = Record<Said['code'], { status: Status; text: string }>

export type Told = {
  code: string
  status: Status
  text: string
  issues: Issue[]
  requestId: string
}

export type System = {
  name: Config['compat'][number]
  words: Words
  bodyOf(told: Told): object
}

/** Answers a refusal as the system does. */
export const refuseAs =
  ({ words, bodyOf }: System) =>
  (c: Parameters<Envelope>[0], said: Said): Response => {
    const { status, text } = words[said.code]
    const fields = toldOf(said, status)
    const minutes = Math.ceil(Number(fields.retryAfter) / 60)
    const told = {
      code: said.code,
      status,
      text: fill(text, { ...fields, minutes }),
      issues: (fields.issues as Issue[] | undefined) ?? [],
      requestId: c.get('requestId'),
    }
    return announce(c, fields, c.json(bodyOf(told), status))
  }

/** What their screens have six boxes for. */
export const sixDigits = (message: string) =>
  z.string(message).check(z.regex(/^[0-9]{6}$/, message))

/** The flow takes a whole request from here: what it finds invalid is a channel that this deployment does not have. */
export const flowRefusal = (refusal: Refusal): Said =>
  refusal.code === 'invalid_request' ? { code: 'channel_unavailable' } : refusal

const CORS = {
  origin: (origin: string) => origin,
  allowMethods: ['POST'],
  exposeHeaders: EXPOSED,
  maxAge: 86_400,
}
const withoutCookies: Middleware = cors(CORS)
const withCookies: Middleware = cors({ ...CORS, credentials: true })

/**
 * The routes of a system: 404 unless COMPAT names it. Pages of an origin that ALLOWED_ORIGINS names may send cookies; `*`
 * lets in those of every other, without theirs.
 */
export const compat =
  (system: System): Middleware =>
  async (c, next) => {
    const { compat, allowedOrigins } = c.get('gateway').config
    if (!compat.includes(system.name)) return problem(c, { code: 'not_found' })
    c.set('envelope', refuseAs(system))
    const origin = c.req.header('Origin')
    if (origin === undefined) return next()
    if (allowedOrigins.includes(origin)) return withCookies(c, next)
    return allowedOrigins.includes('*') ? withoutCookies(c, next) : next()
  }
