// Bodies as no client of ours would send them.
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { Env } from '../../src/env'
import worker from '../../src/index'
import { TWILIO } from '../carrier'

const fetch = (request: Request, vars: Partial<Env> = {}) =>
  worker.fetch(request, { ...env, ...vars }, createExecutionContext())
const at = (path: string) => `https://verge.example${path}`

describe('a body', () => {
  /** HTTP allows one here, and workerd hands it over, but makes no such request by itself. */
  function withBody(request: Request) {
    const { body } = new Response('x'.repeat(20_000))
    const arrayBuffer = vi.fn(async () => new ArrayBuffer(20_000))
    Object.defineProperties(request, { body: { value: body }, arrayBuffer: { value: arrayBuffer } })
    return { request, arrayBuffer }
  }

  it.each([
    '/health',
    '/v1/verifications/VE1',
    '/v1/audit',
    '/webhooks/http/example/status',
    '/nowhere',
  ])('of a GET or HEAD of %s changes nothing', async (path) => {
    for (const method of ['GET', 'HEAD']) {
      const { status } = await fetch(new Request(at(path), { method }))
      const { request } = withBody(new Request(at(path), { method }))
      expect((await fetch(request)).status).toBe(status)
    }
  })

  it('of a receipt by GET is not read: no limit holds for it', async () => {
    const receipt = { secret: 'RECEIPT_TOKEN', query: 'token', status: '/state', text: '/ref' }
    const vars = {
      ...TWILIO,
      HTTP_PROVIDERS: JSON.stringify({
        example: { url: 'https://sms.example/', form: { to: '{to}', text: '{text}' }, receipt },
      }),
      RECEIPT_TOKEN: 'a token of the gateway',
    }
    const query = new URLSearchParams({
      token: vars.RECEIPT_TOKEN,
      ref: `SM4${'0'.repeat(31)}`,
      state: 'SEEN',
    })
    const path = `/webhooks/http/example/status?${query}`
    const { request, arrayBuffer } = withBody(new Request(at(path)))
    const answer = await fetch(request, vars)
    expect([answer.status, await answer.text()]).toEqual([204, ''])
    expect(arrayBuffer).not.toHaveBeenCalled()
  })

  it.each([
    ['/v1/verifications', {}],
    ['/v1/verifications', { 'Content-Length': '9' }],
    ['/webhooks/twilio/inbound', {}],
    ['/webhooks/twilio/inbound', { 'Content-Length': '9' }],
  ])('of a POST to %s that breaks off is the caller’s fault, with %j', async (path, headers) => {
    const body = new ReadableStream({
      pull: (controller) => controller.error(new TypeError('Network connection lost.')),
    })
    const answer = await fetch(
      new Request(at(path), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body,
      }),
    )
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'invalid_request' }])
  })
})
