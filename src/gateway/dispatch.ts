// Sends what a ledger decided on, by the engine of the verification, and settles with the ledger whatever came of it.
import { certainlyNotSent, type FailureKind, type SendOutcome } from '../domain/delivery'
import type { MessageOrder } from '../domain/message'
import type { VerificationView } from '../domain/record'
import type { Refusal } from '../domain/refusal'
import { segmentsOf } from '../domain/segments'
import type { SendOrder } from '../domain/start'
import type { Settlement } from '../objects/ledger'
import { type Answered, type Attempt, call, deliver } from '../providers/chain'
import type { Failure, Sent, Started, Text, Verifier } from '../providers/provider'
import { callingFor, report } from './carriers'
import { wordsOf } from './channels'
import type { Context, Gateway } from './gateway'
import { type Recipient, whoIs } from './recipients'
import { settleNow, settleSoon } from './settlements'

export type Order = {
  view: VerificationView
  send: SendOrder
  recipient: Recipient
  locale: string | undefined
  /** a carrier that has failed to deliver it */
  not?: string
}

/**
 * `failure` and `failed` are null where the carrier took it: what the client is told, and what kind it is. `startableAt` is
 * null where nobody had to wait for the ledger.
 */
export type Dispatched = {
  failure: Refusal | 'unknown' | null
  failed: FailureKind | null
  startableAt: number | null
}

type Done<T extends Answered> = { outcome: Attempt<T>; attempts: Attempt<Answered>[] }

/** Sends a code of Verge's making through the carriers of its channel, and of the recipient's country. */
export async function dispatchText(
  gateway: Gateway,
  { view, send, recipient, locale, not }: Order,
  context: Context,
): Promise<Dispatched> {
  const code = await (await gateway.keys()).codeOf({ ...view, codeLength: send.codeLength })
  const lifetimeMs = view.expiresAt - Date.now()
  const { purpose, channel } = view
  const { country } = recipient
  const text = {
    id: send.id,
    channel,
    code,
    repeatable: true,
    ...wordsOf(gateway.config, channel, { purpose, locale, country, code, lifetimeMs }),
    validForSeconds: lifetimeMs / 1000,
  }
  const { only } = send
  const done = await carry(gateway, text, { recipient, only, not }, context)
  return settle(gateway, { id: send.id, recipient, shown: shown(done, text) }, done, context)
}

/** Sends a message, likewise. Where nobody knows whether it left, it is not sent again, but as configured. */
export async function dispatchMessage(
  gateway: Gateway,
  { send: { id, only, taken }, body, recipient }: MessageToSend,
  context: Context,
): Promise<Dispatched> {
  const { repeatUnknown: repeatable } = gateway.config.messages
  const channel = 'sms' as const
  const text = { id, channel, repeatable, body, validForSeconds: MESSAGE_VALIDITY_S }
  const done = await carry(gateway, text, { recipient, only }, context)
  const settling = { id, recipient, shown: shown(done, text), taken }
  return settle(gateway, settling, done, context)
}

export type MessageToSend = { send: MessageOrder; body: string; recipient: Recipient }

/** As long as Twilio tries. */
const MESSAGE_VALIDITY_S = 36_000

type Words = Omit<Text, 'to' | 'callbackBase'>
type Way = { recipient: Recipient; only: SendOrder['only']; not?: string | undefined }

/** Hands a text to the carriers that may be asked. */
async function carry(
  gateway: Gateway,
  words: Words,
  { recipient, only, not }: Way,
  context: Context,
): Promise<Done<Sent>> {
  const callbackBase = gateway.config.publicBaseUrl ?? reachable(context.origin)
  const messengers = gateway.chain
    .messengersFor({ channel: words.channel, country: recipient.country })
    .filter(({ name }) => name !== not && (only === null || name === only.provider))
  if (only && messengers.length === 0) return barred(only)
  const done = await deliver({
    messengers,
    text: { ...words, to: recipient.to, ...(callbackBase && { callbackBase }) },
    countryListed: isListed(gateway, recipient),
    ...callingFor(gateway, recipient.masked, context),
  })
  const { outcome } = done
  if (!outcome.ok || outcome.segments || words.channel !== 'sms') return done
  return { ...done, outcome: { ...outcome, segments: segmentsOf(words.body).segments } }
}

/** What the simulated phone shows. */
const shown = ({ outcome }: Done<Sent>, { channel, body, code }: Words): Settlement['text'] =>
  outcome.ok && outcome.provider === 'simulation'
    ? { channel, body, ...(code && { code }), at: Date.now() }
    : undefined

/** The carrier that blocked this recipient is not the one to ask now; and no other is a way round it. */
const barred = ({ provider, refusal }: NonNullable<SendOrder['only']>): Done<Sent> => ({
  outcome: {
    provider,
    latencyMs: 0,
    ok: false,
    kind: 'blocked',
    retry: false,
    refusal,
    reason: 'barred',
  },
  attempts: [],
})

/** The operator wants texts to go there: a carrier that may not is no reason against another that may. */
const isListed = ({ config }: Gateway, { country }: Recipient) =>
  config.allowedCountries.some((listed) => listed === country)

/**
 * Lets the carrier make and send the code, after it ended what stands in the way.
 * @param elsewhere whether another could send a code, of Verge's making
 */
export async function dispatchVerify(
  gateway: Gateway,
  verifier: Verifier,
  { view, send, recipient, locale, elsewhere }: Order & { elsewhere: boolean },
  context: Context,
): Promise<Dispatched> {
  const { config } = gateway
  if (send.only && send.only.provider !== verifier.name)
    return settle(gateway, { id: send.id, recipient, wait: true }, barred(send.only), context)
  const calling = callingFor(gateway, recipient.masked, context)
  const attempts: Attempt<Answered>[] = []
  const make = async <T extends Answered>(ask: (signal: AbortSignal) => Promise<T | Failure>) => {
    const calls = await call(verifier.name, calling, ask)
    attempts.push(...calls)
    return calls.at(-1) as Attempt<T>
  }
  const ended: Ended = []
  const settled = (outcome: Attempt<Started>) =>
    settle(gateway, { id: send.id, recipient, ended, wait: true }, { outcome, attempts }, context)

  for (const reference of send.end) {
    const target = reference === null ? { to: recipient.to } : { reference }
    const end = await make((signal) => verifier.update(target, 'canceled', signal))
    // Refused as such, it may be because nothing is left to end.
    const isRefused =
      !end.ok && !end.account && (end.kind === 'rejected' || end.kind === 'misconfigured')
    const shown = isRefused ? await make((signal) => verifier.fetch(target, signal)) : null
    const isOver = end.ok || (shown?.ok && shown.status !== 'pending')
    // Whatever came of it, no code has left: started now, this one might get the code of the other.
    if (!isOver) return settled(certainlyNotSent(end.kind) ? end : { ...end, ...UNAVAILABLE })
    ended.push(reference)
  }
  const keys = await gateway.keys()
  const request = {
    to: recipient.to,
    channel: view.channel,
    ...(context.clientIp !== undefined && { clientIp: context.clientIp }),
    ...(config.customCode && { code: await keys.codeOf({ ...view, codeLength: send.codeLength }) }),
  }
  const start = (more: { locale?: string }) =>
    make((signal) => verifier.start({ ...request, ...more }, signal))
  let started = await start(locale === undefined ? {} : { locale })
  // A language that the service does not have is the client's wish and not the operator's mistake.
  if (!started.ok && started.kind === 'misconfigured' && !started.account && locale !== undefined)
    started = await start({})
  const mayPassOn = elsewhere && isListed(gateway, recipient)
  return settled(
    !started.ok && started.refusal === 'country_not_allowed' && mayPassOn
      ? { ...started, kind: 'unavailable' }
      : started,
  )
}

const UNAVAILABLE = { kind: 'unavailable', refusal: 'temporarily_unavailable' } as const

type Ended = SendOrder['end']
type Settling = {
  id: string
  recipient: Recipient
  shown?: Settlement['text']
  ended?: Ended
  taken?: number | undefined
  /** what comes next depends on it: a code is checked by the carrier's reference */
  wait?: true
}

async function settle(
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
  // Who asks again, replays, or reads the simulator depends on it too.
  if (failure || wait || shown || context.idempotencyKey !== undefined) {
    return { failure, failed, startableAt: await settleNow(gateway, settlement, context) }
  }
  settleSoon(gateway, settlement, context)
  return { failure, failed, startableAt: null }
}

/** An origin that a carrier on the internet can call, or nothing. */
const reachable = (origin: string) => (origin.startsWith('https:') ? origin : undefined)

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
