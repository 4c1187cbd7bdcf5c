// What the two queues hand over: events for the audit log, and messages for carriers.
import { appendEvents } from '../audit'
import type { Env, MessageJob } from '../env'
import { log } from '../log'
import { sendQueued } from './batch'
import { gatewayOf, unattended } from './gateway'

/** Events of a ledger's outbox → D1. One that D1 refuses comes again. */
export async function mirror(message: Message<string>, { AUDIT }: Env): Promise<void> {
  const { attempts } = message
  try {
    await appendEvents(AUDIT, message.body)
    message.ack()
  } catch (error) {
    log({ level: 'error', event: 'audit.delayed', attempts, error: String(error) })
    message.retry({ delaySeconds: Math.min(3600, 5 * 2 ** attempts) })
  }
}

/** A Worker has six connections: what waits for one would be timed as if the carrier were slow. */
const AT_ONCE = 5

/** Messages → carriers. One that could not be sent comes again, later each time. */
export async function carryAll(
  jobs: readonly Message<MessageJob>[],
  env: Env,
  ctx: ExecutionContext,
): Promise<void> {
  const waiting = jobs.values()
  const work = async () => {
    for (const job of waiting) await carry(job, env, ctx)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

async function carry(message: Message<MessageJob>, env: Env, ctx: ExecutionContext): Promise<void> {
  const { body: job, attempts } = message
  const gateway = gatewayOf(env)
  const context = unattended(ctx, job.caller, job.origin)
  let done = false
  try {
    done = !Array.isArray(gateway) && (await sendQueued(gateway, job, context))
  } catch (error) {
    log({ level: 'error', event: 'bug', message_id: job.id, error: String(error) })
  }
  if (done) return message.ack()
  log({ level: 'info', event: 'message.delayed', message_id: job.id, attempts })
  message.retry({ delaySeconds: Math.min(900, 10 * 2 ** attempts) })
}
