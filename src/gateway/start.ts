// The flow of a start, which is also a resend: decided in the ledger, sent by dispatch.ts.
import type { Config } from '../config'
import { refuseChannel } from '../domain/phone'
import type { Channel, Engine } from '../domain/record'
import { accept, type Result, refuse } from '../domain/refusal'
import type { Terms } from '../domain/start'
import { channelsFor } from './channels'
import { dispatchText } from './dispatch'
import { dispatchVerify } from './dispatch-verify'
import { ask, type Context, type Gateway, purposeOf, refuseSending } from './gateway'
import { type Address, findRecipient, type Recipient, whoIs } from './recipients'
import type { VerificationAnswer } from './verifications'

export type StartRequest = Address & {
  channel: Channel
  purpose?: string | undefined
  locale?: string | undefined
}

export type StartAnswer = { answer: VerificationAnswer; replayed: boolean }

/**
 * Starts a verification, or resends the code of the pending one. One ledger call, one carrier, then the answer.
 * Refuses what `findRecipient`, `refuseChannel`, the domain's `start` and the carrier refuse, and:
 * sending_disabled, not_configured. `replayed`: an earlier answer to the same Idempotency-Key.
 */
export async function startVerification(
  gateway: Gateway,
  request: StartRequest,
  context: Context,
): Promise<Result<StartAnswer>> {
  const { config } = gateway
  const { sending } = config
  if (sending.state !== 'ready') return refuse(refuseSending(config))
  const { channel, locale } = request
  const { channels } = gateway.chain
  if (!channels.includes(channel))
    return invalid('channel', `must be one of ${channels.join(', ')}`)
  const purpose = purposeOf(config, request.purpose)
  if (!purpose.ok) return purpose
  const found = await findRecipient(gateway, request, context)
  if (!found.ok) return found
  const recipient = found.value
  if (recipient.isMailbox !== (channel === 'email'))
    return invalid('channel', recipient.isMailbox ? 'must be email' : 'must not be email')
  const unfit = recipient.phone && refuseChannel(recipient.phone, channel, config.allowedCountries)
  if (unfit) return refuse(unfit)

  const { country } = recipient
  const own = gateway.chain.messengersFor({ channel, country }).length > 0
  const starting = { purpose: purpose.value, channel, locale, recipient }
  const first = own && verifierRests(gateway) ? 'own' : sending.engine
  const begun = await begin(gateway, first, { ...starting, elsewhere: own }, context)
  // Once: the carrier that makes codes could certainly not. Its send is given back, and Verge makes the code.
  const elsewhere = first === 'delegated' && own && !begun.ok && begun.elsewhere
  return elsewhere ? begin(gateway, 'own', { ...starting, elsewhere: false }, context) : begun
}

type Starting = {
  purpose: string
  channel: Channel
  locale: string | undefined
  recipient: Recipient
  /** whether Verge could send a code itself, should the carrier not */
  elsewhere: boolean
}

type Begun = { ok: true; value: StartAnswer } | (Result<never> & { ok: false; elsewhere?: boolean })

async function begin(
  gateway: Gateway,
  engine: Engine,
  { purpose, channel, locale, recipient, elsewhere: mayPassOn }: Starting,
  context: Context,
): Promise<Begun> {
  const { config, chain } = gateway
  const { caller, idempotencyKey: key } = context
  const ownCode = engine === 'delegated' && config.customCode
  const started = await ask(context, () =>
    gateway.ledger(recipient.key).start(recipient.key, whoIs(recipient), {
      purpose,
      channel,
      engine,
      terms: termsOf(config, purpose, engine),
      caller,
      ...(ownCode && { ownCode }),
      ...(locale && { locale }),
      ...(key && {
        idempotency: { key, fingerprint: JSON.stringify([purpose, channel, locale ?? null]) },
      }),
    }),
  )
  if (!started.ok) return started
  const { view, send } = started.value
  const answer = { ...view, to: recipient.to, channels: channelsFor(gateway, recipient) }
  if (!send) return accept({ answer, replayed: true })

  // From here on a text may cost money: the work goes on even if the client hangs up.
  const order = { view, send, recipient, locale: send.locale ?? locale }
  const dispatched =
    engine === 'delegated' && chain.verifier
      ? dispatchVerify(gateway, chain.verifier, { ...order, elsewhere: mayPassOn }, context)
      : dispatchText(gateway, order, context)
  context.waitUntil(dispatched)
  const { failure, failed, startableAt } = await dispatched
  if (!failure) return accept({ answer, replayed: false })
  const elsewhere = failed === 'unavailable' || failed === 'misconfigured'
  if (failure !== 'unknown') return { ...refuse(failure), elsewhere }
  const resendAt = startableAt ?? view.resendAt
  return accept({ answer: { ...answer, resendAt, sendStatus: failure }, replayed: false })
}

/** Wrong codes that a verification has had, by the rules of today. */
export const attemptsSpent = (
  config: Config,
  { purpose, engine, attemptsRemaining }: VerificationAnswer,
): number => Math.max(0, termsOf(config, purpose, engine).maxAttempts - attemptsRemaining)

const invalid = (path: string, message: string) =>
  refuse({ code: 'invalid_request', issues: [{ path, message }] })

const verifierRests = ({ chain }: Gateway): boolean =>
  chain.verifier !== null && chain.circuits.rests(chain.verifier.name, Date.now())

// Never more than these, whatever the general settings: an administrator's second factor is worth more.
const ADMIN_2FA = { lifetimeMs: 5 * 60_000, maxAttempts: 3 }
/** Twilio Verify's own number: it looks at no sixth code. */
const DELEGATED_ATTEMPTS = 5

function termsOf(
  { otp, cooldownsMs, sends, customCode }: Config,
  purpose: string,
  engine: Engine,
): Terms {
  const strict = purpose === 'admin_2fa'
  const delegated = engine === 'delegated' && !customCode
  return {
    codeLength: otp.length,
    lifetimeMs: strict ? Math.min(otp.lifetimeMs, ADMIN_2FA.lifetimeMs) : otp.lifetimeMs,
    maxAttempts: Math.min(
      otp.maxAttempts,
      strict ? ADMIN_2FA.maxAttempts : otp.maxAttempts,
      delegated ? DELEGATED_ATTEMPTS : otp.maxAttempts,
    ),
    cooldownsMs,
    sends,
  }
}
