// Pure. The words of codes and of messages, by locale: which are chosen, and how they are filled in.
import { accept, type Issue, type Result, refuse } from './refusal'
import { folded } from './segments'

/** What operators write: the name of a message, or the purpose of a code → locale → a text with {placeholders}. */
export type Wording = Record<string, Record<string, string>>

/** A text, parsed once: literal, placeholder, literal, … by turns. */
type Parts = readonly string[]

export type Template = {
  /** by locale in lower case, in the order they were written */
  texts: ReadonlyMap<string, Parts>
  /** of all its locales together, so that what a caller must give depends on none */
  placeholders: ReadonlySet<string>
}

/** Name of a message, or purpose of a code → its template. A Map, since names come from callers. */
export type Templates = ReadonlyMap<string, Template>

/** The words of a code whose purpose has none of its own. */
export const ANY_PURPOSE = '*'

/** Verge's own words for codes. Each fits one segment: 160 GSM-7 characters, or 70 in UCS-2. */
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

const FALLBACK = 'en'

/** Where who asks for no language gets which. */
const COUNTRIES: Record<string, string> = {
  es: 'ES MX CO AR PE CL EC GT BO DO HN PY SV NI CR PA UY VE',
  pt: 'BR PT AO MZ',
  fr: 'FR SN CI',
  de: 'DE AT',
  bn: 'BD',
  ar: 'AE BH DZ EG IQ JO KW LB LY MA MR OM PS QA SA SD SY TN YE',
  // India is not here: many there read no Hindi, and carriers let registered texts through, which are mostly English.
}
const LANGUAGE_OF = new Map(
  Object.entries(COUNTRIES).flatMap(([language, countries]) =>
    countries.split(' ').map((country) => [country, language]),
  ),
)

/** The languages that code texts exist in. */
export const LANGUAGES: readonly string[] = Object.keys(CODE_WORDING[ANY_PURPOSE])

const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/

/** Parses all of them: done once, where they are configured. */
export const templatesOf = (wording: Wording): Templates =>
  new Map(Object.entries(wording).map(([name, locales]) => [name, templateOf(locales)]))

function templateOf(locales: Record<string, string>): Template {
  const texts = new Map(
    Object.entries(locales).map(([locale, text]) => [
      locale.toLowerCase(),
      text.split(PLACEHOLDER),
    ]),
  )
  const names = [...texts.values()].flatMap((parts) => parts.filter(isName))
  return { texts, placeholders: new Set(names) }
}

/** The names within the braces. */
export const placeholdersIn = (text: string): string[] => text.split(PLACEHOLDER).filter(isName)

/** Every brace belongs to a placeholder. */
export const hasStrayBrace = (text: string): boolean =>
  text.split(PLACEHOLDER).some((part, at) => !isName(part, at) && /[{}]/.test(part))

const isName = (_: string, at: number) => at % 2 === 1

/** What is filled in is never looked at again. */
const fill = (parts: Parts, standsFor: (name: string) => string): string =>
  parts.map((part, at) => (isName(part, at) ? standsFor(part) : part)).join('')

/** The locale of a text: asked for (BCP 47, ever less of it), else the country's, else English, else the first there is. */
export function localeOf(
  { texts }: Template,
  { locale, country }: { locale: string | undefined; country: string | null },
): string {
  let tag = locale?.toLowerCase() ?? ''
  while (tag && !texts.has(tag)) tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))
  const known = [tag, LANGUAGE_OF.get(country ?? '') ?? '', FALLBACK].find((it) => texts.has(it))
  return known ?? [...texts.keys()][0] ?? FALLBACK
}

/** How codes are worded; made once, where it is configured. */
export type CodeWords = {
  /** by purpose, `*` for those that have none of their own */
  templates: Templates
  /** host whose pages may fill in the code by themselves (WebOTP) */
  webOtpHost: string | undefined
  /** hash of the Android app that reads the text (SMS Retriever) */
  appHash: string | undefined
  /** look-alikes replace what GSM-7 does not have */
  smartEncoding: boolean
}

type Code = {
  purpose: string
  locale: string | undefined
  country: string | null
  code: string
  /** what is left of it; the text says whole minutes, rounded, at least one */
  lifetimeMs: number
}

/** The text of a code, with the last lines that browsers and apps look for. */
export function codeText(words: CodeWords, { purpose, code, lifetimeMs, ...asked }: Code): string {
  const template = words.templates.get(purpose) ?? words.templates.get(ANY_PURPOSE)
  if (!template) throw new Error('no words for codes')
  const locale = localeOf(template, asked)
  const count = Math.max(1, Math.round(lifetimeMs / 60_000))
  const text = fill(template.texts.get(locale) ?? [], (name) =>
    name === 'code' ? code : minutes(locale, count),
  )
  return (words.smartEncoding ? folded(text) : text) + lastLines(words, code)
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

type Rendering = {
  template: string
  variables: Record<string, string>
  locale: string | undefined
  country: string | null
}

/** The text of a message. Refuses invalid_request: no such template, a variable that is missing or that it has not. */
export function renderMessage(
  templates: Templates,
  { template: name, variables, ...asked }: Rendering,
): Result<string> {
  const template = templates.get(name)
  if (!template) {
    const known = [...templates.keys()].join(', ')
    const message = known ? `must be one of ${known}` : 'is unknown: MESSAGE_TEMPLATES has none'
    return refuse({ code: 'invalid_request', issues: [{ path: 'template', message }] })
  }
  const issues = issuesOf(template, variables)
  if (issues.length > 0) return refuse({ code: 'invalid_request', issues })
  const parts = template.texts.get(localeOf(template, asked)) ?? []
  return accept(fill(parts, (variable) => tidied(variables[variable] ?? '')))
}

function issuesOf({ placeholders }: Template, variables: Record<string, string>): Issue[] {
  const given = Object.keys(variables)
  const missing = [...placeholders].filter((name) => !given.includes(name))
  const strange = given.filter((name) => !placeholders.has(name))
  const about = (message: string) => (name: string) => ({ path: `variables.${name}`, message })
  return [...missing.map(about('is missing')), ...strange.map(about('is not in this template'))]
}

const LONGEST = 100

/** A value on one line and of bounded length: what a person typed as a name must not become five paid segments. */
const tidied = (value: string): string =>
  [...value.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()].slice(0, LONGEST).join('').trim()
