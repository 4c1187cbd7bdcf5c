// What every messenger that asks a carrier over HTTP owes to the chain, whatever the carrier's own words.
import { describe, expect, it, vi } from 'vitest'
import type { Messenger } from '../../src/providers/provider'
import { never, outside, TEXT } from './outside'

const LATER = 'temporarily_unavailable'
const unclear = { ok: false, kind: 'unknown', retry: false, refusal: LATER }

/** The account is at fault: no other text would fare better. */
export const ACCOUNT = ['misconfigured', false, LATER, true] as const

// By HTTP status, where the body bears no code that is known.
const STATUSES: [number, string, boolean, string, true?][] = [
  [302, 'misconfigured', false, LATER],
  [400, 'rejected', false, 'could_not_deliver'],
  [401, ...ACCOUNT],
  [402, ...ACCOUNT],
  [404, 'misconfigured', false, LATER],
  [422, 'rejected', false, 'could_not_deliver'],
  [429, 'throttled', true, LATER],
  [500, 'unknown', true, LATER],
  [502, 'unknown', true, LATER],
  [503, 'unknown', true, LATER],
  [504, 'unknown', true, LATER],
]

/** @param nameless bodies of a 2xx that lack a usable id of the text */
export function keepsTheContract(messenger: () => Messenger, nameless: unknown[]) {
  const answered = (answer: () => Response | Promise<Response>) => {
    outside(answer)
    return messenger().send(TEXT, never())
  }

  describe('the call', () => {
    it('is made once, whatever the answer, with the signal that ends it, and is not redirected', async () => {
      const asked = outside(() => new Response('', { status: 503 }))
      const { signal } = new AbortController()
      await messenger().send(TEXT, signal)
      expect(asked).toHaveLength(1)
      expect(asked[0]?.init).toMatchObject({ signal, redirect: 'manual' })
    })
  })

  describe('a text that may have been accepted', () => {
    it.each([...nameless, null, [], 'ok', {}].map((body) => [JSON.stringify(body)]))(
      'is unknown and never sent again where a 2xx brings %s',
      async (body) => {
        expect(await answered(() => new Response(body, { status: 202 }))).toMatchObject({
          ...unclear,
          reason: 'no_id',
        })
      },
    )

    it.each(['<!doctype html><title>Welcome</title>', '', '{"id":"1'])(
      'is unknown and never sent again where a 2xx brings %j',
      async (body) => {
        expect(await answered(() => new Response(body, { status: 200 }))).toEqual({
          ...unclear,
          reason: 'http_200',
          httpStatus: 200,
        })
      },
    )

    it.each([202, 400, 500])('is unknown where the body of a %i is too long', async (status) => {
      const failure = await answered(() => new Response(' '.repeat(65_537), { status }))
      expect(failure).toEqual({ ...unclear, reason: 'answer_too_long', httpStatus: status })
    })

    it.each<[string, unknown, string]>([
      ['the connection breaks', new TypeError('Network connection lost'), 'network'],
      ['time runs out', new DOMException('timed out', 'TimeoutError'), 'timeout'],
      ['it is given up', new DOMException('aborted', 'AbortError'), 'timeout'],
    ])('is unknown and never sent again where %s', async (_, error, reason) => {
      expect(await answered(() => Promise.reject(error))).toEqual({ ...unclear, reason })
      const broken = () => new ReadableStream({ pull: (stream) => stream.error(error) })
      expect(await answered(() => new Response(broken(), { status: 200 }))).toEqual({
        ...unclear,
        reason,
      })
    })

    it('is unknown where the signal ends the call', async () => {
      const controller = new AbortController()
      vi.mocked(globalThis.fetch).mockImplementation(
        (_, init) =>
          new Promise((_resolve, reject) => {
            init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
            controller.abort(new DOMException('The operation timed out', 'TimeoutError'))
          }),
      )
      const failure = await messenger().send(TEXT, controller.signal)
      expect(failure).toEqual({ ...unclear, reason: 'timeout' })
    })
  })

  describe('a refusal without a code', () => {
    const BODIES = ['', '<html><h1>Bad Gateway</h1></html>', 'null', '{"message":"oops"}']

    it.each(STATUSES)('with %i is %s', async (httpStatus, kind, retry, refusal, account) => {
      for (const body of BODIES) {
        expect(await answered(() => new Response(body, { status: httpStatus }))).toEqual({
          ok: false,
          kind,
          retry,
          refusal,
          ...(account && { account }),
          reason: `http_${httpStatus}`,
          httpStatus,
        })
      }
    })

    it.each([
      ['2', 2],
      ['0', 1],
      ['soon', undefined],
    ])('with Retry-After: %s asks for a wait of %s s', async (header, retryAfter) => {
      const failure = await answered(
        () => new Response('', { status: 429, headers: { 'Retry-After': header } }),
      )
      expect(failure).toEqual({
        ok: false,
        kind: 'throttled',
        retry: true,
        refusal: LATER,
        reason: 'http_429',
        httpStatus: 429,
        ...(retryAfter !== undefined && { retryAfter }),
      })
    })
  })
}
