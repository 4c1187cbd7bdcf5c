// Pure. What a carrier reports of a text after it took it; and a code that did not arrive, sent once more by another.
import { type CarrierRefusal, isLost, outranks, type Receipt, rankOf } from './delivery'
import { type Caller, clip, type Fact } from './event'
import { cooldownAfter, windowOpensAt } from './limits'
import { messageById, replaced } from './message'
import { isStopped } from './opt-out'
import { BARRED_MS } from './outcome'
import type { VerificationView } from './record'
import {
  about,
  type RecipientRecord,
  type Send,
  type Step,
  type Verification,
  verificationById,
  withoutCooldown,
  withVerification,
} from './record'
import { accept, type Result } from './refusal'
import { RESEND_LIFE_MS, SETTLE_MS, type SendOrder, type Terms } from './start'
import { withEntry } from './timeline'
import { viewOf } from './view'

export type ReceiptCommand = {
  /** id of the text, of a code or a message */
  text: string
  provider: string
  receipt: Receipt
  /** set where another carrier could send a code again: id for that text, and the rules it is counted by */
  reroute?: { sendId: string } & Pick<Terms, 'sends' | 'cooldownsMs'>
  caller: Caller
}

/** The text to send once more, as `start` would have it. */
export type Rerouted = { view: VerificationView; send: SendOrder; locale: string | undefined }

/**
 * Files a carrier's receipt. What is known already changes nothing and leaves no event, but for a cost, which comes last of
 * all. A code that did not arrive is sent once more, by another carrier, as long as it lives and the limits allow.
 * @returns what to send, if anything
 */
export function fileReceipt(
  state: RecipientRecord,
  command: ReceiptCommand,
  now: number,
): Step<Result<Rerouted | null>> {
  const { text, provider, receipt, caller } = command
  const status = clip(receipt.status)
  const fact: Fact = {
    type: 'delivery.updated',
    message_id: text,
    provider,
    provider_id: clip(receipt.providerId),
    status,
    ...(receipt.errorCode && { reason: clip(receipt.errorCode) }),
    ...(receipt.segments && { segments: receipt.segments }),
    ...(receipt.cost && { cost: clip(receipt.cost) }),
    ...(receipt.currency && { currency: clip(receipt.currency) }),
    ...caller,
  }
  const message = messageById(state, text)
  const send = state.sends.find(({ id }) => id === text)
  const { cost = (message ?? send)?.cost } = receipt
  const priced = cost === undefined ? {} : { cost }
  const isPriced = cost !== (message ?? send)?.cost
  if (message) {
    const errorCode = fact.reason && { errorCode: fact.reason }
    const next = withEntry(message, { status, at: now, provider, ...errorCode })
    if (next === message && !isPriced) return { state, facts: [], result: accept(null) }
    const messages = replaced(state, { ...next, ...priced })
    return {
      state: { ...learned(state, command, now), messages },
      facts: [{ ...fact, channel: 'sms' }],
      result: accept(null),
    }
  }
  const news = !send || outranks(status, send.status)
  // What has no rank is kept as it is, and changes no state.
  const isOdd = send !== undefined && isUnheard(status, send)
  if (!news && !isOdd && !isPriced) return { state, facts: [], result: accept(null) }
  const verification = send && verificationById(state, send.verification)
  const odd = isOdd && { odd: [...(send.odd ?? []), status] }
  const change = { ...priced, ...(news && { status }), ...odd }
  const filed = {
    ...learned(state, { ...command, provider: senderOf(send, provider) }, now),
    sends: state.sends.map((s) => (s === send ? { ...s, ...change } : s)),
  }
  const facts = [{ ...fact, ...(verification && about(verification)) }]
  const rerouted =
    news && send && verification && reroute(filed, send, { ...command, verification }, now)
  return rerouted
    ? { ...rerouted, facts: [...facts, ...rerouted.facts] }
    : { state: filed, facts, result: accept(null) }
}

const MAX_ODD = 8

const isUnheard = (status: string, { odd = [] }: Send) =>
  rankOf(status) < 0 && !odd.includes(status) && odd.length < MAX_ODD

/** A carrier that sends over several channels reports by its own name: what it says is of the one that the text took. */
const senderOf = (send: Send | undefined, provider: string): string =>
  send?.provider?.startsWith(`${provider}:`) ? send.provider : provider

/** What the carrier says of the recipient by it. */
function learned(
  state: RecipientRecord,
  { provider, receipt: { failure } }: ReceiptCommand,
  now: number,
): RecipientRecord {
  if (failure?.kind !== 'blocked') return state
  const { refusal } = failure
  return {
    ...state,
    barred: { provider, refusal, until: now + BARRED_MS },
    optOut: state.optOut ?? (refusal === 'opted_out' ? 'carrier' : null),
  }
}

/** Whether another carrier could do better: not where the recipient is at fault, blocked, or out of bounds. */
const isWorthAnother = ({ status, failure }: Receipt) =>
  isLost(status) &&
  (!failure || (failure.kind !== 'blocked' && ELSEWHERE.includes(failure.refusal)))

const ELSEWHERE: readonly CarrierRefusal[] = ['could_not_deliver', 'temporarily_unavailable']

/** Null where the code stays unsent: too late, done already, or held back by a limit. */
function reroute(
  state: RecipientRecord,
  send: Send,
  command: ReceiptCommand & { verification: Verification },
  now: number,
): Step<Result<Rerouted>> | null {
  const { provider, receipt, reroute: by, verification: v, caller } = command
  const isLatest = state.sends.findLast(({ verification: id }) => id === v.id)?.id === send.id
  const isAlive = v.status === 'pending' && v.expiresAt - now >= RESEND_LIFE_MS
  if (!by || !isWorthAnother(receipt) || !isLatest || !isAlive) return null
  // One that may have had it says so too late: another has taken it.
  if (send.provider !== undefined && send.provider !== provider) return null
  if (v.engine !== 'own' || v.channel !== 'sms' || v.rerouted) return null
  const untils = state.sends.map(({ until }) => until)
  const held =
    isStopped(state) ||
    state.barred ||
    state.lock?.until ||
    windowOpensAt(untils, by.sends.limit) !== null
  if (held) return null

  const next: Verification = { ...v, sends: v.sends + 1, rerouted: true }
  const again: Send = {
    id: by.sendId,
    verification: v.id,
    until: now + by.sends.windowMs,
    settleBy: now + SETTLE_MS,
  }
  const cooldown = {
    purpose: v.purpose,
    until: now + cooldownAfter(by.cooldownsMs, next.sends),
    send: again.id,
  }
  const after: RecipientRecord = {
    ...state,
    sends: [...state.sends, again].sort((a, b) => a.until - b.until),
    cooldowns: [...withoutCooldown(state, v.purpose), cooldown],
    verifications: withVerification(state, next),
  }
  const fact: Fact = {
    type: 'verification.rerouted',
    message_id: again.id,
    ...about(next),
    reason: clip(receipt.errorCode ?? receipt.status),
    ...caller,
  }
  const view = viewOf(after, next, by.sends.limit, now)
  const order = { id: again.id, codeLength: next.codeLength, end: [], only: null }
  return {
    state: after,
    facts: [fact],
    result: accept({ view, send: order, locale: next.locale }),
  }
}
