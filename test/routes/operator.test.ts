import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  runDurableObjectAlarm,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { auditPage } from '../../src/answers'
import { appendEvents, COLUMNS } from '../../src/audit'
import type { AuditEvent } from '../../src/domain/event'
import worker from '../../src/index'
import { TWILIO } from '../carrier'
import { caller, freshNumber, ledgerOf, MINUTE, pass, SECOND, withQueue } from '../gateway'

const KEYS = 'ops:0123456789abcdef,shop:fedcba9876543210'
const OPS = { Authorization: 'Bearer 0123456789abcdef' }
const at = (to: string) => `to=${encodeURIComponent(to)}`

describe('keys', () => {
  it.each([
    '/v1/limits?to=%2B447700123456',
    '/v1/audit',
    '/v1/stats',
    '/v1/status',
    '/simulator/messages?to=%2B447700123456',
  ])('are needed for %s', async (path) => {
    const call = caller({ API_KEYS: KEYS })
    for (const given of [
      '',
      'Bearer',
      'Bearer 0123456789abcdeX',
      'Basic 0123456789abcdef',
      'Bearer 0123456789abcdef0',
      '0123456789abcdef',
    ]) {
      const refused = await call('GET', path, undefined, given ? { Authorization: given } : {})
      expect(refused).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
      expect(refused.headers.get('WWW-Authenticate')).toBe('Bearer')
    }
    for (const key of ['0123456789abcdef', 'fedcba9876543210'])
      expect((await call('GET', path, undefined, { Authorization: `Bearer ${key}` })).status).toBe(
        200,
      )
  })

  it('are missed where none are configured, but for the simulation', async () => {
    expect((await caller()('GET', '/v1/status')).status).toBe(200)
    const refused = await caller(TWILIO)('GET', '/v1/status')
    expect(refused).toMatchObject({
      status: 503,
      body: { code: 'not_configured', detail: expect.stringContaining('API_KEYS') },
    })
  })

  it('may be given to the open calls, but then must be right', async () => {
    const call = caller({ API_KEYS: KEYS })
    const to = freshNumber()
    expect((await call('POST', '/v1/verifications', { to })).status).toBe(201)
    expect(
      await call('POST', '/v1/verifications', { to }, { Authorization: 'Bearer nonsense' }),
    ).toMatchObject({ status: 401 })
  })
})

describe('GET /v1/limits', () => {
  it('shows what is used, what is left and when it ends', async () => {
    const call = caller()
    const to = freshNumber()
    await call('POST', '/v1/verifications', { to })
    await call('POST', '/v1/verifications/check', { to, code: '000000' })
    pass(MINUTE)
    expect((await call('GET', `/v1/limits?${at(to)}`)).body).toEqual({
      to,
      sends: {
        used: 1,
        limit: 5,
        remaining: 4,
        window_seconds: 3600,
        resets_at: '2030-01-01T01:00:00.000Z',
      },
      messages: { used: 0, limit: 20, remaining: 20, window_seconds: 3600, resets_at: null },
      failures: { used: 1, limit: 10 },
      locked_until: null,
      opted_out: false,
      verifications: [
        {
          purpose: 'verify',
          resend_at: '2030-01-01T00:01:00.000Z',
          expires_at: '2030-01-01T00:10:00.000Z',
          attempts_remaining: 4,
        },
      ],
    })
  })

  it('knows nothing of a number never seen, and refuses what is none', async () => {
    const call = caller()
    expect((await call('GET', `/v1/limits?${at(freshNumber())}`)).body.sends).toMatchObject({
      used: 0,
      remaining: 5,
      resets_at: null,
    })
    expect(await call('GET', '/v1/limits?to=1')).toMatchObject({
      status: 400,
      body: { code: 'invalid_phone_number' },
    })
    expect(await call('GET', '/v1/limits')).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', issues: [{ path: 'to', message: 'is missing' }] },
    })
    expect(await call('GET', '/v1/limits?to=1&x=2')).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    })
  })
})

it.each(['/v1/limits', '/v1/audit', '/simulator/messages'])(
  'says in %s what became of a plus sign that is none',
  async (path) => {
    expect(await caller()('GET', `${path}?to=+447700123456`)).toMatchObject({
      status: 400,
      body: { issues: [{ path: 'to', message: 'begins with a space: a plus sign is %2B here' }] },
    })
    expect((await caller()('GET', `${path}?to=%20%2B447700123456`)).status).toBe(200)
  },
)

describe('the audit log', () => {
  const consume = async (bodies: AuditEvent[][], db: D1Database = env.AUDIT) => {
    const batch = createMessageBatch(
      'verge-events',
      bodies.map((body, i) => ({
        id: String(i),
        timestamp: new Date(),
        attempts: 1,
        body: JSON.stringify(body),
      })),
    )
    const ctx = createExecutionContext()
    await worker.queue(batch, { ...env, AUDIT: db }, ctx)
    return getQueueResult(batch, ctx)
  }

  const event = (nth: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
    id: `EV${crypto.randomUUID().replaceAll('-', '')}`,
    at: Date.now() + nth,
    type: 'verification.started',
    recipient: `9${'0'.repeat(19)}`,
    country: 'GB',
    to_masked: '+44******0001',
    ...more,
  })

  it('holds each event of a verification once, though the queue delivers twice', async () => {
    const call = caller()
    const to = freshNumber()
    await call('POST', '/v1/verifications', { to })
    await call('POST', '/v1/verifications/check', { to, code: '000000' })
    const { ledger } = await ledgerOf(to)
    const batches: AuditEvent[][] = []
    await withQueue(ledger, async (events) => void batches.push(events))
    pass(2 * SECOND)
    await runDurableObjectAlarm(ledger)
    await consume(batches)
    await consume(batches)
    const page = (await call('GET', `/v1/audit?${at(to)}`)).body
    expect(page.events.map(({ type }: AuditEvent) => type)).toEqual([
      'delivery.updated',
      'verification.check_failed',
      'verification.sent',
      'verification.started',
    ])
    expect(page.events[3]).toEqual({
      id: expect.stringMatching(/^EV4[0-9a-f]{31}$/),
      at: '2030-01-01T00:00:00.000Z',
      type: 'verification.started',
      recipient: expect.stringMatching(/^4[0-9a-f]{19}$/),
      country: 'GB',
      to_masked: `+44******${to.slice(-4)}`,
      verification_id: expect.stringMatching(/^VE/),
      message_id: expect.stringMatching(/^SM/),
      purpose: 'verify',
      channel: 'sms',
      client: expect.stringMatching(/^10\./),
      request_id: expect.any(String),
    })
    expect(JSON.stringify(page)).not.toContain(to)
  })

  it('acknowledges what D1 took and retries what it did not, message by message', async () => {
    const good = [event(1)]
    const bad = [{ ...event(2), type: null as never }]
    const result = await consume([good, bad, good])
    expect(result.explicitAcks).toEqual(['0', '2'])
    expect(result.retryMessages).toMatchObject([{ msgId: '1' }])
    const down = {
      prepare: () => {
        throw new Error('D1 down')
      },
    } as unknown as D1Database
    expect((await consume([good], down)).retryMessages).toHaveLength(1)
  })

  it('has a column and a field on the wire for everything an event can hold', async () => {
    const { results } = await env.AUDIT.prepare('SELECT name FROM pragma_table_info(?)')
      .bind('event')
      .all<{ name: string }>()
    const names = [...COLUMNS].sort()
    expect(results.map(({ name }) => name).sort()).toEqual(names)
    expect(Object.keys(auditPage.shape.events.def.element.shape).sort()).toEqual(names)
  })

  it('is paged newest first, without gaps or repetitions, filtered by type and time', async () => {
    const call = caller()
    const recipient = `9${crypto.randomUUID().replaceAll('-', '').slice(0, 19)}`
    const events = Array.from({ length: 25 }, (_, i) =>
      event(Math.floor(i / 5), {
        recipient,
        type: i % 2 ? 'verification.sent' : 'delivery.updated',
      }),
    )
    await appendEvents(env.AUDIT, JSON.stringify(events))
    const read = async (query: string) => {
      const ids: string[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const { body, status } = await call(
          'GET',
          `/v1/audit?limit=10&${query}${cursor && `&cursor=${cursor}`}`,
        )
        expect(status).toBe(200)
        ids.push(
          ...body.events
            .filter((e: AuditEvent) => e.recipient === recipient)
            .map(({ id }: AuditEvent) => id),
        )
        cursor = body.next_cursor
      }
      return ids
    }
    const newestFirst = [...events]
      .sort((a, b) => b.at - a.at || (b.id > a.id ? 1 : -1))
      .map(({ id }) => id)
    expect(await read('')).toEqual(newestFirst)
    const sent = events.filter(({ type }) => type === 'verification.sent').map(({ id }) => id)
    expect((await read('type=verification.sent')).sort()).toEqual(sent.sort())
    const [after, before] = [
      new Date(Date.now() + 1).toISOString(),
      new Date(Date.now() + 3).toISOString(),
    ]
    expect(await read(`after=${after}&before=${before}`)).toHaveLength(10)
  })

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'cursor=x',
    'type=bogus',
    'after=yesterday',
    'unknown=1',
  ])('refuses %s', async (query) => {
    expect(await caller()('GET', `/v1/audit?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    })
  })

  it('forgets, daily, what is older than its retention, and nothing younger', async () => {
    const DAY = 24 * 60 * MINUTE
    const [old, kept] = [event(-90 * DAY - 1), event(-90 * DAY + 1)]
    await appendEvents(env.AUDIT, JSON.stringify([old, kept]))
    await worker.scheduled(
      createScheduledController({ scheduledTime: Date.now() }),
      env,
      createExecutionContext(),
    )
    const { results } = await env.AUDIT.prepare('SELECT id FROM event WHERE id IN (?, ?)')
      .bind(old.id, kept.id)
      .all()
    expect(results).toEqual([{ id: kept.id }])
  })
})

describe('GET /v1/status', () => {
  it('shows the engine and that Twilio answers', async () => {
    const call = caller({ ...TWILIO, API_KEYS: KEYS }, OPS)
    vi.mocked(globalThis.fetch).mockImplementation(async () =>
      Response.json({ status: 'active', type: 'Full' }),
    )
    expect((await call('GET', '/v1/status')).body).toEqual({
      environment: 'development',
      engine: 'own',
      providers: [{ name: 'twilio', configured: true, answering: true, account: 'active (Full)' }],
      sends: { limit: 5, window_seconds: 3600 },
    })
  })

  it('shows why Twilio does not answer', async () => {
    const call = caller({ ...TWILIO, API_KEYS: KEYS }, OPS)
    vi.mocked(globalThis.fetch).mockImplementation(async () =>
      Response.json({ code: 20003 }, { status: 401 }),
    )
    expect((await call('GET', '/v1/status')).body.providers).toEqual([
      { name: 'twilio', configured: true, answering: false, reason: '20003' },
    ])
  })
})
