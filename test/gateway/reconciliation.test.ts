import {
  createExecutionContext,
  createScheduledController,
  runDurableObjectAlarm,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { appendEvents } from '../../src/audit'
import { rankOf } from '../../src/domain/delivery'
import type { AuditEvent } from '../../src/domain/event'
import type { Env } from '../../src/env'
import worker from '../../src/index'
import { ASK_AFTER_MS } from '../../src/tallies'
import { carrier, created, TWILIO } from '../carrier'
import {
  caller,
  freshNumber,
  HOUR,
  healthOfItsOwn,
  ledgerOf,
  MINUTE,
  pass,
  SECOND,
  withQueue,
} from '../gateway'
import { faultsOf } from '../providers/twilio/contract'

const EVERY_MINUTE = '* * * * *'

beforeEach(async () => {
  await env.AUDIT.prepare('DELETE FROM text').run()
})

const run = (vars: Partial<Env> = { ...TWILIO, ...healthOfItsOwn() }) =>
  worker.scheduled(
    createScheduledController({ cron: EVERY_MINUTE }),
    { ...env, ...vars } as Env,
    createExecutionContext(),
  )

type Message = Record<string, unknown>

const message = (sid: string, more: Message = {}): Message => ({
  sid,
  status: 'delivered',
  to: '+447100000001',
  error_code: null,
  num_segments: '2',
  price: '-0.00750',
  price_unit: 'usd',
  ...more,
})

/** Twilio, asked about texts. @returns the ids it was asked for, and how many at once at most */
function twilio(answer: (sid: string) => Response = (sid) => Response.json(message(sid))) {
  const asked = { sids: [] as string[], atOnce: 0 }
  let open = 0
  vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
    const url = String(input)
    const method = init?.method ?? 'GET'
    expect(faultsOf('FetchMessage', { method, url }, new URLSearchParams())).toEqual([])
    const sid = /(SM[0-9a-f]{32})\.json$/.exec(url)?.[1] ?? ''
    asked.sids.push(sid)
    open++
    asked.atOnce = Math.max(asked.atOnce, open)
    await new Promise((resolve) => setTimeout(resolve, 1))
    open--
    return answer(sid)
  })
  return asked
}

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0')
const sidOf = (nth: number) => `SM${hex(nth, 32)}`
const idOf = (nth: number) => `SM4${hex(nth, 19)}${hex(nth, 12)}`

/** That many texts that Twilio took, one each second from now on, in the tables alone. */
async function texts(count: number, more: Partial<AuditEvent> = {}) {
  const at = Date.now()
  const events = Array.from({ length: count }, (_, nth): AuditEvent[] => {
    const about = {
      recipient: idOf(nth).slice(2, 22),
      country: 'GB',
      to_masked: '+44******0001',
      message_id: idOf(nth),
      channel: 'sms',
    }
    const event = (n: number): Pick<AuditEvent, 'id' | 'at'> => ({
      id: `EV${crypto.randomUUID()}${n}`,
      at: at + nth * SECOND,
    })
    const sent = { ...about, provider: 'twilio', provider_id: sidOf(nth), ...more }
    return [
      { ...event(0), type: 'message.queued', ...about },
      { ...event(1), type: 'message.sent', ...sent },
    ]
  })
  await appendEvents(env.AUDIT, JSON.stringify(events.flat()))
}

const linesOf = (level: 'log' | 'error') => {
  const printed = vi.spyOn(console, level).mockImplementation(() => {})
  return () => printed.mock.calls.map(([line]) => JSON.parse(String(line)))
}

/** A code that Twilio took, and the way of its events into the tables. */
async function sent() {
  carrier(created)
  const to = freshNumber()
  await caller(TWILIO)('POST', '/v1/verifications', { to })
  const { ledger } = await ledgerOf(to)
  const mirror = async () => {
    await withQueue(ledger, (events) => appendEvents(env.AUDIT, JSON.stringify(events)))
    pass(6 * SECOND)
    await runDurableObjectAlarm(ledger)
  }
  await mirror()
  return { to, mirror }
}

const onlyRow = async () => {
  const { results } = await env.AUDIT.prepare('SELECT * FROM text').all()
  expect(results).toHaveLength(1)
  return results[0]
}

describe('a text whose callbacks were lost', () => {
  it('gets its status, its segments and its price', async () => {
    const { to, mirror } = await sent()
    pass(15 * MINUTE)
    const asked = twilio((sid) => Response.json(message(sid, { to })))
    await run()
    expect(asked.sids).toHaveLength(1)
    await mirror()
    expect(await onlyRow()).toMatchObject({
      provider_id: asked.sids[0],
      rank: rankOf('delivered'),
      status: 'delivered',
      delivered_at: null, // when, nobody said
      segments: 2,
      cost: 7500,
      currency: 'USD',
      ask_at: null,
    })
    const read = await caller()(
      'GET',
      `/v1/audit?type=delivery.updated&to=${encodeURIComponent(to)}`,
    )
    expect(read.body.events).toMatchObject([
      { status: 'delivered', cost: '0.0075', currency: 'USD', client: 'reconciliation' },
    ])
    pass(100 * HOUR)
    await run()
    expect(asked.sids).toHaveLength(1)
  })

  it('gets its price also where the status is no news', async () => {
    const { to, mirror } = await sent()
    pass(15 * MINUTE)
    twilio((sid) => Response.json(message(sid, { to, price: null })))
    await run()
    await mirror()
    expect(await onlyRow()).toMatchObject({ status: 'delivered', currency: '' })
    pass(HOUR)
    twilio((sid) => Response.json(message(sid, { to, price: '-0.0832', price_unit: 'EUR' })))
    await run()
    await mirror()
    expect(await onlyRow()).toMatchObject({ status: 'delivered', cost: 83_200, currency: 'EUR' })
  })

  it('is asked about at growing intervals, and then given up', async () => {
    await texts(1)
    const start = Date.now()
    const asked = twilio((sid) => Response.json(message(sid, { status: 'sent', price: null })))
    const ages = [15 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR, 72 * HOUR]
    expect(ASK_AFTER_MS).toEqual(ages)
    for (const [nth, age] of ages.entries()) {
      vi.setSystemTime(start + age - 1)
      await run()
      expect(asked.sids).toHaveLength(nth)
      vi.setSystemTime(start + age)
      await run()
      await run()
      expect(asked.sids).toHaveLength(nth + 1)
    }
    pass(1000 * HOUR)
    await run()
    expect(asked.sids).toHaveLength(5)
  })

  it('is not asked about again for the times that are over', async () => {
    await texts(1)
    const asked = twilio((sid) => Response.json(message(sid, { status: 'sent', price: null })))
    pass(7 * HOUR)
    await run()
    await run()
    expect(asked.sids).toHaveLength(1)
    pass(17 * HOUR)
    await run()
    expect(asked.sids).toHaveLength(2)
  })

  it('is given up where Twilio does not know it', async () => {
    await texts(1)
    const asked = twilio(() => Response.json({ code: 20404, status: 404 }, { status: 404 }))
    const lines = linesOf('log')
    for (const age of ASK_AFTER_MS) {
      pass(age)
      await run()
    }
    expect(asked.sids).toHaveLength(1)
    expect(lines()).toEqual([
      expect.objectContaining({ event: 'reconciliation', asked: 1, filed: 0, gone: 1, failed: 0 }),
    ])
  })
})

describe('nothing is asked', () => {
  it.each<[string, Partial<AuditEvent>]>([
    ['of another carrier', { provider: 'vonage' }],
    ['without its id at Twilio', { provider_id: '' }],
  ])('about a text %s', async (_, more) => {
    await texts(1, more)
    pass(15 * MINUTE)
    const asked = twilio()
    await run()
    expect(asked.sids).toEqual([])
  })

  it('where Twilio is not configured', async () => {
    await texts(1)
    pass(15 * MINUTE)
    const asked = twilio()
    await run({})
    expect(asked.sids).toEqual([])
  })

  it('while Twilio rests', async () => {
    await texts(1)
    pass(15 * MINUTE)
    const asked = twilio()
    const health = healthOfItsOwn()
    const rest = { since: Date.now(), until: Date.now() + MINUTE, reason: '20003' }
    await health.CARRIER_HEALTH?.getByName('carriers').rested('twilio', rest)
    await run({ ...TWILIO, ...health })
    expect(asked.sids).toEqual([])
    pass(MINUTE)
    await run({ ...TWILIO, ...health })
    expect(asked.sids).toHaveLength(1)
  })
})

describe('a run', () => {
  it('asks about 200 texts, the oldest, six at a time; the next one about the rest', async () => {
    await texts(210)
    pass(HOUR)
    const asked = twilio()
    await run()
    const all = Array.from({ length: 210 }, (_, nth) => sidOf(nth))
    expect([...asked.sids].sort()).toEqual(all.slice(0, 200))
    expect(asked.atOnce).toBe(6)
    await run()
    expect([...asked.sids].sort()).toEqual(all)
  })

  it('asks no text twice, where another goes on beside it', async () => {
    await texts(40)
    pass(HOUR)
    const asked = twilio()
    await Promise.all([run(), run(), run()])
    expect([...asked.sids].sort()).toEqual(Array.from({ length: 40 }, (_, nth) => sidOf(nth)))
  })

  it('ends with the first answer that refuses the account', async () => {
    await texts(20)
    pass(HOUR)
    const asked = twilio(() => Response.json({ code: 20003, status: 401 }, { status: 401 }))
    const lines = linesOf('error')
    await run()
    expect(asked.sids).toEqual([sidOf(0)])
    expect(lines()).toEqual([
      expect.objectContaining({ event: 'reconciliation', asked: 1, failed: 1, reason: '20003' }),
    ])
    await run()
    expect(asked.sids).toEqual([sidOf(0), sidOf(1)])
  })

  it.each<[string, () => Response]>([
    ['HTML', () => new Response('<html>Bad gateway</html>', { status: 502 })],
    ['HTML that claims success', () => new Response('<html>Welcome</html>')],
    ['JSON of something else', () => Response.json({ hello: 'world' })],
  ])('ends after a few answers of %s, and files nothing', async (_, answer) => {
    await texts(20)
    pass(15 * MINUTE)
    const asked = twilio(answer)
    pass(20 * SECOND)
    await run()
    expect(asked.sids).toHaveLength(7)
    const { results } = await env.AUDIT.prepare('SELECT asked FROM text WHERE asked > 0').all()
    expect(results).toHaveLength(7) // moved on before they were asked about
  })

  it.each<[string, Partial<Env>]>([
    [
      'D1 fails',
      {
        ...TWILIO,
        AUDIT: {
          prepare: () => {
            throw new Error('down')
          },
        } as never,
      },
    ],
    ['the configuration is wrong', { OTP_LENGTH: '99' }],
  ])('says so where %s', async (_, vars) => {
    const lines = linesOf('error')
    await expect(run(vars)).rejects.toThrow()
    expect(lines()).toMatchObject([{ event: 'scheduled.failed', cron: EVERY_MINUTE }])
  })
})
