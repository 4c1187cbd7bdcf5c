import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CountryCode,
  localDigits,
  maskPhone,
  type Phone,
  parsePhone,
  refuseChannel,
} from '../../src/domain/phone'

// Reserved for fiction where the plan in libphonenumber has them: +1 NPA 555-01xx, Australia's +61 491 57x xxx, Sweden's
// +46 70 174 06xx. The British ones (+44 7700 900xxx) count as not in use there.
const AMERICAN: Phone = {
  e164: '+12025550123',
  country: 'US',
  masked: '+1******0123',
  type: 'FIXED_LINE_OR_MOBILE',
}

const e164Of = (text: string, country?: CountryCode) => {
  const parsed = parsePhone(text, country)
  return parsed.ok ? parsed.value.e164 : parsed.refusal
}
const invalid = (reason: string) => ({ code: 'invalid_phone_number', reason })

/** A number that must parse. */
function phone(text: string): Phone {
  const parsed = parsePhone(text)
  if (!parsed.ok) throw new Error(`${text} does not parse`)
  return parsed.value
}

describe('a number in international form', () => {
  it('is what it says', () => {
    expect(parsePhone('+12025550123')).toEqual({ ok: true, value: AMERICAN })
  })

  it.each([
    '+1 (202) 555-0123',
    '+1-202-555-0123',
    '+1.202.555.0123',
    '+1/202/555/0123',
    '+1\u00a0202\u00a0555\u00a00123',
    '+12025550123 ',
  ])('is read through what people type: %s', (text) => {
    expect(e164Of(text)).toBe('+12025550123')
  })

  it('is read through the national zero in brackets', () => {
    expect(e164Of('+46 (0)70 174 06 05')).toBe('+46701740605')
  })

  it('is the same whatever country is assumed', () => {
    expect(parsePhone('+12025550123', 'GB')).toEqual({ ok: true, value: AMERICAN })
  })

  it.each<[string, CountryCode | null]>([
    ['+12025550123', 'US'],
    ['+16135550123', 'CA'],
    ['+12423571234', 'BS'],
    ['+447624123456', 'IM'],
    ['+77012345678', 'KZ'],
    ['+61491570156', 'AU'],
    ['+46701740605', 'SE'],
    ['+883510000000', null],
  ])('%s is in the real region %s, not the first of its calling code', (text, country) => {
    expect(phone(text).country).toBe(country)
  })
})

describe('a number in national form', () => {
  it.each<[string, CountryCode, string]>([
    ['(202) 555-0123', 'US', '+12025550123'],
    ['12025550123', 'US', '+12025550123'],
    ['0491 570 156', 'AU', '+61491570156'],
    ['070-174 06 05', 'SE', '+46701740605'],
    ['01712345678', 'BD', '+8801712345678'],
    ['06 12345678', 'IT', '+390612345678'],
  ])('%s is read by the rules of %s', (text, country, e164) => {
    expect(e164Of(text, country)).toBe(e164)
  })

  it.each<[string, CountryCode]>([
    ['011 61 491 570 156', 'US'],
    ['0061 491 570 156', 'GB'],
  ])('%s is read as a call abroad from %s', (text, country) => {
    expect(e164Of(text, country)).toBe('+61491570156')
  })

  it.each(['2025550123', '0491570156', '0061491570156'])(
    'is refused where no country is known: %s',
    (text) => {
      expect(e164Of(text)).toEqual(invalid('not_e164'))
    },
  )
})

describe('what is not a number', () => {
  it.each([
    '',
    '+',
    '++12025550123',
    'tel:+12025550123',
    '+1-202-FLOWERS',
    '+1 202 555 0123 ext 5',
    '+12025550123;ext=5',
    '+12025550123,+12025550124',
    '+12025550123\n',
    '+1\t2025550123',
    '+١٢٠٢٥٥٥٠١٢٣',
    '+１２０２５５５０１２３',
    '+0123456789',
    '+999123456',
    'me@example.com',
  ])('is refused as malformed: %j', (text) => {
    expect(e164Of(text)).toEqual(invalid('malformed'))
  })

  it('is refused as too long, and past forty characters as malformed', () => {
    expect(e164Of(`+${'1'.repeat(40)}`)).toEqual(invalid('too_long'))
    expect(e164Of(`+${'1'.repeat(41)}`)).toEqual(invalid('malformed'))
  })

  it('is refused past the fifteen digits of E.164, where a plan sets no end', () => {
    expect(e164Of('+493012345678901')).toBe('+493012345678901')
    expect(e164Of('+4930123456789012')).toEqual(invalid('too_long'))
  })

  it('is refused one digit short and one digit over', () => {
    expect(e164Of('+1202555012')).toEqual(invalid('too_short'))
    expect(e164Of('+12025550123')).toBe('+12025550123')
    expect(e164Of('+120255501234')).toEqual(invalid('too_long'))
  })

  it.each<[string, CountryCode]>([
    ['911', 'US'],
    ['112', 'GB'],
    ['72345', 'US'],
  ])('is refused as a short code: %s in %s', (text, country) => {
    expect(e164Of(text, country)).toEqual(invalid('too_short'))
  })

  it.each(['+447700900123', '+441632960123', '+10000000000', '+17001234567'])(
    'is refused where no plan assigns it: %s',
    (text) => {
      expect(e164Of(text)).toEqual(invalid('not_in_use'))
    },
  )
})

describe('every text', () => {
  const typed = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.stringMatching(/^\+?[0-9().\-/ ]{0,45}$/),
    fc.stringMatching(/^\+(1|44|46|61|880)[0-9]{6,12}$/),
  )
  const countries = fc.constantFrom<(CountryCode | undefined)[]>(undefined, 'US', 'GB', 'BD')

  it('is either refused or an E.164 number that reads as itself', () => {
    fc.assert(
      fc.property(typed, countries, (text, country) => {
        const parsed = parsePhone(text, country)
        if (!parsed.ok) {
          expect(parsed.refusal.code).toBe('invalid_phone_number')
          return
        }
        expect(parsed.value.e164).toMatch(/^\+[1-9][0-9]{4,14}$/)
        expect(parsePhone(parsed.value.e164)).toEqual(parsed)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

describe('a text', () => {
  it.each([
    ['+12025550123', 'FIXED_LINE_OR_MOBILE'],
    ['+61491570156', 'MOBILE'],
  ])('may go to %s (%s)', (text, type) => {
    expect(phone(text).type).toBe(type)
    expect(refuseChannel(phone(text), 'sms', [])).toBe(null)
  })

  it.each([
    ['+19005550100', 'PREMIUM_RATE'],
    ['+491805123456', 'SHARED_COST'],
  ])('may not go to %s, which bills who calls it (%s)', (text, type) => {
    expect(phone(text).type).toBe(type)
    expect(refuseChannel(phone(text), 'sms', [])).toEqual(invalid('premium_rate'))
  })

  it.each([
    ['+442079460000', 'fixed_line'],
    ['+18005550100', 'toll_free'],
    ['+3278151515', 'uan'],
    ['+447640123456', 'pager'],
    ['+447011234567', 'personal_number'],
  ])('cannot go to %s (%s)', (text, reason) => {
    expect(refuseChannel(phone(text), 'sms', [])).toEqual({ code: 'not_sms_capable', reason })
  })

  it('may go where the allow-list says, and nowhere else', () => {
    expect(refuseChannel(AMERICAN, 'sms', ['GB', 'US'])).toBe(null)
    expect(refuseChannel(AMERICAN, 'sms', ['GB', 'CA'])).toEqual({
      code: 'country_not_allowed',
      country: 'US',
    })
  })

  it('may go to any country where the allow-list is empty', () => {
    expect(refuseChannel(AMERICAN, 'sms', [])).toBe(null)
  })

  it('may not go to a number of no country, with or without an allow-list', () => {
    for (const allowed of [[], ['US']])
      expect(refuseChannel(phone('+883510000000'), 'sms', allowed)).toEqual({
        code: 'country_not_allowed',
        country: null,
      })
  })
})

describe('a masked number', () => {
  it.each([
    ['1', '2025550123', '+1******0123'],
    ['44', '7700900123', '+44******0123'],
    ['61', '12345678', '+61****5678'],
    ['61', '1234567', '+61****567'],
    ['290', '8000', '+290**00'],
    ['290', '800', '+290**0'],
    ['290', '80', '+290*0'],
  ])('shows of +%s %s never more than four digits nor half: %s', (code, national, masked) => {
    expect(maskPhone(code, national)).toBe(masked)
  })

  it('keeps its length and never shows more than half', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[1-9][0-9]{0,2}$/),
        fc.stringMatching(/^[0-9]{2,14}$/),
        (code, national) => {
          const masked = maskPhone(code, national)
          expect(masked).toHaveLength(1 + code.length + national.length)
          const shown = /[0-9]*$/.exec(masked)?.[0] ?? ''
          expect(national.endsWith(shown)).toBe(true)
          expect(shown.length).toBe(Math.min(4, Math.floor(national.length / 2)))
        },
      ),
      { seed: 1 },
    )
  })

  it('shows nothing of a single digit', () => {
    expect(maskPhone('290', '8')).toBe('+290*')
  })
})

describe('a number as dialled in its own country', () => {
  it.each([
    ['+8801700000000', '01700000000'],
    ['+12025550123', '2025550123'],
    ['+447700900123', '07700900123'],
    ['+46701740605', '0701740605'],
    ['+390612345678', '0612345678'],
    ['+999123', '999123'],
  ])('%s is %s', (e164, local) => {
    expect(localDigits(e164)).toBe(local)
  })
})
