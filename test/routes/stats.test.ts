import { createExecutionContext, createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stats } from '../../src/answers'
import { appendEvents } from '../../src/audit'
import type { AuditEvent } from '../../src/domain/event'
import { TEXT, tally, VERIFICATION } from '../../src/domain/tally'
import worker from '../../src/index'
import { columnsOf } from '../../src/tallies'
import { caller } from '../gateway'
import { lives } from '../lives'

const DAY = 86_400_000
const BY = ['day', 'country', 'provider', 'purpose', 'channel'] as const
const rfc3339 = (ms: number) => new Date(ms).toISOString()

/** Each test has ten days of its own. */
let used = Date.parse('2031-01-01T00:00:00Z')
const epochOfItsOwn = () => {
  used += 10 * DAY
  return used
}

const append = (events: AuditEvent[]) => appendEvents(env.AUDIT, JSON.stringify(events))

const sample = (epoch: number, lifeCount: number) =>
  fc.sample(lives(epoch, { minLength: lifeCount, maxLength: lifeCount }), 1)[0] ?? []

const rowsOf = async (table: string, from: number) => {
  const { results } = await env.AUDIT.prepare(
    `SELECT * FROM ${table} WHERE abs(at) >= ? AND abs(at) < ? ORDER BY id`,
  )
    .bind(from, from + 10 * DAY)
    .all<Record<string, unknown>>()
  return results
}

const byId = <T extends { id: string }>(rows: T[]) => rows.sort((a, b) => (a.id < b.id ? -1 : 1))

it('has a column for everything that is tallied', async () => {
  const columns = async (table: string) => {
    const { results } = await env.AUDIT.prepare('SELECT name FROM pragma_table_info(?)')
      .bind(table)
      .all<{ name: string }>()
    return results.map(({ name }) => name).sort()
  }
  expect(await columns('text')).toEqual([...columnsOf(TEXT), 'asked'].sort())
  expect(await columns('verification')).toEqual(columnsOf(VERIFICATION).sort())
})

it('costs few rows to write, beside the event itself', async () => {
  const at = epochOfItsOwn()
  const about = {
    recipient: `4${'1'.repeat(19)}`,
    country: 'GB',
    to_masked: '+44******0001',
    message_id: 'SM-rows',
    verification_id: 'VE-rows',
    purpose: 'login',
    channel: 'sms',
  }
  const took = { ...about, provider: 'twilio', provider_id: 'SM1' }
  /** D1's own account, less what the events take: a row and its entry in each of three indexes. */
  const written = async (events: Omit<AuditEvent, 'id' | 'at'>[]) => {
    let rows = -4 * events.length
    const batch = async (statements: D1PreparedStatement[]) => {
      const results = await env.AUDIT.batch(statements)
      for (const { meta } of results) rows += meta.rows_written
      return results
    }
    const prepare = env.AUDIT.prepare.bind(env.AUDIT)
    const listed = events.map((event, n) => ({
      ...event,
      id: `EV${crypto.randomUUID()}`,
      at: at + n,
    }))
    await appendEvents({ batch, prepare } as unknown as D1Database, JSON.stringify(listed))
    return rows
  }
  const price = {
    ...took,
    type: 'delivery.updated',
    status: 'delivered',
    cost: '1',
    currency: 'USD',
  }
  const refused = { ...about, type: 'verification.refused', reason: 'cooldown' } as const
  expect([
    await written([
      { ...about, type: 'verification.started' },
      { ...took, type: 'verification.sent' },
    ]),
    await written([{ ...took, type: 'delivery.updated', status: 'delivered' }]),
    await written([{ ...about, type: 'verification.approved' }]),
    await written([price as AuditEvent]),
    await written([refused]),
  ]).toEqual([5, 2, 1, 1, 1])
})

it('keeps the same rows in whatever order and however often events come', async () => {
  for (let run = 0; run < 8; run++) {
    const epoch = epochOfItsOwn()
    const events = sample(epoch, 40)
    const shuffled = fc.sample(
      fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
      1,
    )[0] as AuditEvent[]
    while (shuffled.length > 0) await append(shuffled.splice(0, 1 + (run % 7)))
    const { texts, verifications } = tally(events)
    const stored = await rowsOf('text', epoch)
    expect(stored.map(({ asked: _, ask_at: __, ...row }) => row)).toEqual(byId(texts))
    expect(await rowsOf('verification', epoch)).toEqual(byId(verifications))
  }
})

// ------------------------------------------------------------------------------------- counted in another way

type Body = ReturnType<typeof stats.parse>

/** The figures from the bare list of events, one text at a time. */
function countedByHand(events: AuditEvent[], from: number, to: number, by: Body['by']) {
  const COUNTED = ['verification.started', 'verification.resent', 'verification.rerouted']
  const ORDER = ['odd', 'queued', 'sent', 'lost', 'delivered', 'read']
  const LOST = ['undelivered', 'failed']
  const worth = (status = 'odd') => ORDER.indexOf(LOST.includes(status) ? 'lost' : status)
  const inSpan = (at: number) => at >= from && at < to
  const keyOf = (facts: Record<string, string | null | undefined>, at: number) =>
    by === 'day' ? rfc3339(at).slice(0, 10) : (facts[by] ?? null)
  type Tally = Omit<Body['total'], 'cost'> & { times: number[]; money: Map<string, bigint> }
  const blank = (): Tally => ({
    sends: 0,
    delivered: 0,
    undelivered: 0,
    delivery_rate: null,
    time_to_deliver_ms: null,
    verifications: { started: 0, approved: 0, conversion: null },
    refusals: {},
    failures: {},
    segments: 0,
    times: [],
    money: new Map(),
  })
  const total = blank()
  const rows = new Map<string | null, Tally>()
  const note = (key: string | null, change: (tally: Tally) => void) => {
    rows.set(key, rows.get(key) ?? blank())
    for (const one of [total, rows.get(key) as Tally]) change(one)
  }
  const add = (to: Record<string, number>, name: string) => {
    to[name] = (to[name] ?? 0) + 1
  }

  for (const id of new Set(events.map((e) => e.message_id).filter((id) => id !== undefined))) {
    const own = events.filter((e) => e.message_id === id)
    const start = own.find(({ type }) => COUNTED.includes(type) || type === 'message.queued')
    const sent = own.find(({ type }) => type.endsWith('.sent'))
    const failed = own.find(({ type }) => type.endsWith('.send_failed'))
    const unknown = own.find(({ type }) => type.endsWith('.send_unknown'))
    if (!start || !inSpan(start.at) || !(sent || failed || unknown)) continue
    const receipts = own.filter(({ type }) => type === 'delivery.updated')
    const best = [...receipts].sort(
      (a, b) =>
        worth(b.status) - worth(a.status) ||
        (b.status ?? '').localeCompare(a.status ?? '') ||
        (b.reason ?? '').localeCompare(a.reason ?? ''),
    )[0]
    const provider = (sent ?? failed ?? receipts[0] ?? unknown)?.provider
    const facts = {
      country: start.country,
      purpose: start.purpose,
      channel: start.channel,
      provider,
    }
    const left = sent || !failed
    const arrived = left && worth(best?.status) >= worth('delivered')
    const lost = left && best && LOST.includes(best.status ?? '')
    const times = receipts
      .filter(({ status, client }) => status === 'delivered' && client === undefined)
      .map(({ at }) => at - start.at)
    const prices = receipts.flatMap(({ cost, currency }) => {
      const [whole = '', fraction = ''] = (cost ?? '').split('.')
      const micros = Math.round(Number(`${whole}.${fraction}`) * 1e6)
      return cost ? [{ micros, currency: currency ?? '' }] : []
    })
    note(keyOf(facts, start.at), (tally) => {
      if (left) tally.sends++
      if (arrived) tally.delivered++
      if (lost) tally.undelivered++
      if (left && times.length > 0) tally.times.push(Math.min(...times))
      if (!left) add(tally.failures, `${provider}:${failed?.reason}`)
      if (lost) add(tally.failures, `${provider}:${best?.reason ?? best?.status}`)
      const segments = [sent, ...receipts].map((event) => event?.segments ?? 0)
      if (left) tally.segments += Math.max(...segments)
      if (prices[0]) {
        const { currency } = prices[0]
        const micros = BigInt(Math.max(...prices.map(({ micros }) => micros)))
        tally.money.set(currency, (tally.money.get(currency) ?? 0n) + micros)
      }
    })
  }
  for (const start of events.filter(({ type }) => type === 'verification.started')) {
    if (!inSpan(start.at)) continue
    const own = events.filter((e) => e.verification_id === start.verification_id)
    const sent = own.find(({ type }) => type === 'verification.sent')
    const { country, purpose, channel } = start
    note(keyOf({ country, purpose, channel, provider: sent?.provider }, start.at), (tally) => {
      tally.verifications.started++
      if (own.some(({ type }) => type === 'verification.approved')) tally.verifications.approved++
    })
  }
  for (const refused of events.filter(({ type }) => type.endsWith('.refused'))) {
    const { country, purpose, channel, reason = '', at } = refused
    if (!inSpan(at)) continue
    note(keyOf({ country, purpose, channel }, at), (tally) => add(tally.refusals, reason))
  }

  const rate = (part: number, whole: number) => (whole ? Number((part / whole).toFixed(4)) : null)
  const shown = ({ times, money, ...tally }: Tally) => {
    const sorted = times.sort((a, b) => a - b)
    const nearest = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]
    const { started, approved } = tally.verifications
    return {
      ...tally,
      delivery_rate: rate(tally.delivered, tally.sends),
      time_to_deliver_ms: sorted.length ? { p50: nearest(0.5), p95: nearest(0.95) } : null,
      verifications: { started, approved, conversion: rate(approved, started) },
      cost: [...money]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([currency, micros]) => ({ currency, amount: (Number(micros) / 1e6).toFixed(6) })),
    }
  }
  return {
    rows: [...rows]
      .sort(([a], [b]) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
      .map(([key, tally]) => ({ key, ...shown(tally) })),
    total: shown(total),
  }
}

/** Amounts in the form that the count by hand has them. */
const withSixDecimals = <T extends { cost: Body['total']['cost'] }>({ cost, ...rest }: T) => ({
  ...rest,
  cost: cost.map(({ currency, amount }) => {
    expect(amount).toMatch(/^\d+(\.\d*[1-9])?$/)
    return { currency, amount: Number(amount).toFixed(6) }
  }),
})

describe('GET /v1/stats', () => {
  it.each(BY)('agrees by %s with a count by hand over the events themselves', async (by) => {
    const epoch = epochOfItsOwn()
    const events = sample(epoch, 400)
    for (let i = 0; i < events.length; i += 97) await append(events.slice(i, i + 97))
    await append(events.slice(0, 50)) // delivered twice by the queue
    const [from, to] = [epoch + DAY / 2, epoch + 4 * DAY]
    const { body, status } = await caller()(
      'GET',
      `/v1/stats?from=${rfc3339(from)}&to=${rfc3339(to)}&by=${by}`,
    )
    expect(status).toBe(200)
    const { rows, total, ...asked } = stats.parse(body)
    expect(asked).toEqual({ from: rfc3339(from), to: rfc3339(to), by })
    expect(total.sends).toBeGreaterThan(50)
    const expected = countedByHand(events, from, to, by)
    expect(rows.map(withSixDecimals)).toEqual(expected.rows)
    expect(withSixDecimals(total)).toEqual(expected.total)
  })

  it('counts from whole day to now, thirty days, where no time is given', async () => {
    const { body } = await caller()('GET', '/v1/stats')
    expect(body).toEqual({
      from: '2029-12-02T00:00:00.000Z',
      to: '2030-01-01T00:00:00.000Z',
      by: 'day',
      rows: [],
      total: {
        sends: 0,
        delivered: 0,
        undelivered: 0,
        delivery_rate: null,
        time_to_deliver_ms: null,
        verifications: { started: 0, approved: 0, conversion: null },
        refusals: {},
        failures: {},
        segments: 0,
        cost: [],
      },
    })
  })

  it.each([
    ['by=hour', 'by'],
    ['from=yesterday', 'from'],
    ['from=2030-01-02T00:00:00Z&to=2030-01-02T00:00:00Z', 'from'],
    ['from=2030-01-02T00:00:00Z', 'from'],
    ['from=2029-01-01T00:00:00Z&to=2030-01-02T00:00:00.001Z', 'from'],
    ['day=1', ''],
  ])('refuses %s', async (query, path) => {
    expect(await caller()('GET', `/v1/stats?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', issues: [{ path }] },
    })
  })

  it('takes 366 days', async () => {
    const query = 'from=2029-01-01T00:00:00Z&to=2030-01-02T00:00:00Z'
    expect((await caller()('GET', `/v1/stats?${query}`)).status).toBe(200)
  })

  it('may be tried again where D1 does not answer', async () => {
    const batch = () => Promise.reject(new Error('D1 down'))
    const prepare = env.AUDIT.prepare.bind(env.AUDIT)
    const call = caller({ AUDIT: { batch, prepare } as unknown as D1Database })
    expect(await call('GET', '/v1/stats')).toMatchObject({
      status: 503,
      body: { code: 'temporarily_unavailable', retry_after: 5 },
    })
  })
})

it('forgets, daily, the rows older than the retention, and those whose beginning never came', async () => {
  const now = epochOfItsOwn()
  const keep = 90 * DAY
  const base = { recipient: `4${'0'.repeat(19)}`, country: 'GB', to_masked: '+44******0001' }
  const life = (name: string, at: number, isWhole: boolean): AuditEvent[] => {
    const of = { ...base, message_id: `SM-${name}`, verification_id: `VE-${name}` }
    return [
      ...(isWhole ? [{ ...of, id: `EV1-${name}`, at, type: 'verification.started' as const }] : []),
      { ...of, id: `EV2-${name}`, at, type: 'verification.sent', provider: 'twilio' },
    ]
  }
  await append([
    ...life('old', now - keep - 1, true),
    ...life('kept', now - keep, true),
    ...life('old-orphan', now - keep - 1, false),
    ...life('kept-orphan', now - keep, false),
  ])
  const cron = '17 3 * * *'
  await worker.scheduled(
    createScheduledController({ scheduledTime: now, cron }),
    env,
    createExecutionContext(),
  )
  for (const [table, prefix] of [
    ['text', 'SM-'],
    ['verification', 'VE-'],
  ]) {
    const { results } = await env.AUDIT.prepare(
      `SELECT id FROM ${table} WHERE id LIKE '${prefix}%' ORDER BY id`,
    ).all()
    expect(results).toEqual([{ id: `${prefix}kept` }, { id: `${prefix}kept-orphan` }])
  }
})
