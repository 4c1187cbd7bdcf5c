// Bodies as no client of ours would send them.
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import worker from '../../src/index'

const fetch = (request: Request) => worker.fetch(request, env, createExecutionContext())
const at = (path: string) => `https://verge.example${path}`

describe('a body', () => {
  const streamOf = (text: string) => new Response(text).body

  // HTTP allows it, and workerd hands it over, but makes no such request by itself.
  it.each([
    '/health',
    '/v1/verifications/VE1',
    '/v1/audit',
    '/webhooks/http/example/status',
    '/nowhere',
  ])('of a GET or HEAD of %s changes nothing', async (path) => {
    for (const method of ['GET', 'HEAD']) {
      const { status } = await fetch(new Request(at(path), { method }))
      const request = new Request(at(path), { method })
      Object.defineProperty(request, 'body', { value: streamOf('x'.repeat(20_000)) })
      expect((await fetch(request)).status).toBe(status)
    }
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
