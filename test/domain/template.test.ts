import { describe, expect, it } from 'vitest'
import { codeText, LANGUAGES, languageOf } from '../../src/domain/template'

const MINUTE = 60_000

// 3GPP TS 23.038, without the extension table, whose characters count double.
const GSM_7 = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)

const fitsOneSegment = (text: string) =>
  text.length <= ([...text].every((char) => GSM_7.has(char)) ? 160 : 70)

describe('a code text', () => {
  it.each([
    ['en', 'Your verification code is 012345. Valid for 10 minutes.'],
    ['es', 'Su código de verificación es 012345. Válido por 10 minutos.'],
    ['pt', 'O seu código de verificação é 012345. Válido por 10 minutos.'],
    ['fr', 'Votre code de vérification est 012345. Valable 10 minutes.'],
    ['de', 'Ihr Bestätigungscode ist 012345. Gültig für 10 Minuten.'],
    ['bn', 'আপনার যাচাইকরণ কোড 012345। মেয়াদ ১০ মিনিট।'],
  ])('in %s says the code and how long it lives', (language, text) => {
    expect(codeText(language, 'verify', { code: '012345', lifetimeMs: 10 * MINUTE })).toBe(text)
  })

  it.each([
    ['en', 'Your admin login code is 012345. Valid for 5 minutes.'],
    ['es', 'Su código de administrador es 012345. Válido por 5 minutos.'],
    ['pt', 'O seu código de administrador é 012345. Válido por 5 minutos.'],
    ['fr', 'Votre code administrateur est 012345. Valable 5 minutes.'],
    ['de', 'Ihr Admin-Anmeldecode ist 012345. Gültig für 5 Minuten.'],
    ['bn', 'আপনার অ্যাডমিন লগইন কোড 012345। মেয়াদ ৫ মিনিট।'],
  ])('in %s says that it is for an administrator', (language, text) => {
    expect(codeText(language, 'admin_2fa', { code: '012345', lifetimeMs: 5 * MINUTE })).toBe(text)
  })

  it('exists in the languages named here and no other', () => {
    expect(LANGUAGES).toEqual(['en', 'es', 'pt', 'fr', 'de', 'bn'])
  })

  it('has words of its own for admin_2fa only', () => {
    const of = (purpose: string) =>
      codeText('en', purpose, { code: '012345', lifetimeMs: 10 * MINUTE })
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
    expect(codeText('en', 'verify', { code: '012345', lifetimeMs })).toContain(`for ${words}.`)
  })

  it.each(LANGUAGES.flatMap((language) => ['verify', 'admin_2fa'].map((p) => [language, p])))(
    'in %s for %s fits one segment with a code of ten digits',
    (language = '', purpose = '') => {
      for (const minutes of [1, 2, 5, 10, 60]) {
        const text = codeText(language, purpose, {
          code: '1234567890',
          lifetimeMs: minutes * MINUTE,
        })
        expect(fitsOneSegment(text), text).toBe(true)
        expect(text).toContain('1234567890')
        expect(text).not.toMatch(/[{}]/)
      }
    },
  )
})

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
    ['en', ['US', 'GB', 'IN', 'CH', 'BE', 'CA']],
  ])('is %s in %s', (language, countries) => {
    expect(countries.map((country) => languageOf(undefined, country))).toEqual(
      countries.map(() => language),
    )
  })

  it('is never a name that every object has', () => {
    expect(languageOf('constructor', null)).toBe('en')
  })
})
