// Sends the text that a ledger decided on, and settles with the ledger whatever came of it.
import type { SendOutcome } from '../domain/delivery'
import type { VerificationView } from '../domain/record'
import type { Refusal } from '../domain/refusal'
import type { SendOrder } from '../domain/start'
import { codeText, languageOf } from '../domain/template'
import { log } from '../log'
import type { Settlement } from '../objects/ledger'
import { type Attempt, deliver } from '../providers/chain'
import type { Messenger, Text } from '../providers/provider'
import type { Context, Gateway } from './gateway'
import { type Recipient, whoIs } from './recipients'
import { settleNow, settleSoon } from './settlements'

export type Order = {
  view: VerificationView
  send: SendOrder
  recipient: Recipient
  locale: string | undefined
}

/** `failure` is null where the carrier took the text; `startableAt` where nobody had to wait for the ledger. */
export type Dispatched = { failure: Refusal | 'unknown' | null; startableAt: number | null }

export async function dispatch(
  gateway: Gateway,
  messenger: Messenger,
  { view, send, recipient, locale }: Order,
  context: Context,
): Promise<Dispatched> {
  const { config } = gateway
  const { caller } = context
  const code = await (await gateway.keys()).codeOf({ ...view, codeLength: send.codeLength })
  const lifetimeMs = view.expiresAt - Date.now()
  const callbackBase = config.publicBaseUrl ?? reachable(context.origin)
  const text: Text = {
    id: send.id,
    to: recipient.to,
    channel: 'sms',
    code,
    body: codeText(languageOf(locale, recipient.country), view.purpose, { code, lifetimeMs }),
    validForSeconds: lifetimeMs / 1000,
    ...(callbackBase && { callbackBase }),
  }
  const attempt = await deliver(messenger, text, (call) => logCall(call, recipient.masked, context))
  const failure = failureOf(attempt, recipient)
  const simulated = view.engine === 'simulation'
  const settlement: Settlement = {
    key: recipient.key,
    who: whoIs(recipient),
    send: send.id,
    outcome: outcomeOf(attempt),
    sendLimit: config.sends.limit,
    caller,
    ...(simulated &&
      attempt.ok && { text: { channel: text.channel, body: text.body, code, at: Date.now() } }),
  }
  // Who asks again, replays, or reads the simulator depends on it; a plain success does not wait.
  if (failure || simulated || context.idempotencyKey !== undefined)
    return { failure, startableAt: await settleNow(gateway, settlement, context) }
  settleSoon(gateway, settlement, context)
  return { failure, startableAt: null }
}

/** An origin that a carrier on the internet can call, or nothing. */
const reachable = (origin: string) => (origin.startsWith('https:') ? origin : undefined)

function outcomeOf(attempt: Attempt): SendOutcome {
  const { provider, latencyMs, requestId } = attempt
  const common = { provider, latencyMs, ...(requestId && { requestId }) }
  if (attempt.ok) return { ...common, status: 'sent', providerId: attempt.providerId }
  const { kind, refusal, reason } = attempt
  return { ...common, status: 'failed', kind, refusal, reason }
}

function failureOf(attempt: Attempt, { country }: Recipient): Dispatched['failure'] {
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

function logCall(call: Attempt, to: string, { caller }: Context): void {
  log({
    level: !call.ok && call.kind === 'misconfigured' ? 'error' : 'info',
    event: 'carrier.call',
    request_id: caller.request_id,
    provider: call.provider,
    to,
    duration_ms: call.latencyMs,
    outcome: call.ok ? 'sent' : call.kind,
    reason: call.ok ? undefined : call.reason,
    http_status: call.ok ? undefined : call.httpStatus,
    provider_id: call.ok ? call.providerId : undefined,
    segments: call.ok ? call.segments : undefined,
    provider_request_id: call.requestId,
  })
}
