// One HTTP call to a carrier. Whatever can go wrong on the way is a Failure; what an answer means is each carrier's own.
import type { Failure } from './provider'

export type Reply = { ok: true; status: number; headers: Headers; text: string }

// Carriers answer in a few hundred bytes. What is longer is not one, and is not read to its end.
const BODY_BYTES = 64 * 1024

/** Redirects are not followed: they would carry credentials elsewhere. */
export async function exchange(url: string, init: RequestInit): Promise<Reply | Failure> {
  try {
    const response = await fetch(url, { ...init, redirect: 'manual' })
    const text = await textOf(response)
    if (text === null) return lost('answer_too_long', response.status)
    return { ok: true, status: response.status, headers: response.headers, text }
  } catch (error) {
    // The message of the error could hold the URL, and with it a secret: it stays here.
    const timedOut =
      error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
    return lost(timedOut ? 'timeout' : 'network')
  }
}

/** The request may have been accepted before its answer was lost. */
const lost = (reason: string, httpStatus?: number): Failure => ({
  ok: false,
  kind: 'unknown',
  retry: false,
  refusal: 'temporarily_unavailable',
  reason,
  ...(httpStatus !== undefined && { httpStatus }),
})

/** The body, or null where it is too long. */
async function textOf(response: Response): Promise<string | null> {
  const announced = response.headers.get('Content-Length')
  const encoded = response.headers.has('Content-Encoding')
  if (announced && !encoded && Number(announced) <= BODY_BYTES) return response.text()
  let length = 0
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    if (length > BODY_BYTES) return null
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** The JSON of a body, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Seconds of a Retry-After, at least one. Dates, which no carrier sends, are not read. */
export function retryAfterOf(headers: Headers): number | undefined {
  const seconds = /^\d{1,4}$/.exec(headers.get('Retry-After') ?? '')?.[0]
  return seconds === undefined ? undefined : Math.max(1, Number(seconds))
}
