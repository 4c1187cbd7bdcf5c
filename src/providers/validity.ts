// How long a text is worth delivering, as carriers take it: whole seconds within their bounds.
import type { Text } from './provider'

export const validityOf = (
  { validForSeconds }: Text,
  { min, max }: { min: number; max: number },
): number => Math.min(max, Math.max(min, Math.floor(validForSeconds)))
