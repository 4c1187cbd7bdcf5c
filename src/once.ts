// Values that are made late.

/** Made when it is first asked for: what only some deployments use costs the others no start-up. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
