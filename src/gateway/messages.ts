// The flow of a message: composed, counted in its recipient's record, sent. Reading one back, with what became of it.
import { eventsOfText } from '../audit'
import type { Config } from '../config'
import type { AddCommand, MessageView } from '../domain/message'
import { refuseChannel } from '../domain/phone'
import { accept, type Result, refuse } from '../domain/refusal'
import { folded, segmentsOf } from '../domain/segments'
import { renderMessage } from '../domain/template'
import { timelineOf } from '../domain/timeline'
import { keyOfId, newId } from '../keys'
import { sha256 } from '../providers/sha256'
import { dispatchMessage } from './dispatch'
import { ask, type Context, type Gateway, notConfigured, refuseSending } from './gateway'
import { type Address, findRecipient, type Recipient, whoIs } from './recipients'

/** Free text, or a template of the operator's with what is filled in. */
export type Content =
  | { body: string }
  | { template: string; variables: Record<string, string>; locale: string | undefined }

export type MessageRequest = Address & { content: Content }

/** As of now: what becomes of it later is read by its id. */
export type MessageAnswer = Omit<MessageView, 'timeline'> & { to: string; simulated: boolean }

/**
 * Sends a message. One ledger call, one carrier, then the answer. Refuses what `compose`, the domain's `add` and the carrier
 * refuse. `replayed`: an earlier answer to the same Idempotency-Key.
 */
export async function sendMessage(
  gateway: Gateway,
  request: MessageRequest,
  context: Context,
): Promise<Result<{ answer: MessageAnswer; replayed: boolean }>> {
  const composed = await compose(gateway, request, context)
  if (!composed.ok) return composed
  const { recipient, body, command } = composed.value
  const { key } = recipient
  const addition = { key, who: whoIs(recipient), ...command }
  const added = await ask(context, () => gateway.ledger(key).addMessage(addition))
  if (!added.ok) return added
  const { view, send, replayed } = added.value
  const { timeline: _, ...now } = view
  const answer = { ...now, to: recipient.to, simulated: gateway.config.simulated }
  if (replayed || !send) return accept({ answer, replayed: true })

  // From here on a text may cost money: the work goes on even if the client hangs up.
  const dispatching = dispatchMessage(gateway, { send, body, recipient }, context)
  context.waitUntil(dispatching)
  const { failure } = await dispatching
  if (failure && failure !== 'unknown') return refuse(failure)
  return accept({ answer: { ...answer, status: failure ?? 'sent' }, replayed: false })
}

/** A text for a recipient, and the command that counts it. */
export type Composed = { recipient: Recipient; body: string; command: AddCommand }

/**
 * The text of a message, if it may be sent at all. Refuses: sending_disabled, not_configured, invalid_request,
 * message_too_long, and what `findRecipient` and `refuseChannel` refuse.
 */
export async function compose(
  gateway: Gateway,
  { content, ...address }: MessageRequest,
  context: Context,
): Promise<Result<Composed>> {
  const { config, chain } = gateway
  if (config.sending.state !== 'ready') return refuse(refuseSending(config))
  const found = await findRecipient(gateway, address, context)
  if (!found.ok) return found
  const recipient = found.value
  const { key, phone, country } = recipient
  if (recipient.isMailbox)
    return refuse({
      code: 'invalid_request',
      issues: [{ path: 'to', message: 'must be a phone number' }],
    })
  const unfit = phone && refuseChannel(phone, 'sms', config.allowedCountries)
  if (unfit) return refuse(unfit)
  if (chain.messengersFor({ channel: 'sms', country }).length === 0)
    return refuse(notConfigured([NO_SENDER]))
  const text = wordsOf(config, content, country)
  if (!text.ok) return text
  const { body, segments, encoding } = text.value
  const { limit, windowMs } = config.messages
  const { idempotencyKey } = context
  const command: AddCommand = {
    id: newId('SM', key),
    terms: { limit, windowMs },
    segments,
    encoding,
    caller: context.caller,
    ...(idempotencyKey !== undefined && {
      idempotency: { key: idempotencyKey, fingerprint: await fingerprintOf(body) },
    }),
  }
  return accept({ recipient, body, command })
}

/** The words of a text, and what it will be billed as. */
function wordsOf({ messages }: Config, content: Content, country: string | null) {
  const { templates, smartEncoding, maxSegments } = messages
  const rendered =
    'body' in content ? accept(content.body) : renderMessage(templates, { ...content, country })
  if (!rendered.ok) return rendered
  // Half a surrogate pair is in no encoding: a carrier would refuse it, or break on it.
  const words = rendered.value.toWellFormed()
  const body = smartEncoding ? folded(words) : words
  // Empty values in a template, or nothing but what folding takes away: no carrier takes that, now or later.
  if (body.trim() === '') {
    const path = 'body' in content ? 'body' : 'variables'
    return refuse({ code: 'invalid_request', issues: [{ path, message: 'must leave some text' }] })
  }
  const { segments, encoding } = segmentsOf(body)
  return segments > maxSegments
    ? refuse({ code: 'message_too_long', segments, maxSegments })
    : accept({ body, segments, encoding })
}

const NO_SENDER = {
  variable: 'TWILIO_FROM_NUMBER',
  problem: 'or another sender is missing; Twilio Verify sends nothing but codes',
}

/** Of the words nothing is kept but this. */
const fingerprintOf = async (body: string): Promise<string> =>
  `message ${await sha256(new TextEncoder().encode(body))}`

/**
 * A text by its id: a message from its record; later, and for codes, from the audit log, which may lag some seconds.
 * Refuses not_found.
 */
export async function readMessage(
  gateway: Gateway,
  id: string,
  context: Context,
): Promise<Result<ShownMessage>> {
  const key = keyOfId(id)
  const shown = await ask(context, () => gateway.ledger(key).showMessage(key, id))
  const { simulated } = gateway.config
  if (!shown.ok && shown.refusal.code !== 'not_found') return shown
  if (shown.ok) {
    const { masked, ...view } = shown.value
    context.onRecipient(masked)
    return accept({ ...view, to: masked, simulated })
  }
  const events = await ask(context, async () =>
    accept(await eventsOfText(gateway.env.AUDIT, key, id)),
  )
  if (!events.ok) return events
  const [first] = events.value
  if (!first) return refuse({ code: 'not_found' })
  context.onRecipient(first.to_masked)
  return accept({ ...timelineOf(events.value), id, to: first.to_masked, simulated })
}

/** `to` is masked. Of a text that only the audit log remembers, the encoding is not known. */
export type ShownMessage = Pick<MessageView, 'id' | 'status' | 'timeline'> &
  Partial<MessageView> & { to: string; simulated: boolean }
