// The hash by which carriers sign a body, in hex.

export const sha256 = async (body: Uint8Array<ArrayBuffer>): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', body)).toHex()
