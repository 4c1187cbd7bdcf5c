// How outcomes of sends get back to their ledgers: at once where somebody waits for the answer, else a moment later and
// together. A settling call of its own was a third of a send's CPU; a hundred that travel together cost little more than one.
import type { Result } from '../domain/refusal'
import type { Settlement } from '../objects/ledger'
import { ask, type Context, type Gateway, placeOf } from './gateway'

type Batch = [Settlement, ...Settlement[]]

/** All for one ledger, and when the first of them came (epoch ms). */
export type OpenBatch = { settlements: Batch; openedAt: number }

const TRIES = 3
const WAIT_MS = 300
/** Far below the time after which a ledger calls a send lost. */
const GATHER_MS = 500
/** One that is still open then has lost the request that carried it. */
const OVERDUE_MS = 2000

/**
 * Settles one send. Settling twice does no harm. Never rejects.
 * @returns when the next start may be (epoch ms), or null where the ledger did not answer
 */
export async function settleNow(
  gateway: Gateway,
  settlement: Settlement,
  context: Context,
): Promise<number | null> {
  const startableAt = await settleAll(gateway, [settlement], context)
  return startableAt[0] ?? null
}

/**
 * Settles a send that nobody waits for, together with what else this isolate has for the same ledger. The request that
 * opens a batch carries it; should the platform end that request early, the next one takes the batch over. Should the
 * isolate die meanwhile, the ledger's alarm settles the batch as lost.
 */
export function settleSoon(gateway: Gateway, settlement: Settlement, context: Context): void {
  const { batches } = gateway
  const { name } = placeOf(settlement.key)
  const open = batches.get(name)
  if (open && Math.abs(Date.now() - open.openedAt) < OVERDUE_MS) {
    open.settlements.push(settlement)
    return
  }
  const batch: OpenBatch = {
    settlements: [settlement, ...(open?.settlements ?? [])],
    openedAt: Date.now(),
  }
  batches.set(name, batch)
  const gathered = async () => {
    await scheduler.wait(GATHER_MS)
    if (batches.get(name) === batch) batches.delete(name)
    await settleAll(gateway, batch.settlements, context)
  }
  context.waitUntil(gathered())
}

async function settleAll(gateway: Gateway, batch: Batch, context: Context): Promise<number[]> {
  const settled = await untilAnswered(() =>
    ask(context, () => gateway.ledger(batch[0].key).settle(batch)),
  )
  return settled.ok ? settled.value : [] // the alarm settles them as lost
}

/** Asks a ledger for what may be asked twice, until it answers: one that moves house is back in a moment. */
export async function untilAnswered<T>(call: () => Promise<Result<T>>): Promise<Result<T>> {
  for (let tries = 1; ; tries++) {
    const result = await call()
    const away = !result.ok && result.refusal.code === 'temporarily_unavailable'
    if (!away || tries === TRIES) return result
    await scheduler.wait(WAIT_MS * tries)
  }
}
