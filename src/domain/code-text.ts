// Pure. The words of codes: Verge's own, in the shape of those that operators bring, and the text that is made of them.
import { folded, segmentsOf } from './segments'
import { fill, localeOf, type Templates, templatesOf, type Wording } from './template'

/** The words of a code whose purpose has none of its own. */
export const ANY_PURPOSE = '*'

/** Verge's own. Each fits one segment, and says how long the code lives in its last sentence. */
export const CODE_WORDING = {
  [ANY_PURPOSE]: {
    en: 'Your verification code is {code}. Valid for {lifetime}.',
    es: 'Su código de verificación es {code}. Válido por {lifetime}.',
    pt: 'O seu código de verificação é {code}. Válido por {lifetime}.',
    fr: 'Votre code de vérification est {code}. Valable {lifetime}.',
    de: 'Ihr Bestätigungscode ist {code}. Gültig für {lifetime}.',
    bn: 'আপনার যাচাইকরণ কোড {code}। মেয়াদ {lifetime}।',
    ar: 'رمز التحقق الخاص بك هو {code}. مدة صلاحيته {lifetime}.',
    hi: 'आपका सत्यापन कोड {code} है। यह {lifetime} तक मान्य है।',
  },
  admin_2fa: {
    en: 'Your admin login code is {code}. Valid for {lifetime}.',
    es: 'Su código de administrador es {code}. Válido por {lifetime}.',
    pt: 'O seu código de administrador é {code}. Válido por {lifetime}.',
    fr: 'Votre code administrateur est {code}. Valable {lifetime}.',
    de: 'Ihr Admin-Anmeldecode ist {code}. Gültig für {lifetime}.',
    bn: 'আপনার অ্যাডমিন লগইন কোড {code}। মেয়াদ {lifetime}।',
    ar: 'رمز تسجيل دخول المسؤول هو {code}. مدة صلاحيته {lifetime}.',
    hi: 'आपका एडमिन लॉगिन कोड {code} है। यह {lifetime} तक मान्य है।',
  },
} satisfies Wording

/** The languages that code texts exist in. */
export const LANGUAGES: readonly string[] = Object.keys(CODE_WORDING[ANY_PURPOSE])

/** How codes are worded; made once, where it is configured. */
export type CodeWords = {
  /** by purpose, `*` for those that have none of their own */
  templates: Templates
  /** the same where length costs nothing */
  inFull: Templates
  /** host whose pages may fill in the code by themselves (WebOTP) */
  webOtpHost: string | undefined
  /** hash of the Android app that reads the text (SMS Retriever) */
  appHash: string | undefined
  /** look-alikes replace what GSM-7 does not have */
  smartEncoding: boolean
}

export type Code = {
  purpose: string
  locale: string | undefined
  country: string | null
  code: string
  /** what is left of it; the text says whole minutes, rounded, at least one */
  lifetimeMs: number
}

/**
 * Operators' words stand before Verge's own for the same purpose. With last lines, Verge's own leave out in UCS-2 how long
 * the code lives: both would not fit one segment.
 */
export function codeWordsOf({
  wording,
  ...rest
}: Omit<CodeWords, 'templates' | 'inFull'> & { wording: Wording }): CodeWords {
  const own = rest.webOtpHost || rest.appHash ? shortened(CODE_WORDING) : CODE_WORDING
  const inFull = templatesOf({ ...CODE_WORDING, ...wording })
  const templates = own === CODE_WORDING ? inFull : templatesOf({ ...own, ...wording })
  return { ...rest, templates, inFull }
}

const LAST_SENTENCE = /(?<=[.।]) [^.।]*\{lifetime\}[^.।]*[.।]$/

const shortened = (wording: Wording): Wording =>
  mapped(wording, (locales) =>
    mapped(locales, (text) =>
      segmentsOf(text).encoding === 'UCS-2' ? text.replace(LAST_SENTENCE, '') : text,
    ),
  )

const mapped = <T>(record: Record<string, T>, change: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))

/** The text of a code, with the last lines that browsers and apps look for. */
export function codeText(words: CodeWords, code: Code): string {
  const { body } = worded(words.templates, code)
  return (words.smartEncoding ? folded(body) : body) + lastLines(words, code.code)
}

/** The text of a code where it is read or heard whole, and its language: with the region asked for, or the country's. */
export function codeTextInFull(words: CodeWords, code: Code): { body: string; locale: string } {
  const { body, locale } = worded(words.inFull, code)
  const [language = ''] = locale.split('-')
  if (code.locale?.toLowerCase().startsWith(`${language}-`)) return { body, locale: code.locale }
  return {
    body,
    locale: locale === language && code.country ? `${locale}-${code.country}` : locale,
  }
}

function worded(
  templates: Templates,
  { purpose, code, lifetimeMs, ...asked }: Code,
): { body: string; locale: string } {
  const template = templates.get(purpose) ?? templates.get(ANY_PURPOSE)
  if (!template) throw new Error('no words for codes')
  const locale = localeOf(template, asked)
  const count = Math.max(1, Math.round(lifetimeMs / 60_000))
  const body = fill(template.texts.get(locale) ?? [], (name) =>
    name === 'code' ? code : minutes(locale, count),
  )
  return { body, locale }
}

// Both may stand on one line: what follows the code there is ignored. https://wicg.github.io/sms-one-time-codes/
function lastLines({ webOtpHost, appHash }: CodeWords, code: string): string {
  if (webOtpHost) return `\n\n@${webOtpHost} #${code}${appHash ? ` ${appHash}` : ''}`
  return appHash ? `\n${appHash}` : ''
}

// Formatting takes longer than all else here; there are few lifetimes and languages. Digits are 0 to 9 in every language,
// as those of the code are: who can type the one can read the other, and phones that look for codes know them.
const formatted = new Map<string, string>()

function minutes(locale: string, count: number): string {
  const key = `${locale} ${count}`
  let text = formatted.get(key)
  if (text === undefined) {
    text = new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: 'minute',
      unitDisplay: 'long',
      numberingSystem: 'latn',
    }).format(count)
    formatted.set(key, text)
  }
  return text
}
