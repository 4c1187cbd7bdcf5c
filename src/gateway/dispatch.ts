// Sends what a ledger decided on through the carriers that may be asked: a code of Verge's making, or a message.
import type { MessageOrder } from '../domain/message'
import type { VerificationView } from '../domain/record'
import { segmentsOf } from '../domain/segments'
import type { SendOrder } from '../domain/start'
import type { Settlement } from '../objects/ledger'
import { deliver } from '../providers/chain'
import type { Sent, Text } from '../providers/provider'
import { callingFor } from './carriers'
import { wordsOf } from './channels'
import type { Context, Gateway } from './gateway'
import { type Dispatched, type Done, settle } from './outcomes'
import type { Recipient } from './recipients'

export type Order = {
  view: VerificationView
  send: SendOrder
  recipient: Recipient
  locale: string | undefined
  /** a carrier that has failed to deliver it */
  not?: string
}

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
    validForSeconds: lifetimeMs / 1000,
    ...wordsOf(gateway.config, channel, { purpose, locale, country, code, lifetimeMs }),
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
  const callbackBase = gateway.config.publicBaseUrl ?? reachable(context.origin())
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
export const barred = ({ provider, refusal }: NonNullable<SendOrder['only']>): Done<Sent> => ({
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
export const isListed = ({ config }: Gateway, { country }: Recipient) =>
  config.allowedCountries.some((listed) => listed === country)

/** An origin that a carrier on the internet can call, or nothing. */
const reachable = (origin: string) => (origin.startsWith('https:') ? origin : undefined)
