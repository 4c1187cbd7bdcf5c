// The Durable Object in which all isolates agree on which carriers rest: one, off every path that a client waits on. It
// decides nothing. Whoever sees a carrier begin to rest, or come back, says so here; the first to say it raises the alarm.
import { DurableObject } from 'cloudflare:workers'
import type { Rest } from '../domain/delivery'
import type { Env } from '../env'

/** The isolates that knew of a rest may be gone before it ends; then nobody is left to say that it did. */
const FORGOTTEN_MS = 60 * 60_000

export class CarrierHealth extends DurableObject<Env> {
  /** @returns whether nobody had said so before */
  rested(carrier: string, rest: Rest): boolean {
    const { kv } = this.ctx.storage
    const known = kv.get<Rest>(carrier)
    const goesOn = known !== undefined && rest.since <= known.until + FORGOTTEN_MS
    // Of two isolates, the one that leaves it alone for longer has the better reason.
    const longest = goesOn && known.until > rest.until ? known : rest
    kv.put(carrier, goesOn ? { ...longest, since: known.since } : rest)
    return !goesOn
  }

  /** @returns whether nobody had said so before */
  recovered(carrier: string): boolean {
    return this.ctx.storage.kv.delete(carrier)
  }

  /** Those that rest, or rested last time they were asked. */
  resting(): Record<string, Rest> {
    return Object.fromEntries(this.ctx.storage.kv.list<Rest>())
  }
}
