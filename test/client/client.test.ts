// The client as it is installed, in a Worker, against the Worker.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createClient, type Fetch } from 'verge/client'
import { describe, expect, it, vi } from 'vitest'
import worker from '../../src/index'
import { CALLS } from '../../src/openapi/calls'
import { freshNumber, wrong } from '../gateway'

/** Straight into the Worker; waits for what it leaves to do after answering. */
const inside =
  (vars: object = {}): Fetch =>
  async (url, init) => {
    const ctx = createExecutionContext()
    const response = await worker.fetch(new Request(url, init), { ...env, ...vars }, ctx)
    await waitOnExecutionContext(ctx)
    return response
  }

const open = createClient({ baseUrl: 'https://verge.example/', fetch: inside() })
const KEY = 'a-key-of-sixteen-or-more'
const keyed = (apiKey?: string) =>
  createClient({
    baseUrl: 'https://verge.example',
    apiKey,
    fetch: inside({ API_KEYS: `backend:${KEY}` }),
  })

const says = (text: string, status = 200, headers = {}) =>
  createClient({
    baseUrl: 'https://verge.example',
    fetch: async () => new Response(text, { status, headers }),
  })

describe('a client in a Worker', () => {
  it('has a function for every call that is not a carrier’s', () => {
    const ids = Object.values(CALLS).flatMap(({ tag, id }) => (tag === 'Callbacks' ? [] : [id]))
    expect(Object.keys(open).sort()).toEqual(ids.sort())
  })

  it('starts, checks and reads a verification', async () => {
    const to = freshNumber()
    const started = await open.startVerification({ to })
    if (!started.ok) throw new Error(started.problem.detail)
    expect(started).toMatchObject({ replayed: false, value: { to, status: 'pending' } })
    expect(started.request_id).toMatch(/^[0-9a-f-]{36}$/)
    const { id } = started.value

    const shown = await open.simulatorMessages({ to })
    const code = shown.ok ? (shown.value.messages.at(-1)?.code ?? '') : ''
    const missed = await open.checkVerification({ id, code: wrong(code) })
    expect(missed).toMatchObject({
      ok: false,
      problem: { code: 'incorrect_code', status: 422, attempts_remaining: 4 },
    })
    const checked = await open.checkVerification({ to, code })
    expect(checked).toMatchObject({ ok: true, value: { id, status: 'approved' } })
    const read = await open.getVerification(id)
    expect(read).toMatchObject({ ok: true, value: { status: 'approved' } })
    const canceled = await open.cancelVerification(id)
    expect(canceled).toMatchObject({ ok: false, problem: { code: 'no_pending_verification' } })
  })

  it('cancels a verification, and is told when to ask again', async () => {
    const to = freshNumber()
    const started = await open.startVerification({ to, purpose: 'login', locale: 'es' })
    const again = await open.startVerification({ to, purpose: 'login' })
    expect(again).toMatchObject({ ok: false, problem: { code: 'cooldown', retry_after: 60 } })
    const canceled = await open.cancelVerification(started.ok ? started.value.id : '')
    expect(canceled).toMatchObject({ ok: true, value: { status: 'canceled' } })
  })

  it('sends a message once for one idempotency key', async () => {
    const message = { to: freshNumber(), body: 'Your parcel is here.' }
    const idempotencyKey = crypto.randomUUID()
    const first = await open.sendMessage(message, { idempotencyKey })
    const second = await open.sendMessage(message, { idempotencyKey })
    expect(first).toMatchObject({ ok: true, replayed: false, value: { status: 'sent' } })
    expect(second).toMatchObject({ ok: true, replayed: true })
    const id = first.ok ? first.value.id : ''
    expect(second.ok && second.value.id).toBe(id)
    const read = await open.getMessage(id)
    expect(read.ok && read.value.timeline?.map(({ status }) => status)).toEqual(['queued', 'sent'])
  })

  it('queues a batch', async () => {
    const messages = [
      { to: freshNumber(), body: 'Sale.', client_ref: 'a' },
      { to: '+1202555', body: 'Sale.' },
    ]
    const queued = await open.sendMessages({ messages })
    expect(queued).toMatchObject({
      ok: true,
      value: {
        accepted: 1,
        refused: 1,
        messages: [{ client_ref: 'a', status: 'queued' }, { code: 'invalid_phone_number' }],
      },
    })
  })

  it('reads limits, audit, status and health', async () => {
    const to = freshNumber()
    expect(await open.getLimits({ to })).toMatchObject({
      ok: true,
      value: { to, sends: { used: 0 } },
    })
    expect(await open.listAudit({ to, limit: 1, type: 'message.sent' })).toMatchObject({
      ok: true,
      value: { events: [], next_cursor: null },
    })
    expect(await open.listAudit()).toMatchObject({ ok: true })
    expect(await open.getStatus()).toMatchObject({ ok: true, value: { engine: 'simulation' } })
    expect(await open.getHealth()).toMatchObject({ ok: true, value: { status: 'ok' } })
  })

  it('brings its key', async () => {
    expect(await keyed(KEY).getStatus()).toMatchObject({ ok: true })
    expect(await keyed('another').getStatus()).toMatchObject({ problem: { code: 'unauthorized' } })
    expect(await keyed().getStatus()).toMatchObject({ problem: { code: 'unauthorized' } })
  })

  it('uses the global fetch where it is given none', async () => {
    vi.mocked(fetch).mockImplementation(async (input) =>
      Response.json({ asked: String(input) }, { headers: { 'X-Request-Id': 'r' } }),
    )
    expect(await createClient({ baseUrl: 'https://a.example/sms/' }).getHealth()).toEqual({
      ok: true,
      value: { asked: 'https://a.example/sms/health' },
      request_id: 'r',
      replayed: false,
    })
  })
})

describe('what goes wrong on the way', () => {
  it('is a value: nobody there', async () => {
    const lost = createClient({
      baseUrl: 'https://verge.example',
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    })
    expect(await lost.getHealth()).toEqual({
      ok: false,
      problem: {
        code: 'unreachable',
        status: 0,
        title: 'Unreachable',
        detail: 'fetch failed',
        request_id: null,
      },
    })
  })

  it('is a value: aborted, before and while it waits', async () => {
    const slow = createClient({
      baseUrl: 'https://verge.example',
      fetch: (_, { signal }) =>
        new Promise((_, reject) => {
          if (signal?.aborted) reject(signal.reason)
          signal?.addEventListener('abort', () => reject(signal.reason))
        }),
    })
    const aborted = { ok: false, problem: { code: 'aborted', status: 0, request_id: null } }
    expect(await slow.getHealth({ signal: AbortSignal.abort() })).toMatchObject(aborted)
    const stop = new AbortController()
    const waiting = slow.getHealth({ signal: stop.signal })
    stop.abort()
    expect(await waiting).toMatchObject(aborted)
  })

  it.each([
    ['a proxy’s page', '<html>Bad Gateway</html>', 502],
    ['JSON that is no problem', '{"error":"nope"}', 403],
    ['a page where an answer should be', '<html>', 200],
    ['nothing', '', 200],
    ['null', 'null', 200],
  ])('is a value: %s', async (_, text, status) => {
    expect(await says(text, status, { 'X-Request-Id': 'r' }).getHealth()).toEqual({
      ok: false,
      problem: {
        code: 'unexpected_answer',
        status,
        title: 'Unexpected answer',
        detail: 'This is not an answer of Verge.',
        request_id: 'r',
      },
    })
  })

  it.each(['{}', '[]', '{"status":"pending"}', '{"status":"error"}'])(
    'is no proof: 200 and %s',
    async (text) => {
      const checked = await says(text).checkVerification({ to: freshNumber(), code: '123456' })
      expect(checked).toMatchObject({ ok: false, problem: { code: 'unexpected_answer' } })
    },
  )

  it('tells nobody a key that is none', async () => {
    const apiKey = `${KEY}\nrest`
    const fetch: Fetch = async (_, { headers }) => {
      throw new TypeError(`"${headers.Authorization}" is an invalid header value.`)
    }
    const failed = await createClient({
      baseUrl: 'https://verge.example',
      apiKey,
      fetch,
    }).getStatus()
    expect(failed).toMatchObject({ problem: { code: 'unreachable' } })
    expect(JSON.stringify(failed)).not.toContain(KEY)
  })

  it('is no way out of the path', async () => {
    const asked: string[] = []
    const curious = createClient({
      baseUrl: 'https://verge.example',
      fetch: async (url) => {
        asked.push(url)
        return new Response('{}')
      },
    })
    await curious.getVerification('../limits?to=1')
    await curious.getLimits({ to: '+12025550123&x=1' })
    expect(asked).toEqual([
      'https://verge.example/v1/verifications/..%2Flimits%3Fto%3D1',
      'https://verge.example/v1/limits?to=%2B12025550123%26x%3D1',
    ])
  })
})
