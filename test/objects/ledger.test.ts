import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { SendOutcome } from '../../src/domain/delivery'
import type { AuditEvent } from '../../src/domain/event'
import type { Keyword } from '../../src/domain/opt-out'
import { emptyRecord } from '../../src/domain/record'
import { deriveKeys } from '../../src/keys'
import type { Ledger } from '../../src/objects/ledger'
import { createStore } from '../../src/objects/ledger-store'
import { HOUR, MINUTE, pass, SECOND, useQueue, withQueue, wrong } from '../gateway'

type Stub = DurableObjectStub<Ledger>

const TERMS = {
  lifetimeMs: 10 * MINUTE,
  codeLength: 6,
  maxAttempts: 5,
  cooldownsMs: [60_000, 60_000, 120_000, 300_000, 600_000],
  sends: { limit: 5, windowMs: HOUR },
}
const CALLER = { client: 'test', request_id: 'r1' }
const WHO = { country: 'GB', masked: '+44******0001' }
const START = {
  purpose: 'verify',
  channel: 'sms',
  engine: 'own',
  terms: TERMS,
  caller: CALLER,
} as const
const SENT: SendOutcome = {
  provider: 'twilio',
  providerId: 'SM1',
  latencyMs: 5,
  failures: [],
  status: 'sent',
}

const failed = (kind: 'unknown' | 'unavailable' | 'rejected'): SendOutcome => ({
  provider: 'twilio',
  latencyMs: 5,
  failures: [],
  status: 'failed',
  kind,
  refusal: 'temporarily_unavailable',
  reason: 'test',
})

/** A ledger of its own, with a recipient in it. */
function fresh() {
  const ledger: Stub = env.LEDGER.getByName(`test-${crypto.randomUUID()}`)
  const recipient = (nth = 1) => {
    const key = `4${String(nth).padStart(19, '0')}`
    const start = (more: object = {}) => ledger.start(key, WHO, { ...START, ...more })
    const settle = (send: string, outcome: SendOutcome = SENT) =>
      ledger.settle([{ key, who: WHO, send, outcome, sendLimit: 5, caller: CALLER }])
    const check = (code: string, target: object = { purpose: 'verify' }) =>
      ledger.check(key, { target, code, sendLimit: 5, simulated: false, caller: CALLER })
    const writes = (keyword: Keyword | null, providerId: string = crypto.randomUUID()) =>
      ledger.reply(key, WHO, {
        keyword,
        provider: 'twilio',
        providerId,
        channel: 'sms',
        caller: CALLER,
      })
    /** Starts, settles, and tells the id and the code. */
    const sent = async (more: object = {}) => {
      const started = await start(more)
      if (!started.ok || !started.value.send) throw new Error(JSON.stringify(started))
      await settle(started.value.send.id)
      return { ...started.value, code: await codeOf(started.value.view) }
    }
    return { key, start, settle, check, writes, sent }
  }
  return { ledger, recipient, ...recipient() }
}

const codeOf = async (view: { id: string; purpose: string }) =>
  (await deriveKeys(env.VERGE_SECRET ?? '')).codeOf({ ...view, codeLength: 6 })

const tables = (ledger: Stub) =>
  runInDurableObject(ledger, (_, { storage: { sql } }) => ({
    records: sql
      .exec<{ key: string; state: string; due_at: number }>('SELECT * FROM record ORDER BY key')
      .toArray(),
    outbox: sql
      .exec<{ events: string }>('SELECT events FROM outbox ORDER BY seq')
      .toArray()
      .flatMap(({ events }) => JSON.parse(`[${events}]`) as AuditEvent[]),
  }))

/** Runs each alarm at its time, until none is set. */
async function toTheEnd(ledger: Stub) {
  for (let wakes = 0; wakes < 30; wakes++) {
    const next = await runInDurableObject(ledger, (_, { storage }) => storage.getAlarm())
    if (next === null) return
    pass(Math.max(0, next - Date.now()))
    await runDurableObjectAlarm(ledger)
  }
  throw new Error('the alarm never rests')
}

const refusals = (results: { ok: boolean; refusal?: { code: string } }[]) =>
  results.flatMap((result) => (result.ok ? [] : [result.refusal?.code]))

describe('under concurrency', () => {
  it('lets 50 simultaneous starts send one text', async () => {
    const { start } = fresh()
    const results = await Promise.all(Array.from({ length: 50 }, () => start()))
    expect(results.filter((result) => result.ok)).toHaveLength(1)
    expect(refusals(results)).toEqual(Array(49).fill('cooldown'))
  })

  it('spends exactly the budget on 20 simultaneous wrong codes', async () => {
    const { sent, check } = fresh()
    const { code } = await sent()
    const results = await Promise.all(Array.from({ length: 20 }, () => check(wrong(code))))
    const codes = refusals(results)
    expect(codes.filter((c) => c === 'incorrect_code')).toHaveLength(5)
    expect(codes.filter((c) => c === 'too_many_attempts')).toHaveLength(15)
    expect(refusals([await check(code)])).toEqual(['too_many_attempts'])
  })

  it('approves one of 10 simultaneous right codes', async () => {
    const { sent, check } = fresh()
    const { code } = await sent()
    const results = await Promise.all(Array.from({ length: 10 }, () => check(code)))
    expect(results.filter((result) => result.ok)).toHaveLength(1)
    expect(refusals(results)).toEqual(Array(9).fill('no_pending_verification'))
  })

  it('never touches one recipient for another in the same ledger', async () => {
    const { recipient, ledger } = fresh()
    const [a, b] = [recipient(1), recipient(2)]
    const { code } = await a.sent()
    const before = (await tables(ledger)).records
    await b.sent()
    await b.check('000000')
    expect(refusals([await b.check(code)])).toEqual(['incorrect_code'])
    expect((await tables(ledger)).records[0]).toEqual(before[0])
    expect(await a.check(code)).toMatchObject({ ok: true, value: { status: 'approved' } })
  })

  it('checks against the verification that is there when it decides', async () => {
    const { ledger, sent, key } = fresh()
    const { view } = await sent()
    pass(MINUTE) // its cooldown
    const next = `VE${key}aaaaaaaaaaaa`
    const code = await codeOf({ id: next, purpose: 'verify' })
    vi.spyOn(crypto, 'randomUUID').mockReturnValue('00000000-0000-4000-8000-aaaaaaaaaaaa')
    const result = await runInDurableObject(ledger, (instance: Ledger) => {
      const common = { sendLimit: 5, caller: CALLER }
      const command = { target: { purpose: 'verify' }, code, simulated: false, ...common }
      const checking = instance.check(key, command)
      // The check is computing the code of the first verification now. Another takes its place.
      instance.cancel(key, { id: view.id, ...common })
      instance.start(key, WHO, START)
      return checking
    })
    expect(result).toMatchObject({ ok: true, value: { id: next, status: 'approved' } })
  })

  it('approves no code of a verification that was canceled while it was computed', async () => {
    const { ledger, sent, key } = fresh()
    const { view, code } = await sent()
    const common = { sendLimit: 5, simulated: false, caller: CALLER }
    const results = await runInDurableObject(ledger, (instance: Ledger) => {
      const checking = instance.check(key, { target: { purpose: 'verify' }, code, ...common })
      // The check is computing the right code now.
      return Promise.all([checking, instance.cancel(key, { id: view.id, ...common })])
    })
    expect(refusals(results)).toEqual(['no_pending_verification'])
    const [record] = (await tables(ledger)).records
    expect(JSON.parse(record?.state ?? '')).toMatchObject({
      verifications: [{ id: view.id, status: 'canceled' }],
    })
  })
})

describe('storage', () => {
  it('changes nothing by eviction between any two calls', async () => {
    const { ledger, start, settle, check } = fresh()
    const started = await start()
    if (!started.ok || !started.value.send) throw new Error('refused')
    const code = await codeOf(started.value.view)
    await evictDurableObject(ledger)
    await settle(started.value.send.id)
    await evictDurableObject(ledger)
    expect(refusals([await start()])).toEqual(['cooldown'])
    await evictDurableObject(ledger)
    expect(refusals([await check(wrong(code))])).toEqual(['incorrect_code'])
    await evictDurableObject(ledger)
    expect(await check(code)).toMatchObject({ ok: true, value: { attemptsRemaining: 3 } })
    await evictDurableObject(ledger)
    expect(refusals([await check(code)])).toEqual(['no_pending_verification'])
    pass(2 * SECOND)
    expect(await runDurableObjectAlarm(ledger)).toBe(true)
    expect((await tables(ledger)).outbox).toEqual([])
  })

  it('writes state and event together or not at all', async () => {
    const { ledger, start, sent, check } = fresh()
    const { code } = await sent()
    const before = await tables(ledger)
    await runInDurableObject(ledger, (_, { storage: { sql } }) => {
      for (const write of ['INSERT', 'UPDATE'])
        sql.exec(
          `CREATE TRIGGER full_${write} BEFORE ${write} ON outbox BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
        )
    })
    pass(MINUTE)
    expect(refusals([await start(), await check(code)])).toEqual(
      Array(2).fill('temporarily_unavailable'),
    )
    await runInDurableObject(ledger, (_, { storage: { sql } }) => {
      for (const write of ['INSERT', 'UPDATE']) sql.exec(`DROP TRIGGER full_${write}`)
    })
    expect(await tables(ledger)).toEqual(before)
    expect((await check(code)).ok).toBe(true)
  })

  it('writes all that a step left or nothing, also where its events are many rows', async () => {
    const { ledger, sent, key } = fresh()
    await sent()
    const before = await tables(ledger)
    const events = Array.from({ length: 95 }, (_, i): AuditEvent => {
      const whose = { recipient: key, country: 'GB', to_masked: WHO.masked }
      return { id: `EV${i}`, at: i, type: 'message.send_unknown', reason: 'x'.repeat(64), ...whose }
    })
    await runInDurableObject(ledger, (_, { storage }) => {
      const store = createStore(storage)
      storage.sql.exec(
        `CREATE TRIGGER full BEFORE INSERT ON outbox WHEN (SELECT count(*) FROM outbox) > 2
         BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
      )
      expect(() => store.write(key, emptyRecord('GB', ''), events)).toThrow('disk full')
    })
    expect(await tables(ledger)).toEqual(before)
  })

  it('is empty after the last deadline', async () => {
    const { ledger, sent, check, start } = fresh()
    const { code } = await sent()
    await check(wrong(code))
    await check(code)
    await start({ purpose: 'login' })
    await toTheEnd(ledger)
    expect(await tables(ledger)).toEqual({ records: [], outbox: [] })
    expect(await runDurableObjectAlarm(ledger)).toBe(false)
  })

  it('leaves nothing behind for a recipient that was only asked about', async () => {
    const { ledger, check, key } = fresh()
    expect(refusals([await check('123456')])).toEqual(['not_found'])
    await ledger.limits(key, 5)
    await ledger.show(key, `VE${key}000000000000`, 5)
    expect(await tables(ledger)).toEqual({ records: [], outbox: [] })
  })

  it('writes at most 16 rows for a completed verification, alarms included', async () => {
    const { ledger, sent, check } = fresh()
    let rows = 0
    await runInDurableObject(ledger, (_, { storage }) => {
      const exec = storage.sql.exec.bind(storage.sql)
      const setAlarm = storage.setAlarm.bind(storage)
      Object.defineProperty(storage, 'setAlarm', {
        value: (time: number) => {
          rows++
          return setAlarm(time)
        },
      })
      storage.sql.exec = ((query: string, ...values: unknown[]) => {
        const cursor = exec(query, ...values)
        rows += cursor.rowsWritten
        return cursor
      }) as typeof exec
    })
    const { code } = await sent()
    // A person takes longer than the outbox: it is drained between start and check.
    pass(20 * SECOND)
    await runDurableObjectAlarm(ledger)
    expect((await check(code)).ok).toBe(true)
    expect(rows).toBeGreaterThan(5)
    await toTheEnd(ledger)
    expect(await tables(ledger)).toEqual({ records: [], outbox: [] })
    expect(rows).toBeLessThanOrEqual(16)
  })
})

describe('the alarm', () => {
  it('settles a send that nobody settled: unknown, counted, its cooldown lifted', async () => {
    const { ledger, start, key } = fresh()
    await start()
    expect(refusals([await start()])).toEqual(['cooldown'])
    pass(30 * SECOND)
    await runDurableObjectAlarm(ledger)
    expect(await ledger.limits(key, 5)).toMatchObject({ value: { sends: [expect.anything()] } })
    const [record] = (await tables(ledger)).records
    expect(JSON.parse(record?.state ?? '')).toMatchObject({ cooldowns: [], sends: [{}] })
    const resent = await start()
    expect(resent).toMatchObject({ ok: true, value: { view: { sendsRemaining: 3 } } })
  })

  it('says so in an event', async () => {
    const { ledger, start } = fresh()
    const seen: AuditEvent[] = []
    await withQueue(ledger, async (events) => void seen.push(...events))
    await start()
    pass(30 * SECOND)
    await runDurableObjectAlarm(ledger)
    expect(seen.map(({ type, reason }) => [type, reason])).toEqual([
      ['verification.started', undefined],
      ['verification.send_unknown', 'lost'],
    ])
  })

  it('expires a verification and ends a lock, each with an event', async () => {
    const { ledger, sent, check } = fresh()
    const seen: AuditEvent[] = []
    await withQueue(ledger, async (events) => void seen.push(...events))
    for (let round = 0; round < 2; round++) {
      const { code } = await sent()
      for (let i = 0; i < 5; i++) await check(wrong(code))
      pass(MINUTE)
    }
    expect(refusals([await check('000000')])).toEqual(['locked'])
    pass(15 * MINUTE)
    await runDurableObjectAlarm(ledger)
    expect(seen.map(({ type }) => type).filter((type) => /lock|expired/.test(type))).toEqual([
      'recipient.locked',
      'recipient.unlocked',
    ])
    await sent()
    pass(10 * MINUTE)
    await runDurableObjectAlarm(ledger)
    expect(seen.at(-1)?.type).toBe('verification.expired')
  })

  it('keeps events while the queue fails, and hands each over once it works', async () => {
    const { ledger, sent, check } = fresh()
    const { code } = await sent()
    await withQueue(ledger, () => Promise.reject(new Error('queue down')))
    pass(2 * SECOND)
    expect(await runDurableObjectAlarm(ledger)).toBe(true)
    expect((await tables(ledger)).outbox).toHaveLength(2)
    expect((await check(code)).ok).toBe(true)

    const seen: AuditEvent[] = []
    await withQueue(ledger, async (events) => void seen.push(...events))
    pass(10 * SECOND)
    expect(await runDurableObjectAlarm(ledger)).toBe(true)
    expect(seen.map(({ type }) => type)).toEqual([
      'verification.started',
      'verification.sent',
      'verification.approved',
    ])
    expect(new Set(seen.map(({ id }) => id)).size).toBe(3)
    expect((await tables(ledger)).outbox).toEqual([])
  })

  it('hands over no more at a time than a message holds, whatever one step left', async () => {
    const { ledger, key } = fresh()
    const additions = Array.from({ length: 1000 }, (_, i) => ({
      key,
      who: WHO,
      id: `SM${key}${String(i).padStart(12, '0')}`,
      terms: { limit: 1000, windowMs: HOUR },
      segments: 1,
      encoding: 'GSM-7' as const,
      waitMs: HOUR,
      caller: CALLER,
    }))
    await ledger.addMessages(additions)
    const receipt = { providerId: 'x', status: 'পৌঁছায়নি'.repeat(7), errorCode: 'নেই'.repeat(20) }
    for (const { id } of additions.slice(0, 150))
      await ledger.receive(key, WHO, { text: id, provider: 'http:local', receipt, caller: CALLER })
    const sizes: number[] = []
    const seen = new Set<string>()
    await withQueue(ledger, async (events) => {
      sizes.push(new TextEncoder().encode(JSON.stringify(events)).length)
      for (const { type, message_id } of events) seen.add(`${type} ${message_id}`)
    })
    pass(HOUR) // all of them are given up at once
    for (let i = 0; i < 3; i++) await runDurableObjectAlarm(ledger)
    expect(Math.max(...sizes)).toBeLessThan(128_000)
    expect(seen.size).toBe(1000 + 150 + 1000)
    expect((await tables(ledger)).outbox).toEqual([])
  })

  it('keeps what was written while the queue was busy', async () => {
    const { ledger, recipient } = fresh()
    await recipient(1).start()
    const batches: number[] = []
    await runInDurableObject(ledger, (instance: Ledger) => {
      const send = async (events: AuditEvent[]) => {
        batches.push(events.length)
        if (batches.length === 1) await instance.start(recipient(2).key, WHO, START)
      }
      useQueue(instance, send)
    })
    pass(2 * SECOND)
    await runDurableObjectAlarm(ledger)
    expect(batches).toEqual([1, 1])
    expect((await tables(ledger)).outbox).toEqual([])
  })

  it('is not stopped by a record it cannot read', async () => {
    const { ledger, recipient, key } = fresh()
    await recipient(1).sent()
    await recipient(2).start()
    await runInDurableObject(ledger, (_, { storage: { sql } }) => {
      sql.exec("UPDATE record SET state = 'nonsense' WHERE key = ?", key)
    })
    pass(10 * MINUTE)
    await runDurableObjectAlarm(ledger)
    const { records, outbox } = await tables(ledger)
    expect(records.map(({ due_at }) => due_at - Date.now())).toEqual([HOUR, expect.any(Number)])
    expect(JSON.parse(records[1]?.state ?? '').verifications[0].status).toBe('expired')
    expect(outbox).toEqual([])
  })

  it('rests although a record was filed for an earlier time than it now names', async () => {
    const { ledger, sent } = fresh()
    await sent()
    await runInDurableObject(ledger, (_, { storage: { sql } }) => {
      sql.exec('UPDATE record SET due_at = ?', Date.now())
    })
    await runDurableObjectAlarm(ledger)
    const next = await runInDurableObject(ledger, (_, { storage }) => storage.getAlarm())
    expect(next).toBe(Date.parse('2030-01-01T00:10:00Z'))
  })

  it('works through many records in bounded steps', async () => {
    const { ledger, recipient } = fresh()
    await runInDurableObject(ledger, async (instance: Ledger) => {
      for (let nth = 1; nth <= 1200; nth++) await instance.start(recipient(nth).key, WHO, START)
    })
    let seen = 0
    await withQueue(ledger, async (events) => {
      seen += events.length
    })
    pass(HOUR)
    await toTheEnd(ledger)
    expect(seen).toBe(1200 * 3)
    expect(await tables(ledger)).toEqual({ records: [], outbox: [] })
  })

  it('does a part of 100,000 due records and of a long outbox, and goes on at once', async () => {
    const { ledger, sent, key } = fresh()
    await sent()
    await runInDurableObject(ledger, (_, { storage: { sql } }) => {
      const copies = (count: number) =>
        `WITH RECURSIVE nth(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM nth WHERE i < ${count})`
      const record = `SELECT printf('5%019d', i), state, due_at FROM nth, record WHERE key = ?`
      sql.exec(`${copies(100_000)} INSERT INTO record ${record}`, key)
      sql.exec(`${copies(2000)} INSERT INTO outbox (events) SELECT events FROM nth, outbox`)
    })
    let messages = 0
    await withQueue(ledger, async () => void messages++)
    pass(10 * MINUTE)
    await runDurableObjectAlarm(ledger)
    const left = await runInDurableObject(ledger, async (_, { storage }) => ({
      due: storage.sql.exec('SELECT count(*) AS n FROM record WHERE due_at <= ?', Date.now()).one()
        .n,
      rows: storage.sql.exec('SELECT count(*) AS n FROM outbox').one().n,
      alarm: await storage.getAlarm(),
    }))
    expect({ messages, ...left }).toEqual({
      messages: 20,
      due: 100_001 - 500,
      rows: expect.any(Number),
      alarm: Date.now(),
    })
    expect(left.rows).toBeGreaterThan(1000)
  })
})

describe('an opt-out', () => {
  const optedOut = async ({ ledger, key }: { ledger: Stub; key: string }) => {
    const limits = await ledger.limits(key, 5)
    return limits.ok && limits.value.optedOut
  }
  const STOPPED = [{ key: `4${'1'.padStart(19, '0')}`, due_at: 8.64e15, state: expect.anything() }]

  /** Every time that an alarm is set to, from now on. */
  const alarmsOf = async (ledger: Stub) => {
    const times: number[] = []
    await runInDurableObject(ledger, (_, { storage }) => {
      const setAlarm = storage.setAlarm.bind(storage)
      const value = (time: number) => {
        times.push(time)
        return setAlarm(time)
      }
      Object.defineProperty(storage, 'setAlarm', { value })
    })
    return times
  }

  it('is all that is left in the end, and no alarm is set for it', async () => {
    const at = fresh()
    const { ledger, sent, check, start, writes } = at
    const alarms = await alarmsOf(ledger)
    const { code } = await sent()
    await check(wrong(code))
    await writes('stop')
    expect((await check(code)).ok).toBe(true)
    expect(refusals([await start({ purpose: 'login' })])).toEqual(['opted_out'])
    await toTheEnd(ledger)
    const { records, outbox } = await tables(ledger)
    expect({ records, outbox }).toEqual({ records: STOPPED, outbox: [] })
    expect(JSON.parse(records[0]?.state ?? '')).toEqual({
      ...emptyRecord(WHO.country, WHO.masked),
      optOut: 'stop',
    })
    expect(await runDurableObjectAlarm(ledger)).toBe(false)
    expect(Math.max(...alarms)).toBeLessThanOrEqual(Date.now())
    pass(1000 * 24 * HOUR)
    expect(await optedOut(at)).toBe(true)
    expect(refusals([await start()])).toEqual(['opted_out'])
  })

  it('outlives eviction, also of an object that holds nothing else', async () => {
    const at = fresh()
    const { ledger, start, writes } = at
    expect(await writes('stop')).toEqual({ ok: true, value: null })
    await evictDurableObject(ledger)
    expect(refusals([await start()])).toEqual(['opted_out'])
    await toTheEnd(ledger)
    await evictDurableObject(ledger)
    expect(await optedOut(at)).toBe(true)
    expect(await runDurableObjectAlarm(ledger)).toBe(false)
    expect((await tables(ledger)).records).toEqual(STOPPED)
  })

  it('does not hold up what is due for others', async () => {
    const { ledger, recipient } = fresh()
    await recipient(1).writes('stop')
    await toTheEnd(ledger)
    const { code } = await recipient(2).sent()
    await recipient(2).check(wrong(code))
    await toTheEnd(ledger)
    expect((await tables(ledger)).records).toEqual(STOPPED)
  })

  it('ends with START, and is then forgotten', async () => {
    const at = fresh()
    const { ledger, start, writes } = at
    await writes('stop')
    await toTheEnd(ledger)
    await writes('start')
    expect(await optedOut(at)).toBe(false)
    expect((await start()).ok).toBe(true)
    await toTheEnd(ledger)
    expect(await tables(ledger)).toEqual({ records: [], outbox: [] })
  })

  it('stands though the text was on its way that STOP answers', async () => {
    const at = fresh()
    const { start, settle, writes } = at
    const started = await start()
    if (!started.ok || !started.value.send) throw new Error('refused')
    await writes('stop')
    await settle(started.value.send.id)
    expect(await optedOut(at)).toBe(true)
    pass(MINUTE)
    expect(refusals([await start()])).toEqual(['opted_out'])
  })

  it('writes nothing for a webhook that comes again', async () => {
    const { ledger, writes } = fresh()
    await writes('stop', 'SM1')
    const before = await tables(ledger)
    await writes('stop', 'SM1')
    expect(await tables(ledger)).toEqual(before)
  })

  it('leaves nothing on file of who wrote other words', async () => {
    const { ledger, writes } = fresh()
    await writes(null)
    await writes('help')
    const { records, outbox } = await tables(ledger)
    expect(records).toEqual([])
    expect(outbox.map(({ type, reason }) => [type, reason])).toEqual([
      ['recipient.replied', 'other'],
      ['recipient.replied', 'help'],
    ])
  })
})

describe('a damaged object', () => {
  it('wakes up again after an alarm that could do nothing', async () => {
    const { ledger, start } = fresh()
    await start()
    pass(2 * SECOND)
    await runInDurableObject(ledger, (_, { storage: { sql } }) => {
      sql.exec('ALTER TABLE record RENAME TO lost')
    })
    expect(await runDurableObjectAlarm(ledger)).toBe(true)
    await runInDurableObject(ledger, (_, { storage: { sql } }) => {
      sql.exec('ALTER TABLE lost RENAME TO record')
    })
    await toTheEnd(ledger)
    expect(await tables(ledger)).toEqual({ records: [], outbox: [] })
  })
})

describe('settling', () => {
  it('gives a send back that certainly never left, with its cooldown and its code', async () => {
    const { ledger, start, settle, key } = fresh()
    const started = await start()
    if (!started.ok || !started.value.send) throw new Error('refused')
    await settle(started.value.send.id, failed('unavailable'))
    expect(await ledger.limits(key, 5)).toMatchObject({ value: { sends: [], verifications: [] } })
    const again = await start()
    expect(again.ok && again.value.view.id).not.toBe(started.value.view.id)
  })

  it('keeps counting a send that the carrier rejected, under cooldown', async () => {
    const { ledger, start, settle, key } = fresh()
    const started = await start()
    if (!started.ok || !started.value.send) throw new Error('refused')
    await settle(started.value.send.id, failed('rejected'))
    expect(await ledger.limits(key, 5)).toMatchObject({
      value: { sends: [expect.anything()], verifications: [] },
    })
    expect(refusals([await start()])).toEqual(['cooldown'])
  })

  it('lifts the cooldown of an unknown send, keeps its count and its code', async () => {
    const { start, settle, check } = fresh()
    const started = await start()
    if (!started.ok || !started.value.send) throw new Error('refused')
    await settle(started.value.send.id, failed('unknown'))
    const again = await start()
    expect(again).toMatchObject({
      ok: true,
      value: { view: { id: started.value.view.id, sendsRemaining: 3 } },
    })
    expect((await check(await codeOf(started.value.view))).ok).toBe(true)
  })

  it('leaves a newer cooldown alone when an outcome comes after the send was called lost', async () => {
    const { start, settle } = fresh()
    const first = await start()
    if (!first.ok || !first.value.send) throw new Error('refused')
    pass(30 * SECOND)
    expect((await start()).ok).toBe(true)
    await settle(first.value.send.id, failed('unavailable'))
    expect(refusals([await start()])).toEqual(['cooldown'])
  })

  it('settles once: an outcome that comes again changes nothing and leaves no event', async () => {
    const { ledger, start, settle, check } = fresh()
    const first = await start()
    if (!first.ok || !first.value.send) throw new Error('refused')
    await settle(first.value.send.id)
    pass(MINUTE)
    const second = await start()
    if (!second.ok || !second.value.send) throw new Error('refused')
    await settle(second.value.send.id, failed('rejected'))
    const before = await tables(ledger)
    await settle(second.value.send.id, failed('rejected'))
    await settle(second.value.send.id, failed('unavailable'))
    await settle(first.value.send.id, failed('unavailable'))
    expect(await tables(ledger)).toEqual(before)
    expect((await check(await codeOf(first.value.view))).ok).toBe(true)
  })

  it('shows a simulated text once, though settling was tried twice', async () => {
    const { ledger, start, key } = fresh()
    const started = await start({ engine: 'simulation' })
    if (!started.ok || !started.value.send) throw new Error('refused')
    const text = { channel: 'sms', body: 'Your code', code: '123456', at: Date.now() }
    const settlement = {
      key,
      who: WHO,
      send: started.value.send.id,
      outcome: SENT,
      sendLimit: 5,
      caller: CALLER,
      text,
    }
    await ledger.settle([settlement])
    await ledger.settle([settlement])
    expect(await ledger.texts(key)).toEqual({ ok: true, value: [text] })
  })

  it('settles the sends of many recipients in one call, and says of each when the next may be', async () => {
    const { ledger, recipient } = fresh()
    const settlements = []
    for (const nth of [1, 2, 3]) {
      const { key, start } = recipient(nth)
      const started = await start()
      if (!started.ok || !started.value.send) throw new Error('refused')
      const send = started.value.send.id
      const outcome = nth === 2 ? failed('unavailable') : SENT
      settlements.push({ key, who: WHO, send, outcome, sendLimit: 5, caller: CALLER })
    }
    const cooled = Date.now() + 60 * SECOND
    expect(await ledger.settle(settlements)).toEqual({
      ok: true,
      value: [cooled, Date.now(), cooled],
    })
  })

  it('settles the others where one record cannot be read, and is refused so that it comes again', async () => {
    const { ledger, recipient } = fresh()
    const settlements = []
    for (const nth of [1, 2, 3]) {
      const { key, start } = recipient(nth)
      const started = await start()
      if (!started.ok || !started.value.send) throw new Error('refused')
      const send = started.value.send.id
      settlements.push({ key, who: WHO, send, outcome: SENT, sendLimit: 5, caller: CALLER })
    }
    const spoil = (state: string) =>
      runInDurableObject(ledger, (_, { storage }) => {
        storage.sql.exec('UPDATE record SET state = ? WHERE key = ?', state, recipient(2).key)
      })
    const { records } = await tables(ledger)
    const whole = records.find(({ key }) => key === recipient(2).key)?.state as string
    await spoil('not JSON')
    expect(await ledger.settle(settlements)).toMatchObject({
      refusal: { code: 'temporarily_unavailable' },
    })
    await spoil(whole)
    expect((await ledger.settle(settlements)).ok).toBe(true)
    const { outbox } = await tables(ledger)
    expect(outbox.filter(({ type }) => type === 'verification.sent')).toHaveLength(3)
  })

  it('keeps what a carrier says of itself short', async () => {
    const { ledger, start, settle } = fresh()
    const started = await start()
    if (!started.ok || !started.value.send) throw new Error('refused')
    const long = 'x'.repeat(200_000)
    await settle(started.value.send.id, { ...SENT, providerId: long, requestId: long })
    const { outbox } = await tables(ledger)
    expect(JSON.stringify(outbox).length).toBeLessThan(1500)
  })
})
