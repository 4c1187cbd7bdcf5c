// Pure. What a carrier reports of a text after it took it.
import { outranks, type Receipt } from './delivery'
import { type Caller, clip, type Fact } from './event'
import { about, type RecipientRecord, type Step, verificationById } from './record'
import { accept, type Result } from './refusal'

export type ReceiptCommand = {
  /** id of the text, of a code or a message */
  text: string
  provider: string
  receipt: Receipt
  caller: Caller
}

/**
 * Files a carrier's receipt. What ranks no higher than what is known changes nothing and leaves no event, but for a cost,
 * which comes last of all.
 */
export function fileReceipt(
  state: RecipientRecord,
  { text, provider, receipt, caller }: ReceiptCommand,
): Step<Result<null>> {
  const status = clip(receipt.status)
  const send = state.sends.find(({ id }) => id === text)
  const news = !send || outranks(status, send.status)
  if (!news && receipt.cost === undefined) return { state, facts: [], result: accept(null) }
  const verification = send && verificationById(state, send.verification)
  const fact: Fact = {
    type: 'delivery.updated',
    message_id: text,
    ...(verification && about(verification)),
    provider,
    provider_id: clip(receipt.providerId),
    status,
    ...(receipt.errorCode && { reason: clip(receipt.errorCode) }),
    ...(receipt.segments && { segments: receipt.segments }),
    ...(receipt.cost && { cost: clip(receipt.cost) }),
    ...(receipt.currency && { currency: clip(receipt.currency) }),
    ...caller,
  }
  const sends = news ? state.sends.map((s) => (s === send ? { ...s, status } : s)) : state.sends
  return { state: { ...state, sends }, facts: [fact], result: accept(null) }
}
