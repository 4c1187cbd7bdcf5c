import { describe, expect, it } from 'vitest'
import { type CodeWords, codeText, codeWordsOf, LANGUAGES } from '../../src/domain/code-text'
import { segmentsOf } from '../../src/domain/segments'

const MINUTE = 60_000

const wordsOf = (part: Partial<Parameters<typeof codeWordsOf>[0]> = {}): CodeWords =>
  codeWordsOf({
    wording: {},
    webOtpHost: undefined,
    appHash: undefined,
    smartEncoding: false,
    ...part,
  })
const WORDS = wordsOf()

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
        const segments = texts.map((text) => segmentsOf(text).segments)
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

const ASKED = { purpose: 'verify', locale: 'en', country: null, code: '123456', lifetimeMs: MINUTE }

describe('words of an operator', () => {
  const wording = {
    login: {
      en: 'Acme: {code} logs you in, for {lifetime}.',
      'pt-BR': '{code} é o seu código.',
      et: 'Kood {code} kehtib {lifetime}.',
    },
  }
  const words = wordsOf({ wording })
  const login = { ...ASKED, purpose: 'login' }

  it('replace those of their purpose and of no other', () => {
    expect(codeText(words, login)).toBe('Acme: 123456 logs you in, for 1 minute.')
    expect(codeText(words, ASKED)).toBe(codeText(WORDS, ASKED))
    const admin = { ...ASKED, purpose: 'admin_2fa' }
    expect(codeText(words, admin)).toBe(codeText(WORDS, admin))
  })

  it('for * are those of every purpose that has none of its own', () => {
    const acme = wordsOf({ wording: { '*': { en: 'Acme {code}' } } })
    const of = (purpose: string) => codeText(acme, { ...ASKED, purpose })
    expect(of('verify')).toBe('Acme 123456')
    expect(of('a_purpose_of_yours')).toBe('Acme 123456')
    expect(of('admin_2fa')).toMatch('Your admin login code is 123456.')
  })

  it('replace all languages at once: who asks for one that is missing reads theirs', () => {
    expect(codeText(words, { ...login, locale: 'de' })).toMatch(/^Acme: /)
    expect(codeText(words, { ...login, locale: 'pt-BR' })).toBe('123456 é o seu código.')
  })

  it('count minutes in a language that Verge has no words in', () => {
    const text = codeText(words, { ...login, locale: 'et', lifetimeMs: 2 * MINUTE })
    expect(text).toBe('Kood 123456 kehtib 2 minutit.')
  })

  it('keep the digits 0 to 9 where their locale asks for others', () => {
    const arabic = wordsOf({ wording: { '*': { 'ar-EG-u-nu-arab': '{code} {lifetime}' } } })
    expect(codeText(arabic, { ...ASKED, lifetimeMs: 11 * MINUTE })).toBe('123456 11 دقيقة')
  })

  it('may name the code twice, and lose nothing to signs that mean something elsewhere', () => {
    const twice = wordsOf({ wording: { '*': { en: '$& {code}, $1 {code} $$' } } })
    expect(codeText(twice, ASKED)).toBe('$& 123456, $1 123456 $$')
  })

  it('are folded where SMART_ENCODING says so, and else not', () => {
    const wording = { '*': { en: '“{code}” – don’t share…' } }
    expect(codeText(wordsOf({ wording }), ASKED)).toBe('“123456” – don’t share…')
    const text = codeText(wordsOf({ wording, smartEncoding: true }), ASKED)
    expect(text).toBe('"123456" - don\'t share...')
  })
})

describe('the last line of a code text', () => {
  const HOST = 'acme.example'
  const HASH = 'FA+9qCX9VSu'
  const SAID = 'Your verification code is 123456. Valid for 1 minute.'

  it.each([
    [undefined, undefined, SAID],
    [HOST, undefined, `${SAID}\n\n@acme.example #123456`],
    [HOST, HASH, `${SAID}\n\n@acme.example #123456 FA+9qCX9VSu`],
    [undefined, HASH, `${SAID}\nFA+9qCX9VSu`],
  ])(
    'with host %s and app hash %s is as browsers and apps read it',
    (webOtpHost, appHash, text) => {
      expect(codeText(wordsOf({ webOtpHost, appHash }), ASKED)).toBe(text)
    },
  )

  it('follows an operator’s words too', () => {
    const words = wordsOf({ wording: { '*': { en: 'Acme {code}' } }, webOtpHost: HOST })
    expect(codeText(words, ASKED)).toBe('Acme 123456\n\n@acme.example #123456')
  })

  it('takes the place of the lifetime in UCS-2, where there is no room for both', () => {
    const words = wordsOf({ webOtpHost: HOST })
    const of = (locale: string, purpose: string) => codeText(words, { ...ASKED, locale, purpose })
    const LINE = '\n\n@acme.example #123456'
    expect(of('es', 'verify')).toBe(`Su código de verificación es 123456.${LINE}`)
    expect(of('bn', 'verify')).toBe(`আপনার যাচাইকরণ কোড 123456।${LINE}`)
    expect(of('ar', 'admin_2fa')).toBe(`رمز تسجيل دخول المسؤول هو 123456.${LINE}`)
    expect(of('hi', 'admin_2fa')).toBe(`आपका एडमिन लॉगिन कोड 123456 है।${LINE}`)
    expect(of('de', 'verify')).toBe(`Ihr Bestätigungscode ist 123456. Gültig für 1 Minute.${LINE}`)
  })

  it('leaves what an operator says of the lifetime', () => {
    const wording = { '*': { es: 'Código {code}. Válido por {lifetime}.' } }
    const text = codeText(wordsOf({ wording, webOtpHost: HOST }), ASKED)
    expect(text).toBe('Código 123456. Válido por 1 minuto.\n\n@acme.example #123456')
  })

  const GSM_7 = ['en', 'fr', 'de']

  // Twenty characters: the longest host for which it holds in every language.
  describe.each(LANGUAGES)('in %s', (locale) => {
    const host = 'signin.acme.examples'
    const textsWith = (words: CodeWords, code: string) =>
      ['verify', 'admin_2fa'].flatMap((purpose) =>
        Array.from({ length: 60 }, (_, i) =>
          codeText(words, { purpose, locale, country: null, code, lifetimeMs: (i + 1) * MINUTE }),
        ),
      )

    it.each([
      ['WebOTP', { webOtpHost: host }],
      ['an app hash', { appHash: HASH }],
    ])('still fits one segment: %s', (_, lines) => {
      const texts = textsWith(wordsOf(lines), '123456')
      expect(texts.filter((text) => segmentsOf(text).segments !== 1)).toEqual([])
    })

    it(`fits ${GSM_7.includes(locale) ? 'one segment' : 'two'} with both, and ten digits`, () => {
      const texts = textsWith(wordsOf({ webOtpHost: host, appHash: HASH }), '0123456789')
      const segments = new Set(texts.map((text) => segmentsOf(text).segments))
      expect([...segments]).toEqual([GSM_7.includes(locale) ? 1 : 2])
    })
  })
})
