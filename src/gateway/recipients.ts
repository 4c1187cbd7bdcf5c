// From what a client calls a recipient to its record: parsing, key, and the shield in front of the ledger.
import { type EventQuery, searchEvents } from '../audit'
import type { Config } from '../config'
import { parseMailbox } from '../domain/mailbox'
import { type CountryCode, type Phone, parsePhone } from '../domain/phone'
import { accept, type Result, refuse } from '../domain/refusal'
import type { Who } from '../objects/ledger'
import { isMagicNumber } from '../providers/simulation'
import { ask, type Context, type Gateway, refuseSending, shield } from './gateway'

export type Recipient = {
  key: string
  to: string
  country: string | null
  masked: string
  phone: Phone | null
  isMailbox: boolean
}

/** `country` is for numbers in national form; DEFAULT_COUNTRY where it is not given. */
export type Address = { to: string; country?: CountryCode | undefined }

/**
 * Finds the recipient of a call. `phone` is null for Twilio's magic numbers, which the simulation takes unseen. The last
 * ones are kept: a check follows its start, and an attack knocks again and again; to find them is 6 % of a wrong code's CPU.
 * Refuses: invalid_phone_number, too_many_requests, not_configured.
 */
export async function findRecipient(
  gateway: Gateway,
  { to, country }: Address,
  context: Context,
): Promise<Result<Recipient>> {
  const { config, recipients } = gateway
  if (!config.secret) return refuse(refuseSending(config))
  const region = country ?? config.defaultCountry
  const called = `${region ?? ''} ${to}`
  let recipient = recipients.get(called)
  if (!recipient) {
    const parsed = addressee(config, to, region)
    if (!parsed.ok) return parsed
    const key = await (await gateway.keys()).recipientKey(parsed.value.to)
    recipient = { key, ...parsed.value }
    keep(recipients, called, recipient)
  }
  context.onRecipient(recipient.masked)
  const refusal = await shield(gateway, recipient.key, context)
  return refusal ? refuse(refusal) : accept(recipient)
}

const KEPT = 500

/** Who was kept longest makes room. */
function keep(recipients: Gateway['recipients'], called: string, recipient: Recipient): void {
  recipients.set(called, recipient)
  const [oldest] = recipients.keys()
  if (recipients.size > KEPT && oldest !== undefined) recipients.delete(oldest)
}

type Addressee = Omit<Recipient, 'key'>

function addressee({ simulated }: Config, to: string, region: CountryCode | undefined) {
  if (simulated && isMagicNumber(to)) return accept(magic(to))
  return to.includes('@') ? mailbox(to) : number(to, region)
}

const magic = (to: string): Addressee => {
  return { to, country: 'US', masked: `+1******${to.slice(-4)}`, phone: null, isMailbox: false }
}

function mailbox(to: string): Result<Addressee> {
  const parsed = parseMailbox(to)
  return parsed.ok
    ? accept({ ...parsed.value, country: null, phone: null, isMailbox: true })
    : parsed
}

function number(to: string, country: CountryCode | undefined): Result<Addressee> {
  const parsed = parsePhone(to, country)
  if (!parsed.ok) return parsed
  const phone = parsed.value
  const { e164, masked } = phone
  return accept({ to: e164, country: phone.country, masked, phone, isMailbox: false })
}

/** A recipient as events show it. */
export const whoIs = ({ country, masked }: Recipient): Who => ({ country, masked })

/** What a recipient has used of its limits. Refuses what `findRecipient` refuses. */
export async function readLimits(gateway: Gateway, address: Address, context: Context) {
  const found = await findRecipient(gateway, address, context)
  if (!found.ok) return found
  const { key, to } = found.value
  const { sends, messages } = gateway.config
  const used = await ask(context, () => gateway.ledger(key).limits(key, sends.limit))
  if (!used.ok) return used
  return accept({
    ...used.value,
    to,
    sends: { ...sends, untils: used.value.sends },
    // One that waits counts for as long as it may wait; sent now, it would count for a window.
    messages: {
      ...messages,
      untils: used.value.messages.map((until) => Math.min(until, Date.now() + messages.windowMs)),
    },
  })
}

/** The last texts that a recipient's phone would show, newest last. not_found in every engine but simulation. */
export async function readSimulatedTexts(gateway: Gateway, address: Address, context: Context) {
  if (!gateway.config.simulated) return refuse({ code: 'not_found' })
  const found = await findRecipient(gateway, address, context)
  if (!found.ok) return found
  const { key, to } = found.value
  const texts = await ask(context, () => gateway.ledger(key).texts(key))
  return texts.ok ? accept({ to, texts: texts.value }) : texts
}

type AuditQuery = { [Field in keyof Address]?: Address[Field] | undefined } & EventQuery

/** A page of the audit log, of one recipient or of all. Refuses what `findRecipient` refuses, if a number is given. */
export async function readAudit(
  gateway: Gateway,
  { to, country, ...filter }: AuditQuery,
  context: Context,
) {
  const found = to === undefined ? null : await findRecipient(gateway, { to, country }, context)
  if (found?.ok === false) return found
  const query = { ...filter, recipient: found?.value.key }
  return ask(context, async () => accept(await searchEvents(gateway.env.AUDIT, query)))
}
