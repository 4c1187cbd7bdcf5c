// The flows of a verification: start (or resend), check, read, cancel. Decided in the ledger; sent by dispatch.ts.
import type { Config } from '../config'
import { refuseText } from '../domain/phone'
import type { VerificationView } from '../domain/record'
import { accept, type Result, refuse } from '../domain/refusal'
import type { Terms } from '../domain/start'
import { keyOfId } from '../keys'
import { dispatch } from './dispatch'
import { ask, type Context, type Gateway, refuseSending, shield } from './gateway'
import { type Address, findRecipient, whoIs } from './recipients'

/** `to` is whole where the caller gave it, masked where it asked by id. */
export type VerificationAnswer = VerificationView & { to: string }

export type StartRequest = Address & {
  channel: 'sms'
  purpose?: string | undefined
  locale?: string | undefined
}

/**
 * Starts a verification, or resends the code of the pending one. One ledger call, one carrier, then the answer.
 * Refuses what `findRecipient`, `refuseText`, the domain's `start` and the carrier refuse, and:
 * sending_disabled, not_configured. `replayed`: an earlier answer to the same Idempotency-Key.
 */
export async function startVerification(
  gateway: Gateway,
  request: StartRequest,
  context: Context,
): Promise<Result<{ answer: VerificationAnswer; replayed: boolean }>> {
  const { config, messenger } = gateway
  const { sending } = config
  if (sending.state !== 'ready' || !messenger) return refuse(refuseSending(config))
  const purpose = purposeOf(config, request.purpose)
  if (!purpose.ok) return purpose
  const found = await findRecipient(gateway, request, context)
  if (!found.ok) return found
  const recipient = found.value
  const unfit = recipient.phone && refuseText(recipient.phone, config.allowedCountries)
  if (unfit) return refuse(unfit)

  const { channel, locale } = request
  const { caller, idempotencyKey: key } = context
  const fingerprint = JSON.stringify([purpose.value, channel, locale ?? null])
  const started = await ask(context, () =>
    gateway.ledger(recipient.key).start(recipient.key, whoIs(recipient), {
      purpose: purpose.value,
      channel,
      engine: sending.engine,
      terms: termsOf(config, purpose.value),
      caller,
      ...(key && { idempotency: { key, fingerprint } }),
    }),
  )
  if (!started.ok) return started
  const { view, send } = started.value
  const answer = { ...view, to: recipient.to }
  if (!send) return accept({ answer, replayed: true })

  // From here on a text may cost money: the work goes on even if the client hangs up.
  const dispatched = dispatch(gateway, messenger, { view, send, recipient, locale }, context)
  context.waitUntil(dispatched)
  const { failure, startableAt } = await dispatched
  if (!failure) return accept({ answer, replayed: false })
  if (failure !== 'unknown') return refuse(failure)
  const resendAt = startableAt ?? view.resendAt
  return accept({ answer: { ...answer, resendAt, sendStatus: failure }, replayed: false })
}

/** Recipient by number, or verification by id; the purpose is the first of PURPOSES where only a number is given. */
export type CheckRequest = { code: string; purpose?: string | undefined } & (
  | { id: string }
  | Address
)

/** Checks a code: one ledger call. Refuses what `findRecipient` and the domain's `check` refuse. */
export async function checkVerification(
  gateway: Gateway,
  request: CheckRequest,
  context: Context,
): Promise<Result<VerificationAnswer>> {
  const { config } = gateway
  const id = 'id' in request ? request.id : undefined
  const anyPurpose = id !== undefined && request.purpose === undefined
  const purpose = anyPurpose ? accept(undefined) : purposeOf(config, request.purpose)
  if (!purpose.ok) return purpose
  const command = {
    target: { ...(id && { id }), ...(purpose.value && { purpose: purpose.value }) },
    code: request.code,
    sendLimit: config.sends.limit,
    simulated: config.simulated,
    caller: context.caller,
  }
  const checked =
    'id' in request
      ? await byId(gateway, request.id, context, (ledger, key) => ledger.check(key, command))
      : await byNumber(gateway, request, context, (ledger, key) => ledger.check(key, command))
  const unknown = !checked.ok && checked.refusal.code === 'not_found'
  return unknown ? refuse({ code: 'no_pending_verification' }) : checked
}

/** The state of a verification. Refuses not_found, too_many_requests. */
export const readVerification = (
  gateway: Gateway,
  id: string,
  context: Context,
): Promise<Result<VerificationAnswer>> =>
  byId(gateway, id, context, (ledger, key) => ledger.show(key, id, gateway.config.sends.limit))

/** Cancels a pending verification. Refuses what the domain's `cancel` refuses, and too_many_requests. */
export const cancelVerification = (
  gateway: Gateway,
  id: string,
  context: Context,
): Promise<Result<VerificationAnswer>> =>
  byId(gateway, id, context, (ledger, key) =>
    ledger.cancel(key, { id, sendLimit: gateway.config.sends.limit, caller: context.caller }),
  )

type LedgerCall = (
  ledger: ReturnType<Gateway['ledger']>,
  key: string,
) => Promise<Result<VerificationView & { masked: string }>>

/** An id names its record, so it needs no number; the answer shows it masked. */
async function byId(
  gateway: Gateway,
  id: string,
  context: Context,
  call: LedgerCall,
): Promise<Result<VerificationAnswer>> {
  const key = keyOfId(id)
  const shielded = await shield(gateway, key, context)
  if (shielded) return refuse(shielded)
  const result = await ask(context, () => call(gateway.ledger(key), key))
  if (!result.ok) return result
  const { masked, ...view } = result.value
  context.onRecipient(masked)
  return accept({ ...view, to: masked })
}

async function byNumber(
  gateway: Gateway,
  address: Address,
  context: Context,
  call: LedgerCall,
): Promise<Result<VerificationAnswer>> {
  const found = await findRecipient(gateway, address, context)
  if (!found.ok) return found
  const { key, to } = found.value
  const result = await ask(context, () => call(gateway.ledger(key), key))
  return result.ok ? accept({ ...result.value, to }) : result
}

function purposeOf({ purposes }: Config, asked: string | undefined): Result<string> {
  const purpose = asked ?? purposes[0]
  if (purpose !== undefined && purposes.includes(purpose)) return accept(purpose)
  const message = `must be one of ${purposes.join(', ')}`
  return refuse({ code: 'invalid_request', issues: [{ path: 'purpose', message }] })
}

// Never more than these, whatever the general settings: an administrator's second factor is worth more.
const ADMIN_2FA = { lifetimeMs: 5 * 60_000, maxAttempts: 3 }

function termsOf({ otp, cooldownsMs, sends }: Config, purpose: string): Terms {
  const strict = purpose === 'admin_2fa'
  return {
    codeLength: otp.length,
    lifetimeMs: strict ? Math.min(otp.lifetimeMs, ADMIN_2FA.lifetimeMs) : otp.lifetimeMs,
    maxAttempts: strict ? Math.min(otp.maxAttempts, ADMIN_2FA.maxAttempts) : otp.maxAttempts,
    cooldownsMs,
    sends,
  }
}
