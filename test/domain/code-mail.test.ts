import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeMail } from '../../src/domain/code-mail'
import { type Code, codeText, codeWordsOf, LANGUAGES } from '../../src/domain/code-text'
import { parseXml } from '../xml'

const PLAIN = { wording: {}, webOtpHost: undefined, appHash: undefined, smartEncoding: false }
const WORDS = codeWordsOf(PLAIN)
const CODE: Code = {
  purpose: 'verify',
  locale: 'en',
  country: null,
  code: '407716',
  lifetimeMs: 600_000,
}

const mailWith = (code: Partial<Code> = {}, wording: Record<string, Record<string, string>> = {}) =>
  codeMail(codeWordsOf({ ...PLAIN, wording }), { ...CODE, ...code })

/** The page as XML: but for the doctype and its one empty element, it is. */
const pageOf = (html: string) =>
  parseXml(html.replace('<!doctype html>', '').replace('<meta charset="utf-8">', ''))

const textOf = (node: ReturnType<typeof parseXml> | string): string =>
  typeof node === 'string' ? node : node.children.map(textOf).join('')

describe('the mail of a code', () => {
  it('has a subject, a text, and a page that shows the code large', () => {
    expect(mailWith()).toEqual({
      locale: 'en',
      body: 'Your verification code is 407716. Valid for 10 minutes.',
      mail: {
        subject: 'Your verification code',
        html: '<!doctype html><html lang="en"><meta charset="utf-8"><body dir="auto"><p style="font-size:32px;letter-spacing:4px"><b>407716</b></p><p style="white-space:pre-line">Your verification code is 407716. Valid for 10 minutes.</p></body></html>',
      },
    })
  })

  it.each([
    ['en', 'Your verification code'],
    ['es', 'Su código de verificación'],
    ['pt', 'O seu código de verificação'],
    ['fr', 'Votre code de vérification'],
    ['de', 'Ihr Bestätigungscode'],
    ['bn', 'আপনার যাচাইকরণ কোড'],
    ['ar', 'رمز التحقق الخاص بك'],
    ['hi', 'आपका सत्यापन कोड'],
  ])('is in one language: %s', (locale, subject) => {
    const { body, mail, ...rest } = mailWith({ locale })
    expect(body).toBe(codeText(WORDS, { ...CODE, locale }))
    expect(rest.locale).toBe(locale)
    expect(mail.subject).toBe(subject)
    expect(mail.html).toContain(`<html lang="${locale}">`)
  })

  it('has a subject in every language that codes have', () => {
    const subjects = LANGUAGES.map((locale) => mailWith({ locale }).mail.subject)
    expect(new Set(subjects).size).toBe(LANGUAGES.length)
  })

  it('has no lines for phones, and never leaves out how long the code lives', () => {
    const words = codeWordsOf({ ...PLAIN, webOtpHost: 'app.example.com', appHash: 'He42w354ol9' })
    for (const locale of LANGUAGES) {
      const { body } = codeMail(words, { ...CODE, locale })
      expect(body).toBe(mailWith({ locale }).body)
      expect(body).not.toContain('@')
      expect(body).toContain('10')
    }
  })

  it('has the operator’s words where there are some; in other languages, their first line as its subject', () => {
    const wording = {
      '*': {
        en: '{code} is from Acme.',
        it: '{code} per {lifetime}.\nAcme',
        'pt-BR': '{code}',
        nl: `${'🦊'.repeat(120)}{code}`,
      },
    }
    const english = mailWith({}, wording)
    expect(english.body).toBe('407716 is from Acme.')
    expect(english.mail.subject).toBe('Your verification code')
    const italian = mailWith({ locale: 'it-CH' }, wording)
    expect(italian.body).toBe('407716 per 10 minuti.\nAcme')
    expect(italian.mail.subject).toBe('407716 per 10 minuti.')
    expect(italian.locale).toBe('it-CH')
    expect(mailWith({ locale: 'pt-BR' }, wording).mail.subject).toBe('O seu código de verificação')
    expect(mailWith({ locale: 'nl' }, wording).mail.subject).toBe('🦊'.repeat(100))
  })

  it.each(['\r\n', '\n', '\r', '\u0000', '\u0085', '\u2028', '\u2029', '\t', '\ud800'])(
    'has one line as its subject, whatever the words: %j begins no header',
    (end) => {
      const wording = { '*': { it: `Codice {code}${end}Bcc: eve@example.com` } }
      expect(mailWith({ locale: 'it' }, wording).mail.subject).toBe('Codice 407716')
    },
  )

  it('escapes what stands in the words, and keeps it as it is in the text', () => {
    const text = `</title><img src="https://evil.example/x.png"> & 'you' {code}`
    const { body, mail } = mailWith({ locale: 'it' }, { '*': { it: text } })
    expect(body).toBe(text.replace('{code}', '407716'))
    const safe = `&lt;/title&gt;&lt;img src=&quot;https://evil.example/x.png&quot;&gt; &amp; 'you' 407716`
    expect(mail.html).toContain(safe)
    expect(mail.html).not.toMatch(/<img/)
  })

  it('is one well-formed page that loads nothing, whatever the words', () => {
    const words = fc.string({ unit: 'grapheme', maxLength: 200 })
    fc.assert(
      fc.property(words, fc.constantFrom('en', 'it'), fc.string(), (text, language, region) => {
        const locale = `${language}-${region}`
        const wording = { '*': { [language]: `${text.replace(/[{}]/g, '')}{code}` } }
        const { body, mail } = mailWith({ locale }, wording)
        const page = pageOf(mail.html)
        expect(page.attributes).toEqual({ lang: locale })
        expect(textOf(page)).toBe(`407716${body}`)
        expect(mail.subject).not.toMatch(/[\r\n]/)
        const names = [...mail.html.matchAll(/<([a-z]+)/g)].map(([, name]) => name)
        expect(names.join(' ')).toBe('html meta body p b p')
        expect(mail.html.replace(/>[^<]*</g, '><')).not.toMatch(/url\(|src=|href=/)
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})
