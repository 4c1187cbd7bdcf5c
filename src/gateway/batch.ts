// Messages by the thousand: each counted in its recipient's record at once, then carried by a queue, which tries again where
// a carrier is out of order. A record gives its message to one carrier of the queue only, however often that delivers.
import { certainlyNotSent } from '../domain/delivery'
import type { Added, MessageView } from '../domain/message'
import { accept, type Refusal, type Result, refuse } from '../domain/refusal'
import type { MessageJob } from '../env'
import { keyOfId } from '../keys'
import { log } from '../log'
import type { Addition } from '../objects/ledger'
import { dispatchMessage } from './dispatch'
import { ask, type Context, type Gateway, placeOf, refuseSending } from './gateway'
import { type Composed, compose, type MessageRequest } from './messages'
import { whoIs } from './recipients'

/** `clientRef`: the caller's own name for it. Two that are alike in all are one. */
export type BatchItem = MessageRequest & { clientRef?: string | undefined }

/** How long a message may wait for a carrier. The queue's retries end at about the same time. */
const WAIT_MS = 4 * 3_600_000

/**
 * Counts and queues messages. Each has an answer of its own, in order: what it will be known by, or why it will not be sent.
 * Refuses as a whole what is no fault of a recipient: sending_disabled, not_configured.
 */
export async function queueMessages(
  gateway: Gateway,
  items: readonly BatchItem[],
  context: Context,
): Promise<Result<Result<MessageView>[]>> {
  const { config } = gateway
  if (config.sending.state !== 'ready') return refuse(refuseSending(config))
  const unheard = { ...context, onRecipient: () => {} } // one line of the request log names nobody of many
  const planned = await Promise.all(items.map((item) => compose(gateway, item, unheard)))

  const wanted = new Map<string, Composed>()
  const keys = planned.map((composed, i) => {
    if (!composed.ok) return null
    const { recipient, body } = composed.value
    const ref = items[i]?.clientRef ?? ''
    const key = JSON.stringify([recipient.key, body, ref])
    if (!wanted.has(key)) wanted.set(key, unique(composed.value, ref))
    return key
  })
  const queued = await countAndQueue(gateway, [...wanted.values()], context)
  const answers = new Map([...wanted.keys()].map((key, i) => [key, queued[i]]))
  return accept(
    planned.map((composed, i) => {
      if (!composed.ok) return composed
      return answers.get(keys[i] ?? '') ?? refuse(AWAY)
    }),
  )
}

/** Several texts of a batch may go to one recipient: each has a key of its own, made from the batch's. */
function unique(composed: Composed, ref: string): Composed {
  const { idempotency, ...command } = composed.command
  if (!idempotency) return composed
  const { fingerprint } = idempotency
  const key = `${idempotency.key} ${fingerprint} ${ref}`
  return { ...composed, command: { ...command, idempotency: { key, fingerprint } } }
}

const AWAY: Refusal = { code: 'temporarily_unavailable', retryAfter: 10 }

/** @returns an answer for each, in order */
async function countAndQueue(
  gateway: Gateway,
  all: Composed[],
  context: Context,
): Promise<Result<MessageView>[]> {
  const added = await addAll(gateway, all, context)
  const { caller } = context
  const origin = context.origin()
  const jobs = added.flatMap((one, i): MessageJob[] => {
    const composed = all[i]
    if (!one.ok || !one.value.send || !composed) return []
    const { to, country, masked } = composed.recipient
    return [{ id: one.value.send.id, to, country, masked, body: composed.body, origin, caller }]
  })
  const lost = await enqueue(gateway, jobs)
  const withdraw = async (one: Result<Added>) => {
    // What an earlier call has added may be in the queue already, and is left there.
    if (!one.ok || one.value.replayed || !lost.has(one.value.view.id)) return
    const { id } = one.value.view
    const key = keyOfId(id)
    const command = { id, reason: 'queue', caller }
    const back = await ask(context, () => gateway.ledger(key).withdrawMessage(key, command))
    if (back.ok && !back.value) lost.delete(id)
  }
  await Promise.all(added.map(withdraw))
  return added.map((one) =>
    !one.ok ? one : lost.has(one.value.view.id) ? refuse(AWAY) : accept(one.value.view),
  )
}

/** One call for each ledger that has a part of them. */
async function addAll(gateway: Gateway, all: Composed[], context: Context) {
  const byLedger = Map.groupBy(all.keys(), (i) => placeOf(all[i]?.recipient.key ?? '').name)
  const added: Result<Added>[] = all.map(() => refuse(AWAY))
  await Promise.all(
    [...byLedger.values()].map(async (indexes) => {
      const part = await addTo(
        gateway,
        indexes.flatMap((i) => all[i] ?? []),
        context,
      )
      for (const [n, i] of indexes.entries()) added[i] = part[n] ?? refuse(AWAY)
    }),
  )
  return added
}

async function addTo(
  gateway: Gateway,
  part: Composed[],
  context: Context,
): Promise<Result<Added>[]> {
  const additions = part.map(
    ({ recipient, command }): Addition => ({
      key: recipient.key,
      who: whoIs(recipient),
      waitMs: WAIT_MS,
      ...command,
    }),
  )
  const ledger = gateway.ledger(additions[0]?.key ?? '')
  const added = await ask(context, async () => accept(await ledger.addMessages(additions)))
  return added.ok ? added.value : part.map(() => added)
}

// The platform's bounds for one call: 100 messages, 256 KB.
const CHUNK = { messages: 100, bytes: 200_000 }

/** Hands jobs to the queue. @returns the ids of those it did not take */
async function enqueue(gateway: Gateway, jobs: MessageJob[]): Promise<Set<string>> {
  const lost = new Set<string>()
  for (const chunk of chunksOf(jobs)) {
    try {
      await gateway.env.MESSAGES.sendBatch(chunk.map((body) => ({ body, contentType: 'json' })))
    } catch (error) {
      log({ level: 'error', event: 'queue.failed', error: String(error) })
      for (const { id } of chunk) lost.add(id)
    }
  }
  return lost
}

function* chunksOf(jobs: MessageJob[]): Generator<MessageJob[]> {
  let chunk: MessageJob[] = []
  let bytes = 0
  for (const job of jobs) {
    const size = JSON.stringify(job).length * 3 // as UTF-8, at worst
    if (chunk.length === CHUNK.messages || (chunk.length > 0 && bytes + size > CHUNK.bytes)) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(job)
    bytes += size
  }
  if (chunk.length > 0) yield chunk
}

/**
 * Sends one message of the queue, if it is still to be sent. @returns whether the queue is done with it: it is not where no
 * carrier could be reached, another delivery of it is under way, or the ledger is away
 */
export async function sendQueued(
  gateway: Gateway,
  { id, body, to, country, masked }: MessageJob,
  context: Context,
): Promise<boolean> {
  if (gateway.chain.messengersFor({ channel: 'sms', country }).length === 0) return false // switched off, for now
  const key = keyOfId(id)
  const { windowMs } = gateway.config.messages
  const command = { id, windowMs, caller: context.caller }
  const taken = await ask(context, () => gateway.ledger(key).takeMessage(key, command))
  if (!taken.ok) return false
  const send = taken.value
  if (!send) return true
  const recipient = { key, to, country, masked, phone: null, isMailbox: false }
  const { failed } = await dispatchMessage(gateway, { send, body, recipient }, context)
  return failed === null || !certainlyNotSent(failed)
}
