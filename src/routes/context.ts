// What every handler finds in Hono's context, and the flow's Context made from it.
import type { Context as HonoContext } from 'hono'
import type { Env } from '../env'
import type { Context, Gateway } from '../gateway/gateway'
import type { Envelope } from './problem'

export type HonoEnv = {
  Bindings: Env
  Variables: {
    requestId: string
    gateway: Gateway
    /** name of the API key, else the client's address (IPv6 by /64) */
    client: string
    /** came with an API key */
    trusted: boolean
    idempotencyKey?: string
    /** masked number, for the request log */
    to?: string
    /** code of the refusal, for the request log */
    refusal?: string
    /** what the operator must mend, for the request log */
    problem?: string
    /** how refusals look on the routes of an older system */
    envelope?: Envelope
  }
}

/** Behind a key there is a backend, whose own address says nothing of the person. */
const clientIpOf = (c: HonoContext<HonoEnv>): string | undefined =>
  c.get('trusted') ? undefined : c.req.header('CF-Connecting-IP')

export function flowContext(c: HonoContext<HonoEnv>): Context {
  return {
    caller: { client: c.get('client'), request_id: c.get('requestId') },
    receivedAt: Date.now(),
    trusted: c.get('trusted'),
    clientIp: clientIpOf(c),
    origin: () => new URL(c.req.url).origin,
    idempotencyKey: c.get('idempotencyKey'),
    waitUntil: (promise) => c.executionCtx.waitUntil(promise),
    onRecipient: (masked) => c.set('to', masked),
  }
}
