// What a flow works with: configuration, keys, the messenger and the way to a recipient's ledger. Made once per isolate
// from the bindings alone. Of requests it holds what can be lost: outcomes that wait, and recipients found lately.

import type { Problem } from '../carriers'
import { type Config, configurationOf } from '../config'
import type { Caller } from '../domain/event'
import { accept, type Refusal, type Result, refuse } from '../domain/refusal'
import type { Env } from '../env'
import { deriveKeys, type Keys } from '../keys'
import { log } from '../log'
import type { Ledger } from '../objects/ledger'
import { oncePer } from '../once'
import { type Chain, chainOf } from '../providers/configured'
import type { Recipient } from './recipients'
import type { OpenBatch } from './settlements'
import { emptyRing, type KeyRing } from './token-keys'

export type Gateway = {
  config: Config
  chain: Chain
  env: Env
  keys(): Promise<Keys>
  ledger(recipientKey: string): DurableObjectStub<Ledger>
  /** whom the last calls were about, by what they called them; see `findRecipient` */
  recipients: Map<string, Recipient>
  /** outcomes that wait to travel together, by name of ledger */
  batches: Map<string, OpenBatch>
  /** of whoever signs the application's tokens */
  tokenKeys: KeyRing
}

/** What a flow must know of the call it serves. */
export type Context = {
  caller: Caller
  /** epoch ms */
  receivedAt: number
  /** came with an API key: the recipient's shield is not for it */
  trusted: boolean
  /** address of the person who asks; not known of those for whom a backend asks */
  clientIp?: string | undefined
  /** this Worker's own origin, where callbacks may go; asked for by few */
  origin(): string
  idempotencyKey?: string | undefined
  waitUntil(promise: Promise<unknown>): void
  /** tells the request log whom it is about */
  onRecipient(masked: string): void
}

/** For work that no client waits for. @param origin where carriers reach this Worker, if that is known */
export const unattended = (
  ctx: Pick<ExecutionContext, 'waitUntil'>,
  caller: Caller,
  origin = '',
): Context => ({
  caller,
  receivedAt: Date.now(),
  trusted: true,
  origin: () => origin,
  waitUntil: (promise) => ctx.waitUntil(promise),
  onRecipient: () => {},
})

export const gatewayOf = oncePer((env: Env): Gateway | Problem[] => {
  const configuration = configurationOf(env)
  return configuration.ok ? createGateway(configuration.config, env) : configuration.problems
})

function createGateway(config: Config, env: Env): Gateway {
  const { jurisdiction, secret } = config
  const ledgers = jurisdiction ? env.LEDGER.jurisdiction(jurisdiction) : env.LEDGER
  let keys: Keys | undefined
  // There are 160 of them, and each is made of two keyed hashes: a hundredth of a verification's CPU.
  const ids = new Map<string, DurableObjectId>()
  const idOf = (name: string): DurableObjectId => {
    const id = ids.get(name) ?? ledgers.idFromName(name)
    ids.set(name, id)
    return id
  }
  return {
    config,
    env,
    chain: chainOf(config),
    recipients: new Map(),
    batches: new Map(),
    tokenKeys: emptyRing(),
    // The keys are kept, not their promise: a request that goes away must not leave others waiting for it.
    async keys() {
      if (!secret) throw new Error('no secret')
      keys ??= await deriveKeys(secret)
      return keys
    },
    ledger(recipientKey) {
      const { name, hint } = placeOf(recipientKey)
      return ledgers.get(idOf(name), jurisdiction || !hint ? {} : { locationHint: hint })
    },
  }
}

// Enough: an object that writes takes 200 to 1,000 calls a second (https://developers.cloudflare.com/durable-objects/platform/limits/
// and /best-practices/rules-of-durable-objects/). Few: their outcomes, events and alarms travel together, and 64 cost a
// verification 7 % more CPU. Another number would lead away from all records that there are.
const SHARDS = 16

// E.164's first digit is geographic (ITU-T E.164 Annex D); 0 is not a number's and stands for mailboxes.
const HINTS: Record<string, DurableObjectLocationHint> = {
  1: 'enam',
  2: 'afr',
  3: 'weur',
  4: 'weur',
  5: 'sam',
  6: 'apac-se',
  7: 'eeur',
  8: 'apac-ne',
  9: 'me',
}

/** Recipient key → name of its ledger and where it should stand: near the number. */
export function placeOf(recipientKey: string): {
  name: string
  hint: DurableObjectLocationHint | undefined
} {
  const zone = recipientKey.charAt(0)
  const shard = Number.parseInt(recipientKey.slice(-2), 16) % SHARDS
  return { name: `z${zone}-${shard}`, hint: HINTS[zone] }
}

/** The purpose of a call: one of PURPOSES, the first where none is named. */
export function purposeOf({ purposes }: Config, asked: string | undefined): Result<string> {
  const purpose = asked ?? purposes[0]
  if (purpose !== undefined && purposes.includes(purpose)) return accept(purpose)
  const message = `must be one of ${purposes.join(', ')}`
  return refuse({ code: 'invalid_request', issues: [{ path: 'purpose', message }] })
}

/** Why no text can leave. Also why codes can be neither made nor checked, where the secret is missing. */
export const refuseSending = ({ sending }: Config): Refusal =>
  sending.state === 'not_configured'
    ? notConfigured(sending.problems)
    : { code: 'sending_disabled' }

/** Why the routes of older systems take no token, where COMPAT puts them on; the rest works all the same. */
export const refuseTokens = ({ compat, tokens }: Config): Refusal | null =>
  compat.length > 0 && Array.isArray(tokens) ? notConfigured(tokens) : null

export const notConfigured = (problems: Problem[]): Refusal => ({
  code: 'not_configured',
  summary: problems.map(({ variable, problem }) => `${variable} ${problem}`).join('; '),
})

/** The platform's limit in front of a ledger, for calls without a key: a shield, not the exact limit. */
export async function shield(
  gateway: Gateway,
  recipientKey: string,
  { trusted }: Context,
): Promise<Refusal | null> {
  const limit = gateway.env.RECIPIENT_LIMIT
  if (trusted || !limit) return null
  const { success } = await limit.limit({ key: recipientKey })
  return success ? null : { code: 'too_many_requests', retryAfter: 60 }
}

/**
 * Asks a ledger or a database. One that fails is a refusal that may be tried again. Where the answer was lost on its way
 * the step was taken all the same: a start is told cooldown then, and an approved code is not approved again.
 */
export async function ask<T>(
  context: Pick<Context, 'caller'>,
  call: () => Promise<Result<T>>,
): Promise<Result<T>> {
  try {
    return await call()
  } catch (error) {
    log({
      level: 'error',
      event: 'storage.failed',
      request_id: context.caller.request_id,
      error: String(error),
    })
    return refuse({ code: 'temporarily_unavailable', retryAfter: 5 })
  }
}
