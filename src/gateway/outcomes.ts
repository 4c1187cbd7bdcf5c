// What becomes of a dispatched send: settled with its ledger, and told to the client.
import type { FailureKind, SendOutcome } from '../domain/delivery'
import type { Refusal } from '../domain/refusal'
import type { SendOrder } from '../domain/start'
import type { Settlement } from '../objects/ledger'
import type { Answered, Attempt } from '../providers/chain'
import type { Failure, Sent, Started } from '../providers/provider'
import { report } from './carriers'
import type { Context, Gateway } from './gateway'
import { type Recipient, whoIs } from './recipients'
import { settleNow, settleSoon } from './settlements'

/**
 * `failure` and `failed` are null where the carrier took it: what the client is told, and what kind it is. `startableAt` is
 * null where nobody had to wait for the ledger.
 */
export type Dispatched = {
  failure: Refusal | 'unknown' | null
  failed: FailureKind | null
  startableAt: number | null
}

/** The last word, and every call on the way. */
export type Done<T extends Answered> = { outcome: Attempt<T>; attempts: Attempt<Answered>[] }

export type Ended = SendOrder['end']
type Settling = {
  id: string
  recipient: Recipient
  shown?: Settlement['text']
  ended?: Ended
  taken?: number | undefined
  /** what comes next depends on it: a code is checked by the carrier's reference */
  wait?: true
}

/** Writes down what became of a send, at once where somebody waits for it. */
export async function settle(
  gateway: Gateway,
  { id, recipient, shown, ended, taken, wait }: Settling,
  { outcome, attempts }: Done<Sent | Started>,
  context: Context,
): Promise<Dispatched> {
  const failure = failureOf(outcome, recipient)
  const failed = outcome.ok ? null : outcome.kind
  const settlement: Settlement = {
    key: recipient.key,
    who: whoIs(recipient),
    send: id,
    outcome: outcomeOf(outcome, await report(gateway, attempts, context), ended),
    sendLimit: gateway.config.sends.limit,
    caller: context.caller,
    ...(taken !== undefined && { taken }),
    ...(shown && { text: shown }),
  }
  // Who asks again, replays, or reads the simulator depends on it too; and a carrier that failed to take it may yet report
  // on it, which must find who did.
  if (failure || wait || shown || attempts.length > 1 || context.idempotencyKey !== undefined) {
    return { failure, failed, startableAt: await settleNow(gateway, settlement, context) }
  }
  settleSoon(gateway, settlement, context)
  return { failure, failed, startableAt: null }
}

function outcomeOf(
  attempt: Attempt<Sent | Started>,
  calls: Awaited<ReturnType<typeof report>>,
  ended: Ended = [],
): SendOutcome {
  const { provider, latencyMs, requestId } = attempt
  const common = {
    provider,
    latencyMs,
    ...calls,
    ...(requestId && { requestId }),
    ...(ended.length > 0 && { ended }),
  }
  if (!attempt.ok) {
    const { kind, refusal, reason } = attempt
    return { ...common, status: 'failed', kind, refusal, reason }
  }
  if ('providerId' in attempt) {
    const { providerId, segments } = attempt
    return { ...common, status: 'sent', providerId, ...(segments && { segments }) }
  }
  const { reference } = attempt
  return { ...common, status: 'sent', providerId: reference, reference }
}

/** What a carrier's failure is to the client. */
export function failureOf(
  attempt: { ok: true } | Failure,
  { country }: Pick<Recipient, 'country'>,
): Refusal | 'unknown' | null {
  if (attempt.ok) return null
  const { kind, refusal: code } = attempt
  if (kind === 'unknown') return 'unknown'
  switch (code) {
    case 'temporarily_unavailable':
      return { code, retryAfter: attempt.retryAfter ?? 10 }
    case 'rate_limited':
    case 'too_many_requests':
      return { code, retryAfter: attempt.retryAfter ?? 60 }
    case 'invalid_phone_number':
    case 'not_sms_capable':
      return { code, reason: 'carrier' }
    case 'country_not_allowed':
      return { code, country }
    default:
      return { code }
  }
}
