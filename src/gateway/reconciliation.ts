// What callbacks did not tell: the carrier is asked about texts that never got a final status, or have no price yet. What it
// says is a receipt like any other: it goes to the ledger, and by way of events into the tables.
import { RECONCILIATION } from '../domain/tally'
import { log } from '../log'
import type { Messenger } from '../providers/provider'
import { claimUnsettled, giveUp, type Unsettled } from '../tallies'
import { readResting } from './carriers'
import { receive } from './deliveries'
import { type Context, type Gateway, unattended } from './gateway'

/** As `crons` in wrangler.toml has it. */
export const RECONCILIATION_CRON = '* * * * *'

/** The tables schedule no other carrier's texts. */
const CARRIER = 'twilio'
const MOST = 200
/** A Worker has six connections. */
const AT_ONCE = 6
const TIMEOUT_MS = 10_000
/** A run that takes longer leaves the rest to the next. */
const LONGEST_MS = 50_000
/** After as many answers that say nothing of a text the carrier is out of order. */
const FAILURES = 3

/** `reason`: why nothing was learnt, in the carrier's code */
type Answer = { is: 'filed' | 'gone' | 'failed' | 'account'; reason?: string }

/** Asks about what is due, oldest first. The first is asked alone, to see whether the account is accepted. */
export async function reconcile(
  gateway: Gateway,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
): Promise<void> {
  const { env, chain } = gateway
  const startedAt = Date.now()
  const messenger = chain.all.find(({ name }) => name === CARRIER)
  if (!messenger || !('send' in messenger) || !messenger.fetch) return
  const { fetch } = messenger
  const rest = (await readResting(gateway))[CARRIER]
  if (rest && rest.until > startedAt) return

  const requestId = crypto.randomUUID()
  const context = unattended(ctx, { request_id: requestId })
  const counts: Record<Answer['is'], number> = { filed: 0, gone: 0, failed: 0, account: 0 }
  let asked = 0
  let problem: string | undefined
  while (asked < MOST && counts.account === 0 && counts.failed < FAILURES) {
    if (Date.now() - startedAt > LONGEST_MS) break
    const limit = asked === 0 ? 1 : Math.min(AT_ONCE, MOST - asked)
    const due = await claimUnsettled(env.AUDIT, Date.now(), limit)
    if (due.length === 0) break
    asked += due.length
    const answers = await Promise.all(due.map((text) => settle(gateway, fetch, text, context)))
    for (const { is, reason } of answers) {
      counts[is]++
      problem = reason ?? problem
    }
  }
  if (asked === 0) return
  const { filed, gone, failed, account } = counts
  log({
    level: account > 0 ? 'error' : 'info',
    event: 'reconciliation',
    request_id: requestId,
    provider: CARRIER,
    asked,
    filed,
    gone,
    failed: failed + account,
    reason: problem,
    duration_ms: Date.now() - startedAt,
  })
}

async function settle(
  gateway: Gateway,
  fetch: NonNullable<Messenger['fetch']>,
  { id, provider_id }: Unsettled,
  context: Context,
): Promise<Answer> {
  const fetched = await fetch(provider_id, AbortSignal.timeout(TIMEOUT_MS))
  if (!fetched) {
    await giveUp(gateway.env.AUDIT, id)
    return { is: 'gone' }
  }
  if (!fetched.ok) return { is: fetched.account ? 'account' : 'failed', reason: fetched.reason }
  const { to, receipt } = fetched
  const filed = await receive(
    gateway,
    { text: id, provider: CARRIER, to, receipt, client: RECONCILIATION },
    context,
  )
  return filed.ok ? { is: 'filed' } : { is: 'failed', reason: filed.refusal.code }
}
