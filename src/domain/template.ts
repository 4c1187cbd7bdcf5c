// Pure. Texts by locale: which words are chosen, and how they are filled in. The words of codes: code-text.ts.
import { accept, type Issue, type Result, refuse } from './refusal'
import { charactersOf } from './segments'

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

const FALLBACK = 'en'

/** Where who asks for no language gets which, if there are words in it. */
const COUNTRIES: Record<string, string> = {
  es: 'ES MX CO AR PE CL EC GT BO DO HN PY SV NI CR PA UY VE',
  pt: 'BR PT AO MZ',
  fr: 'FR SN CI',
  de: 'DE AT',
  bn: 'BD',
  ar: 'AE BH DZ EG IQ JO KW LB LY MA MR OM PS QA SA SD SY TN YE',
  it: 'IT',
  nl: 'NL',
  pl: 'PL',
  cs: 'CZ',
  sk: 'SK',
  hu: 'HU',
  ro: 'RO MD',
  bg: 'BG',
  el: 'GR CY',
  sv: 'SE',
  da: 'DK',
  fi: 'FI',
  tr: 'TR',
  ru: 'RU BY',
  uk: 'UA',
  ja: 'JP',
  ko: 'KR',
  zh: 'CN',
  th: 'TH',
  vi: 'VN',
  id: 'ID',
  // India is not here: many there read no Hindi, and carriers let registered texts through, which are mostly English.
}
const LANGUAGE_OF = new Map(
  Object.entries(COUNTRIES).flatMap(([language, countries]) =>
    countries.split(' ').map((country) => [country, language]),
  ),
)

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
export const fill = (parts: Parts, standsFor: (name: string) => string): string =>
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

/**
 * A value on one line and of at most a hundred code points: what a person typed as a name must not become five paid
 * segments. No character is cut in two, and what no carrier could take, half a surrogate pair, is replaced.
 */
function tidied(value: string): string {
  const line = value.toWellFormed().replace(UNPRINTABLE, ' ').trim()
  if (line.length <= LONGEST) return line
  let kept = ''
  let points = 0
  for (const character of charactersOf(line)) {
    points += [...character].length
    if (points > LONGEST) break
    kept += character
  }
  return kept.trimEnd()
}

/** Line breaks and control characters, those included that turn the direction of what follows. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu
