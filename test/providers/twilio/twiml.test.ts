import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeTextInFull, codeWordsOf, LANGUAGES } from '../../../src/domain/code-text'
import { sayLanguage } from '../../../src/providers/twilio/locale'
import { spoken } from '../../../src/providers/twilio/twiml'
import { type Element, parseXml } from '../../xml'

const WORDS = codeWordsOf({
  wording: {},
  webOtpHost: 'app.example.com',
  appHash: 'He42w354ol9',
  smartEncoding: true,
})

const inLocale = (locale: string, code = '407716') =>
  codeTextInFull(WORDS, { purpose: 'verify', locale, country: null, code, lifetimeMs: 600_000 })

/** What is said, verb by verb: the words, or null for a pause. */
function verbs(xml: string): { language: string; said: (string | null)[] } {
  const root = parseXml(xml)
  expect(root).toMatchObject({ name: 'Response', attributes: {} })
  const children = root.children as Element[]
  const languages = new Set<string>()
  const said = children.map(({ name, attributes, children }) => {
    if (name === 'Pause') {
      expect(attributes).toEqual({ length: '1' })
      return null
    }
    expect(name).toBe('Say')
    expect(Object.keys(attributes)).toEqual(['language'])
    languages.add(attributes.language ?? '')
    return children.join('')
  })
  expect(languages.size).toBe(1)
  return { language: [...languages].join(), said }
}

// The languages of <Say>, as Twilio's own library (npm twilio 6.2.0, VoiceResponse.d.ts) names them.
const LOCALES: [string, string, string, string][] = [
  ['en', 'en-US', 'Your verification code is', 'Valid for 10 minutes.'],
  ['es', 'es-ES', 'Su código de verificación es', 'Válido por 10 minutos.'],
  ['pt', 'pt-BR', 'O seu código de verificação é', 'Válido por 10 minutos.'],
  ['fr', 'fr-FR', 'Votre code de vérification est', 'Valable 10 minutes.'],
  ['de', 'de-DE', 'Ihr Bestätigungscode ist', 'Gültig für 10 Minuten.'],
  ['bn', 'bn-IN', 'আপনার যাচাইকরণ কোড', 'মেয়াদ 10 মিনিট।'],
  ['ar', 'arb', 'رمز التحقق الخاص بك هو', 'مدة صلاحيته 10 دقائق.'],
  ['hi', 'hi-IN', 'आपका सत्यापन कोड', 'है। यह 10 मिनट तक मान्य है।'],
]

describe('what a call says', () => {
  it('is known in every language that codes have', () => {
    expect(LOCALES.map(([locale]) => locale)).toEqual(LANGUAGES)
  })

  it.each(LOCALES)(
    'is well-formed XML in %s: the words, and the digits one by one, twice',
    (locale, language, before, after) => {
      const code = '407716'
      const xml = spoken({ ...inLocale(locale, code), code })
      const digits = ['4', null, '0', null, '7', null, '7', null, '1', null, '6']
      const once = [before, null, ...digits, null, after]
      expect(verbs(xml)).toEqual({ language, said: [null, ...once, null, null, ...once] })
    },
  )

  it('is short enough for Twilio with the longest code, in every language', () => {
    for (const language of LANGUAGES) {
      const code = '0123456789'
      expect(spoken({ ...inLocale(language, code), code }).length).toBeLessThan(4000)
    }
  })

  it('is escaped', () => {
    const said = verbs(
      spoken({ body: 'A&B <Dial>+1900</Dial> "x" ]]> 1234 &amp; more', code: '1234' }),
    ).said
    expect(said[1]).toBe('A&B <Dial>+1900</Dial> "x" ]]>')
    expect(said.at(-1)).toBe('amp; more')
  })

  it('leaves the words out where they are too long, and never the digits', () => {
    const said = verbs(spoken({ body: `${'word '.repeat(600)}1234`, code: '1234' })).said
    expect(said.filter(Boolean).join('')).toBe('12341234')
    const fits = verbs(spoken({ body: `${'word '.repeat(300)}1234`, code: '1234' })).said
    expect(fits[1]).toHaveLength(1499)
  })

  it('is well-formed and says each digit twice, whatever the words', () => {
    const digits = fc.stringMatching(/^[0-9]{4,10}$/)
    const words = fc.string({ unit: 'binary', maxLength: 200 })
    fc.assert(
      fc.property(words, digits, words, fc.string(), (before, code, after, locale) => {
        const xml = spoken({ body: `${before}${code}${after}`, code, locale })
        expect(xml.length).toBeLessThanOrEqual(4000)
        const { said } = verbs(xml)
        const single = said.filter((one) => /^[0-9]$/.test(one ?? '')).join('')
        expect(single.split(code).length).toBeGreaterThanOrEqual(3)
        for (const one of said) if (one !== null) expect(one).not.toContain(code)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

describe('the language of a call', () => {
  it.each([
    ['es-MX', 'es-MX'],
    ['es-mx', 'es-MX'],
    ['es-CO', 'es-ES'],
    ['pt-PT', 'pt-PT'],
    ['pt-AO', 'pt-BR'],
    ['en-GB', 'en-GB'],
    ['en-BD', 'en-US'],
    ['bn-BD', 'bn-IN'],
    ['ar-EG', 'arb'],
    ['zh-CN', 'cmn-CN'],
    ['it', 'it-IT'],
    ['sw-KE', 'en-US'],
    ['', 'en-US'],
    ['"><Dial>', 'en-US'],
  ])('for %s is %s', (locale, language) => {
    expect(sayLanguage(locale)).toBe(language)
  })
})
