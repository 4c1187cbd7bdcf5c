// SHA-256 in hex, as carriers sign a body by it.

export const sha256 = async (body: Uint8Array): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', body)).toHex()
