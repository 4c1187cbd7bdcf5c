// What the gateway sees of the carriers: each call in the log, and who rests in the one place where all isolates agree.
import type { CallFailure, Rest } from '../domain/delivery'
import { log } from '../log'
import type { Answered, Attempt, Calling } from '../providers/chain'
import type { Context, Gateway } from './gateway'

type AnyAttempt = Attempt<Answered>

/** All calls for one request share the time of one. @param to masked */
export const callingFor = ({ chain }: Gateway, to: string, context: Context): Calling => ({
  circuits: chain.circuits,
  startedAt: context.receivedAt,
  onAttempt: (attempt) => logCall(attempt, to, context),
})

function logCall(call: AnyAttempt, to: string, { caller }: Context): void {
  log({
    // An account at fault is an alarm once, when it begins to rest.
    level: !call.ok && call.kind === 'misconfigured' && !call.account ? 'error' : 'info',
    event: 'carrier.call',
    request_id: caller.request_id,
    provider: call.provider,
    to,
    duration_ms: call.latencyMs,
    outcome: call.ok ? 'ok' : call.kind,
    reason: call.ok ? undefined : call.reason,
    http_status: call.ok ? undefined : call.httpStatus,
    provider_id: call.ok ? call.providerId : undefined,
    segments: call.ok ? call.segments : undefined,
    provider_request_id: call.requestId,
  })
}

/** Calls as events show them. `recovered`: of the last one. */
export type Calls = { failures: CallFailure[]; recovered?: true }

/** What failed, and what changed by it. A carrier that begins to rest is an alarm once, whoever sees it too. */
export async function report(
  gateway: Gateway,
  attempts: AnyAttempt[],
  context: Context,
): Promise<Calls> {
  const failures: CallFailure[] = []
  let recovered = false
  for (const attempt of attempts) {
    const { provider, latencyMs } = attempt
    const first = attempt.change ? await announce(gateway, attempt, context) : false
    recovered ||= first && attempt.change === 'recovered'
    if (attempt.ok) {
      vouch(gateway, attempt, context)
      continue
    }
    const { kind, refusal, reason, requestId } = attempt
    const rested = first && attempt.change !== 'recovered'
    failures.push({
      provider,
      kind,
      refusal,
      reason,
      latencyMs,
      ...(requestId && { requestId }),
      ...(rested && { rested }),
    })
  }
  return { failures, ...(recovered && { recovered }) }
}

/** An isolate that began after a rest knows nothing of it, and the one that knew may be gone: a success ends it. */
function vouch(gateway: Gateway, attempt: AnyAttempt, context: Context): void {
  const news = gateway.chain.circuits.isFirstSuccess(attempt.provider)
  if (news && boardOf(gateway) && !attempt.change)
    context.waitUntil(announce(gateway, { ...attempt, change: 'recovered' }, context))
}

/** @returns whether nobody had said so before; where nobody can be asked, what this isolate saw is news */
async function announce(
  gateway: Gateway,
  { provider, change }: AnyAttempt,
  { caller }: Context,
): Promise<boolean> {
  const rest = change === 'recovered' ? null : gateway.chain.circuits.restOf(provider)
  if (change !== 'recovered' && !rest) return false // it came back while this delivery went on
  const board = boardOf(gateway)
  let first = change !== 'rests_on'
  try {
    if (board) first = await inTime(rest ? board.rested(provider, rest) : board.recovered(provider))
  } catch (error) {
    log({ level: 'error', event: 'storage.failed', error: String(error) })
  }
  if (first)
    log({
      level: rest ? 'error' : 'info',
      event: rest ? 'carrier.rested' : 'carrier.recovered',
      request_id: caller.request_id,
      provider,
      ...(rest && { reason: rest.reason, until: new Date(rest.until).toISOString() }),
    })
  return first
}

/** Which carriers rest, as all isolates see it; nothing where that cannot be told. */
export async function readResting(gateway: Gateway): Promise<Record<string, Rest>> {
  try {
    return await inTime(boardOf(gateway)?.resting() ?? Promise.resolve({}))
  } catch (error) {
    log({ level: 'error', event: 'storage.failed', error: String(error) })
    return {}
  }
}

const BOARD_TIMEOUT_MS = 1000

/** No client waits longer for the board than this. */
function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(BOARD_TIMEOUT_MS)
  return new Promise((resolve, reject) => {
    late.addEventListener('abort', () => reject(new Error('no answer in time')))
    answer.then(resolve, reject)
  })
}

const boardOf = ({ env }: Gateway) => env.CARRIER_HEALTH?.getByName('carriers')
