// What several schemas are made of, and zod's English for what they refuse without words of their own: zod/mini brings none.
import { en } from 'zod/locales'
import * as z from 'zod/mini'

/** Of zod's refusals the likeliest, and the one that reads worst: expected string, received undefined. */
const missing: z.core.$ZodErrorMap = ({ code, input }) =>
  code === 'invalid_type' && input === undefined ? 'is missing' : undefined

z.config({ ...en(), customError: missing })

export const matching = (pattern: RegExp, message?: string) =>
  z.string().check(z.regex(pattern, message))

/** Nobody else reads what goes there. */
export const isLoopback = (hostname: string | undefined): boolean =>
  ['localhost', '127.0.0.1', '[::1]'].includes(hostname ?? '')

/** A web address that only who is meant can read what is sent to, and write what is read there. */
export const isPrivate = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))

/** Nice to know: where it is missing or of another kind, the rest counts all the same. */
export const perhaps = <S extends z.core.$ZodType>(schema: S) =>
  z.catch(z.optional(schema), undefined)

/** A variable that holds JSON. Each message begins with the path of what it is about; none repeats the text. */
export const inJson = <T>(schema: z.ZodMiniType<T>) =>
  z.pipe(
    z.string(),
    z.transform((text, { issues }): T => {
      const parsed = schema.safeParse(jsonOf(text))
      if (parsed.success) return parsed.data
      for (const { path, message } of parsed.error.issues)
        issues.push({
          code: 'custom',
          message: [path.join('.'), message].filter(Boolean).join(': '),
          input: text,
        })
      return z.NEVER
    }),
  )

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the parser's own message would repeat the text
  }
}
