// From what a client calls a recipient to its record: parsing, key, and the shield in front of the ledger.
import type { CountryCode } from 'libphonenumber-js/max'
import { type EventQuery, searchEvents } from '../audit'
import { type Phone, parsePhone } from '../domain/phone'
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
}

/** `country` is for numbers in national form; DEFAULT_COUNTRY where it is not given. */
export type Address = { to: string; country?: CountryCode | undefined }

/**
 * Finds the recipient of a call. `phone` is null for Twilio's magic numbers, which the simulation takes unseen.
 * Refuses: invalid_phone_number, too_many_requests, not_configured.
 */
export async function findRecipient(
  gateway: Gateway,
  { to, country }: Address,
  context: Context,
): Promise<Result<Recipient>> {
  const { config } = gateway
  if (!config.secret) return refuse(refuseSending(config))
  const parsed =
    config.simulated && isMagicNumber(to)
      ? accept({ e164: to, country: 'US', masked: `+1******${to.slice(-4)}`, phone: null })
      : inPlan(parsePhone(to, country ?? config.defaultCountry))
  if (!parsed.ok) return parsed
  const { e164, masked, phone } = parsed.value
  context.onRecipient(masked)
  const key = await (await gateway.keys()).recipientKey(e164)
  const refusal = await shield(gateway, key, context)
  return refusal
    ? refuse(refusal)
    : accept({ key, to: e164, country: parsed.value.country, masked, phone })
}

const inPlan = (parsed: Result<Phone>) =>
  parsed.ok ? accept({ ...parsed.value, phone: parsed.value }) : parsed

/** A recipient as events show it. */
export const whoIs = ({ country, masked }: Recipient): Who => ({ country, masked })

/** What a recipient has used of its limits. Refuses what `findRecipient` refuses. */
export async function readLimits(gateway: Gateway, address: Address, context: Context) {
  const found = await findRecipient(gateway, address, context)
  if (!found.ok) return found
  const { key, to } = found.value
  const { sends } = gateway.config
  const used = await ask(context, () => gateway.ledger(key).limits(key, sends.limit))
  return used.ok ? accept({ ...used.value, to, sends }) : used
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
