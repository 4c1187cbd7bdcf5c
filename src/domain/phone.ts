// Pure. Text → a phone number that may be texted, or why not. Numbering plans are libphonenumber's: plans.ts has its data
// without what Verge never reads, and the entry core/es6 its code without what only old browsers need.
import {
  type CountryCode,
  type NumberType,
  parsePhoneNumberFromString,
  validatePhoneNumberLength,
} from 'libphonenumber-js/core/es6'
import { PLANS } from './plans'
import { accept, type Refusal, type Result, refuse } from './refusal'

export type { CountryCode }

/** `country` is the real ISO 3166 region (+1 is 25 of them), null where a number belongs to none. */
export type Phone = { e164: string; country: CountryCode | null; masked: string; type: NumberType }

/** Whether it is an ISO 3166 alpha-2 code, in capitals, of a country with telephones. */
export const isCountry = (code: string): code is CountryCode => Object.hasOwn(PLANS.countries, code)

// A plus sign and 15 digits: E.164, 6.1. Plans without a fixed length, such as Germany's, would take more.
const LONGEST = 16

// What people and `tel` inputs type. Digits of other scripts are refused rather than guessed at.
const DIALLABLE = /^\+?[0-9().\-/ \u00a0]{1,40}$/

/**
 * Parses E.164, or national form when `country` (ISO 3166 alpha-2) is known.
 * Refuses `invalid_phone_number` with a reason: malformed, not_e164, too_short, too_long, not_in_use.
 */
export function parsePhone(text: string, country?: CountryCode): Result<Phone> {
  const invalid = (reason: string) => refuse({ code: 'invalid_phone_number', reason })
  if (!DIALLABLE.test(text)) return invalid('malformed')
  if (!text.startsWith('+') && !country) return invalid('not_e164')
  const options = { extract: false, ...(country && { defaultCountry: country }) }
  const parsed = parsePhoneNumberFromString(text, options, PLANS)
  const type = parsed?.getType()
  if (!parsed || !type) {
    const length = validatePhoneNumberLength(text, options, PLANS)
    if (length === 'TOO_SHORT' || length === 'TOO_LONG') return invalid(length.toLowerCase())
    return invalid(parsed ? 'not_in_use' : 'malformed')
  }
  const { number: e164, countryCallingCode, nationalNumber } = parsed
  if (e164.length > LONGEST) return invalid('too_long')
  return accept({
    e164,
    country: parsed.country ?? null,
    masked: maskPhone(countryCallingCode, nationalNumber),
    type,
  })
}

// Types that bill the caller or are not a person's phone. 21268 is Twilio's own refusal of premium numbers.
const PREMIUM: readonly NumberType[] = ['PREMIUM_RATE', 'SHARED_COST']
const MUTE: readonly NumberType[] = [
  'FIXED_LINE',
  'TOLL_FREE',
  'UAN',
  'VOICEMAIL',
  'PAGER',
  'PERSONAL_NUMBER',
]

/** Why a text or call to this number would fail or be abused; null where it may go. A landline can be called. */
export function refuseChannel(
  { type, country }: Phone,
  channel: string,
  allowed: readonly string[],
): Refusal | null {
  if (PREMIUM.includes(type)) return { code: 'invalid_phone_number', reason: 'premium_rate' }
  if (MUTE.includes(type) && !(channel === 'call' && type === 'FIXED_LINE'))
    return { code: 'not_sms_capable', reason: type?.toLowerCase() ?? 'unknown' }
  // Satellite and international networks belong to no country: nobody lists them, and fraud likes them.
  if (country === null || (allowed.length > 0 && !allowed.includes(country)))
    return { code: 'country_not_allowed', country }
  return null
}

/** `+1********0123`: calling code and at most the last four digits, fewer where four would be over half the number. */
export function maskPhone(callingCode: string, national: string): string {
  const shown = Math.min(4, Math.floor(national.length / 2))
  return `+${callingCode}${'*'.repeat(national.length - shown)}${national.slice(national.length - shown)}`
}

/** As dialled within its own country: `01700000000` of `+8801700000000`, with the trunk prefix where a phone has one. */
export function localDigits(e164: string): string {
  const parsed = parsePhoneNumberFromString(e164, { extract: false }, PLANS)
  return (parsed?.formatNational() ?? e164).replace(/\D/g, '')
}
