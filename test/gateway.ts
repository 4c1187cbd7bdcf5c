// The Worker as its callers see it, with a fresh number and address per caller; and what stands behind it.
import {
  createExecutionContext,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { appendEvents } from '../src/audit'
import type { AuditEvent } from '../src/domain/event'
import type { Env } from '../src/env'
import { placeOf } from '../src/gateway/gateway'
import worker from '../src/index'
import { deriveKeys } from '../src/keys'
import type { Ledger } from '../src/objects/ledger'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** Lets time pass. */
export const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

/** A mobile number that no other test has. */
export const freshNumber = () => {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1))
  return `+4471${String(random).padStart(8, '0').slice(-8)}`
}

// biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
export type Answer = { status: number; headers: Headers; body: any }

/** A caller at an address of its own; each of its calls waits for what the Worker left to do after answering. */
export function caller(vars: Partial<Env> = {}, headers: Record<string, string> = {}) {
  const bindings = { ...env, ...vars } as Env
  const address = `10.${[...crypto.getRandomValues(new Uint8Array(3))].join('.')}`
  return async (
    method: string,
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<Answer> => {
    const request = new Request(`https://verge.example${path}`, {
      method,
      headers: {
        'CF-Connecting-IP': address,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
        ...more,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const ctx = createExecutionContext()
    const response = await worker.fetch(request, bindings, ctx)
    const text = await response.text()
    await waitOnExecutionContext(ctx)
    return {
      status: response.status,
      headers: response.headers,
      body:
        text && /json/.test(response.headers.get('Content-Type') ?? '') ? JSON.parse(text) : text,
    }
  }
}

/** The key of a backend, as the gateway has it and as the backend sends it. */
export const KEY = { API_KEYS: 'backend:0123456789abcdef' }
export const AUTHORIZED = { Authorization: 'Bearer 0123456789abcdef' }

export type Call = ReturnType<typeof caller>

/** The code that a simulated phone shows last. */
export async function codeShown(call: Call, to: string): Promise<string> {
  const { body } = await call('GET', `/simulator/messages?to=${encodeURIComponent(to)}`)
  return body.messages.at(-1).code
}

/** Another code than this. */
export const wrong = (code: string) =>
  code.replace(/.$/, (digit) => String((Number(digit) + 1) % 10))

/** The ledger and the record key of a number. */
export async function ledgerOf(e164: string) {
  const key = await (await deriveKeys(env.VERGE_SECRET ?? '')).recipientKey(e164)
  return { key, ledger: env.LEDGER.getByName(placeOf(key).name) }
}

/** Bindings whose one ledger is this, whoever is asked for. */
export const onlyLedger = (ledger: object): Pick<Env, 'LEDGER'> => ({
  LEDGER: { idFromName: (name: string) => name, get: () => ledger } as never,
})

/** What the audit log will hold of a number, oldest first. */
export async function eventsOf(e164: string): Promise<AuditEvent[]> {
  const { key, ledger } = await ledgerOf(e164)
  return runInDurableObject(ledger, (_, { storage: { sql } }) =>
    sql
      .exec<{ events: string }>('SELECT events FROM outbox ORDER BY seq')
      .toArray()
      .flatMap(({ events }) => JSON.parse(`[${events}]`) as AuditEvent[])
      .filter(({ recipient }) => recipient === key),
  )
}

/** Runs the alarm of a number's ledger, and takes what it hands to the queue to D1, as the queue would. */
export async function advanceAlarm(e164: string): Promise<void> {
  const { ledger } = await ledgerOf(e164)
  await withQueue(ledger, (events) => appendEvents(env.AUDIT, JSON.stringify(events)))
  await runDurableObjectAlarm(ledger)
}

/** A place of their own in which the isolates of one test agree on which carriers rest. */
export function healthOfItsOwn(): Pick<Env, 'CARRIER_HEALTH'> {
  const id = crypto.randomUUID()
  const getByName = (name: string) => env.CARRIER_HEALTH?.getByName(`${name}-${id}`)
  return { CARRIER_HEALTH: { getByName } as never }
}

/** Replaces the queue of one ledger. */
export const withQueue = (
  ledger: DurableObjectStub<Ledger>,
  send: (events: AuditEvent[]) => Promise<void>,
) => runInDurableObject(ledger, (instance: Ledger) => useQueue(instance, send))

export function useQueue(instance: Ledger, take: (events: AuditEvent[]) => Promise<void>) {
  const { env } = instance as unknown as { env: object }
  const EVENTS = { send: (body: string) => take(JSON.parse(body)) }
  Object.defineProperty(instance, 'env', { value: { ...env, EVENTS }, configurable: true })
}
