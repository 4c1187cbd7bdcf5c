// The placeholders of a configured carrier's request: which there are, where they stand, and how they are filled in.

export const PLACEHOLDERS = [
  'to',
  'to_digits',
  'to_local',
  'text',
  'sender',
  'ref',
  'ref_short',
  'ttl',
  'callback',
] as const
export type Placeholder = (typeof PLACEHOLDERS)[number]

const NAME = '[A-Z][A-Z0-9_]*'
const ANY = new RegExp(`\\{(${PLACEHOLDERS.join('|')}|secret:${NAME})\\}`, 'g')
const SECRET = 'secret:'

/** What the variable of a secret may be called. */
export const SECRET_NAME = new RegExp(`^${NAME}$`)

/** The secret that a placeholder stands for, or null where it is another. */
export const secretOf = (name: string): string | null =>
  name.startsWith(SECRET) ? name.slice(SECRET.length) : null

/** The names within the braces. */
export const placeholdersIn = (template: string): string[] =>
  [...template.matchAll(ANY)].flatMap(([, name]) => name ?? [])

/** Every brace belongs to a placeholder that exists. */
export const isTemplate = (text: string): boolean => !/[{}]/.test(text.replace(ANY, ''))

/** Replaces every placeholder, once: what is put in is not looked at again. */
export const fill = (template: string, standsFor: (name: string) => string): string =>
  template.replace(ANY, (_, name: string) => standsFor(name))

export type Path = (string | number)[]

/** Everything in a JSON structure that is neither object nor list, with the way to it. */
export function* leavesOf(value: unknown, path: Path = []): Generator<[Path, unknown]> {
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* leavesOf(item, [...path, index])
  else if (value !== null && typeof value === 'object')
    for (const [name, item] of Object.entries(value)) yield* leavesOf(item, [...path, name])
  else yield [path, value]
}
