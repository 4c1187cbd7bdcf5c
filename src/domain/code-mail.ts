// Pure. The mail that brings a code: subject, text and HTML, in one language.
import { type Code, type CodeWords, codeTextInFull } from './code-text'
import { escaped } from './markup'

const SUBJECTS: Record<string, string> = {
  en: 'Your verification code',
  es: 'Su código de verificación',
  pt: 'O seu código de verificação',
  fr: 'Votre code de vérification',
  de: 'Ihr Bestätigungscode',
  bn: 'আপনার যাচাইকরণ কোড',
  ar: 'رمز التحقق الخاص بك',
  hi: 'आपका सत्यापन कोड',
}

export type CodeMail = {
  body: string
  /** BCP 47 */
  locale: string
  mail: { subject: string; html: string }
}

/** Its subject is in the language of its text; where Verge has none in that, the text's own first line. */
export function codeMail(words: CodeWords, code: Code): CodeMail {
  const { body, locale } = codeTextInFull(words, code)
  const subject = SUBJECTS[locale.split('-')[0] ?? ''] ?? firstLineOf(body)
  return { body, locale, mail: { subject, html: htmlOf(code.code, body, locale) } }
}

const LONGEST = 100

/** A line break in a subject would begin another header. */
const firstLineOf = (text: string): string =>
  Array.from(text.trim().split(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u)[0] ?? '')
    .slice(0, LONGEST)
    .join('')

/** The code first and large, then the text. Nothing in it is loaded from anywhere. */
const htmlOf = (code: string, body: string, locale: string): string =>
  `<!doctype html><html lang="${escaped(locale)}"><meta charset="utf-8"><body dir="auto">` +
  `<p style="font-size:32px;letter-spacing:4px"><b>${code}</b></p>` +
  `<p style="white-space:pre-line">${escaped(body)}</p></body></html>`
