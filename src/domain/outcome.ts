// Pure. What a record learns from any text's outcome, be it a code's or a message's.
import type { SendOutcome } from './delivery'
import { type Caller, clip, type Fact } from './event'
import type { RecipientRecord } from './record'

/** What an event says of an outcome. */
export const factOfOutcome = (outcome: SendOutcome, caller: Caller): Omit<Fact, 'type'> => ({
  provider: outcome.provider,
  ...(outcome.providerId && { provider_id: clip(outcome.providerId) }),
  ...(outcome.segments && { segments: outcome.segments }),
  ...(outcome.requestId && { provider_request_id: clip(outcome.requestId) }),
  ...(outcome.status === 'failed' && { reason: clip(outcome.reason) }),
  latency_ms: outcome.latencyMs,
  ...caller,
})

/** The same record, knowing what the carriers said of its recipient. */
export const heard = (
  state: RecipientRecord,
  outcome: SendOutcome,
  now: number,
): RecipientRecord => ({
  ...state,
  barred: barredBy(state, outcome, now),
  optOut: optOutBy(state, outcome),
})

/** A carrier that takes a text takes its own word back; a STOP stands, also one that came while the text was on its way. */
function optOutBy({ optOut }: RecipientRecord, outcome: SendOutcome): RecipientRecord['optOut'] {
  if (outcome.status === 'sent') return optOut === 'carrier' ? null : optOut
  return optOut ?? (outcome.refusal === 'opted_out' ? 'carrier' : null)
}

/** How long nobody but the carrier that blocked a recipient is asked. */
export const BARRED_MS = 24 * 3_600_000

/** A block is no less one when the carrier that knows of it cannot be asked: nobody else is, until it takes a text again. */
function barredBy(
  { barred }: RecipientRecord,
  { status, provider, failures }: SendOutcome,
  now: number,
): RecipientRecord['barred'] {
  const block = failures.findLast(({ kind }) => kind === 'blocked')
  if (block) return { provider: block.provider, refusal: block.refusal, until: now + BARRED_MS }
  return status === 'sent' && provider === barred?.provider ? null : barred
}
