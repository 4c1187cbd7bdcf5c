// The words that operators bring: what CODE_TEMPLATES and MESSAGE_TEMPLATES may say. What is wrong with them is told by its
// path, and never repeats them.
import * as z from 'zod/mini'
import { ANY_PURPOSE } from './domain/code-text'
import { hasStrayBrace, placeholdersIn, type Wording } from './domain/template'
import { inJson, matching } from './shapes'

/** What a caller may ask for, and what the platform can count minutes in. */
function isLocale(tag: string): boolean {
  try {
    return /^[a-z]{2,3}(-|$)/i.test(tag) && Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}

const text = z.string('must be a text').check(
  z.refine((value) => value.trim() !== '', { error: 'must not be empty', abort: true }),
  z.refine(
    (value) => !hasStrayBrace(value),
    'has a brace that is no {placeholder} of a-z, 0-9 and _, a letter first',
  ),
)

// What people meet first: a quotation that ends too early.
const SHAPE = 'must be a JSON object, name to locale to text; in .dev.vars between single quotes'

/** JSON: name → locale → text. */
function wording(names: RegExp, name: string, words: z.ZodMiniType<string, string>) {
  const orShape = (message: string) => ({
    error: ({ code }: { code?: string }) => (code === 'invalid_key' ? message : SHAPE),
  })
  const locale = z.string().check(z.refine(isLocale))
  const locales = z
    .record(locale, words, orShape('must be a language tag such as es or pt-BR'))
    .check(
      z.refine((texts) => Object.keys(texts).length > 0, 'must have a text in some language'),
      z.refine((texts) => {
        const tags = Object.keys(texts).map((tag) => tag.toLowerCase())
        return new Set(tags).size === tags.length
      }, 'must have each language once'),
    )
  return inJson<Wording>(z.record(matching(names), locales, orShape(`must be ${name}`)))
}

const IN_CODES = ['code', 'lifetime']

export const codeWording = wording(
  /^([a-z0-9_]{1,32}|\*)$/,
  `a purpose, or ${ANY_PURPOSE} for any`,
  text.check(
    z.refine((value) => placeholdersIn(value).includes('code'), 'must contain {code}'),
    z.refine(
      (value) => placeholdersIn(value).every((name) => IN_CODES.includes(name)),
      'may have {code} and {lifetime}, and no other placeholder',
    ),
  ),
)

export const messageWording = wording(
  /^[a-z0-9][a-z0-9_-]{0,31}$/,
  'a name of up to 32 lower-case letters, digits, _ and -',
  text,
)
