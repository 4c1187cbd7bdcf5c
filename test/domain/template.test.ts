import { SegmentedMessage } from 'sms-segments-calculator'
import { describe, expect, it } from 'vitest'
import {
  CODE_WORDING,
  type CodeWords,
  codeText,
  LANGUAGES,
  localeOf,
  templatesOf,
} from '../../src/domain/template'

const MINUTE = 60_000

const WORDS: CodeWords = {
  templates: templatesOf(CODE_WORDING),
  webOtpHost: undefined,
  appHash: undefined,
  smartEncoding: false,
}

const textOf = (locale: string, purpose: string, what: { code: string; lifetimeMs: number }) =>
  codeText(WORDS, { locale, country: null, purpose, ...what })

describe('a code text', () => {
  it.each([
    ['en', 'Your verification code is 012345. Valid for 10 minutes.'],
    ['es', 'Su código de verificación es 012345. Válido por 10 minutos.'],
    ['pt', 'O seu código de verificação é 012345. Válido por 10 minutos.'],
    ['fr', 'Votre code de vérification est 012345. Valable 10 minutes.'],
    ['de', 'Ihr Bestätigungscode ist 012345. Gültig für 10 Minuten.'],
    ['bn', 'আপনার যাচাইকরণ কোড 012345। মেয়াদ 10 মিনিট।'],
    ['ar', 'رمز التحقق الخاص بك هو 012345. مدة صلاحيته 10 دقائق.'],
    ['hi', 'आपका सत्यापन कोड 012345 है। यह 10 मिनट तक मान्य है।'],
  ])('in %s says the code and how long it lives', (language, text) => {
    expect(textOf(language, 'verify', { code: '012345', lifetimeMs: 10 * MINUTE })).toBe(text)
  })

  it.each([
    ['en', 'Your admin login code is 012345. Valid for 5 minutes.'],
    ['es', 'Su código de administrador es 012345. Válido por 5 minutos.'],
    ['pt', 'O seu código de administrador é 012345. Válido por 5 minutos.'],
    ['fr', 'Votre code administrateur est 012345. Valable 5 minutes.'],
    ['de', 'Ihr Admin-Anmeldecode ist 012345. Gültig für 5 Minuten.'],
    ['bn', 'আপনার অ্যাডমিন লগইন কোড 012345। মেয়াদ 5 মিনিট।'],
    ['ar', 'رمز تسجيل دخول المسؤول هو 012345. مدة صلاحيته 5 دقائق.'],
    ['hi', 'आपका एडमिन लॉगिन कोड 012345 है। यह 5 मिनट तक मान्य है।'],
  ])('in %s says that it is for an administrator', (language, text) => {
    expect(textOf(language, 'admin_2fa', { code: '012345', lifetimeMs: 5 * MINUTE })).toBe(text)
  })

  it('exists in the languages named here and no other', () => {
    expect(LANGUAGES).toEqual(['en', 'es', 'pt', 'fr', 'de', 'bn', 'ar', 'hi'])
  })

  it('has words of its own for admin_2fa only', () => {
    const of = (purpose: string) =>
      textOf('en', purpose, { code: '012345', lifetimeMs: 10 * MINUTE })
    expect(of('login')).toBe(of('verify'))
    expect(of('a_purpose_of_yours')).toBe(of('verify'))
    expect(of('admin_2fa')).not.toBe(of('verify'))
  })

  it.each([
    [0, '1 minute'],
    [1, '1 minute'],
    [89_999, '1 minute'],
    [90_000, '2 minutes'],
    [149_999, '2 minutes'],
    [150_000, '3 minutes'],
    [60 * MINUTE, '60 minutes'],
  ])('with %i ms left says %s', (lifetimeMs, words) => {
    expect(textOf('en', 'verify', { code: '012345', lifetimeMs })).toContain(`for ${words}.`)
  })

  it.each([
    [1, 'دقيقة'],
    [2, 'دقيقتان'],
    [3, '3 دقائق'],
    [11, '11 دقيقة'],
    [60, '60 دقيقة'],
  ])('in Arabic counts %i minutes as Arabic does: %s', (minutes, words) => {
    const text = textOf('ar', 'verify', { code: '012345', lifetimeMs: minutes * MINUTE })
    expect(text).toContain(`مدة صلاحيته ${words}.`)
  })

  describe.each(
    LANGUAGES.flatMap((language) =>
      ['verify', 'admin_2fa'].map((purpose) => ({ language, purpose })),
    ),
  )(
    'in $language for $purpose, with ten digits and whatever lifetime,',
    ({ language, purpose }) => {
      const texts = Array.from({ length: 60 }, (_, i) =>
        textOf(language, purpose, { code: '0123456789', lifetimeMs: (i + 1) * MINUTE }),
      )

      it('fits one segment', () => {
        const segments = texts.map((text) => new SegmentedMessage(text).segmentsCount)
        expect(segments, longest(texts)).toEqual(texts.map(() => 1))
      })

      it('has no digits but 0 to 9, those of the code as they are, and nothing left to fill in', () => {
        for (const text of texts) {
          expect(text).toContain(' 0123456789')
          expect(text).not.toMatch(/(?![0-9])\p{N}|[{}]|\p{Cf}/u)
        }
      })
    },
  )
})

const longest = (texts: string[]) => texts.toSorted((a, b) => b.length - a.length)[0] ?? ''

// What the claim above rests on: 3GPP TS 23.038, in which € and its like count double.
describe('a segment', () => {
  it.each([
    ['160 characters of GSM-7', 'é'.repeat(160), 'GSM-7'],
    ['80 of its extension table', '€'.repeat(80), 'GSM-7'],
    ['70 of UCS-2', 'ó'.repeat(70), 'UCS-2'],
    ['35 outside the first plane', '𐎀'.repeat(35), 'UCS-2'],
  ])('is %s, and no more', (_, text, encoding) => {
    const [full, over] = [
      new SegmentedMessage(text),
      new SegmentedMessage(`${text}${[...text][0]}`),
    ]
    expect([full.encodingName, full.segmentsCount, over.segmentsCount]).toEqual([encoding, 1, 2])
  })
})

function languageOf(locale: string | undefined, country: string | null): string {
  const template = WORDS.templates.get('*')
  return template ? localeOf(template, { locale, country }) : ''
}

describe('the language of a text', () => {
  it('is the one asked for', () => {
    expect(languageOf('pt', 'BD')).toBe('pt')
  })

  it.each(['pt-BR', 'PT-br', 'pt-Latn-PT'])('ignores the region and case of %s', (locale) => {
    expect(languageOf(locale, 'BD')).toBe('pt')
  })

  it.each([
    ['ja', 'BD', 'bn'],
    ['eng', 'FR', 'fr'],
    ['', 'DE', 'de'],
    [undefined, 'MX', 'es'],
  ])('asked for as %s in %s is that of the country: %s', (locale, country, language) => {
    expect(languageOf(locale, country)).toBe(language)
  })

  it.each([
    [undefined, 'JP'],
    [undefined, null],
    ['ja', null],
    ['ja', 'ZZ'],
  ])('is English where neither %s nor %s is known', (locale, country) => {
    expect(languageOf(locale, country)).toBe('en')
  })

  it.each([
    ['es', ['ES', 'MX', 'CO', 'AR', 'PE', 'CL', 'EC', 'GT', 'BO', 'DO', 'HN', 'PY', 'SV', 'NI']],
    ['es', ['CR', 'PA', 'UY', 'VE']],
    ['pt', ['BR', 'PT', 'AO', 'MZ']],
    ['fr', ['FR', 'SN', 'CI']],
    ['de', ['DE', 'AT']],
    ['bn', ['BD']],
    ['ar', ['AE', 'BH', 'DZ', 'EG', 'IQ', 'JO', 'KW', 'LB', 'LY', 'MA', 'MR', 'OM', 'PS', 'QA']],
    ['ar', ['SA', 'SD', 'SY', 'TN', 'YE']],
    ['en', ['US', 'GB', 'IN', 'CH', 'BE', 'CA', 'IL', 'IR', 'PK', 'NP', 'TD']],
  ])('is %s in %s', (language, countries) => {
    expect(countries.map((country) => languageOf(undefined, country))).toEqual(
      countries.map(() => language),
    )
  })

  it('is never a name that every object has', () => {
    expect(languageOf('constructor', null)).toBe('en')
  })
})
