// Where a value stands in what a configured carrier says: in its answers and its receipts.
import * as z from 'zod/mini'
import { matching } from './shapes'

/** How many groups a regular expression has, or null where it is none. */
function groupsOf(pattern: string): number | null {
  try {
    new RegExp(pattern) // by itself: a backslash at its end would escape the bar below
    return (new RegExp(`${pattern}|`).exec('')?.length ?? 1) - 1
  } catch {
    return null
  }
}

export const pattern = z
  .string()
  .check(z.refine((text) => groupsOf(text) !== null, 'must be a regular expression'))

export const pointer = matching(
  /^(\/([^~/]|~[01])*)*$/,
  'must be a JSON pointer (RFC 6901) such as /data/id',
)

/** A JSON pointer, or the first group of a regular expression on its text. */
export const place = z.union(
  [
    pointer,
    z.strictObject({
      matches: pattern.check(z.refine((text) => groupsOf(text) !== 0, 'must have a group')),
    }),
  ],
  'must be a JSON pointer such as /data/id, or an object with matches',
)
export type Place = z.infer<typeof place>
