// npm run bench:statistics [-- events]: what GET /v1/stats costs in a local D1 with a million events, and what each event
// costs to write. A tenth of them, events of whole verifications over 90 days, goes in as the queue brings them; SQL copies
// these to the full number. About three minutes; the database lies in a temporary folder and is gone afterwards.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { getPlatformProxy } from 'wrangler'

const EVENTS = Number(process.argv[2] ?? 1_000_000)
const DAY_MS = 86_400_000
const DAYS = 90
const COPIES = 10
/** Days in one statement. */
const SLICE = 5
const END = Date.parse('2026-11-21T00:00:00Z')
/** In one message of the queue, as a ledger's outbox gathers them. */
const MESSAGE = 200
const REPEATS = 5

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'verge-statistics-'))

/** The Worker's own statements. */
async function load() {
  const outfile = join(folder, 'verge.mjs')
  const contents = `export * from './src/audit'; export * from './src/tallies'`
  const stdin = { contents, resolveDir: root, loader: 'ts' }
  await build({ stdin, outfile, bundle: true, format: 'esm', platform: 'neutral' })
  return import(outfile)
}

/** A database as Verge sees it, that keeps account of what D1 would bill. */
function counting(db, bill) {
  const note = ({ meta }) => {
    bill.read += meta.rows_read
    bill.written += meta.rows_written
  }
  return {
    prepare: (sql) => db.prepare(sql),
    async batch(statements) {
      const results = await db.batch(statements)
      results.forEach(note)
      return results
    },
  }
}

// The same numbers each time: a linear congruential generator (Numerical Recipes).
let seed = 1
function random() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 2 ** 32
}
const oneOf = (list) => list[Math.floor(random() ** 2 * list.length)]
const hex = (digits) => {
  let text = ''
  while (text.length < digits)
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return text.slice(0, digits)
}

const COUNTRIES = [
  'US',
  'BD',
  'MX',
  'CO',
  'GB',
  'DE',
  'FR',
  'ES',
  'BR',
  'IN',
  'NG',
  'SA',
  'PE',
  'CL',
]

/** The events of one verification or, one time in ten, of one refusal. */
function life(at) {
  const recipient = `1${hex(19)}`
  const common = {
    recipient,
    country: oneOf(COUNTRIES),
    to_masked: '+1******0123',
    client: '192.0.2.1',
  }
  const event = (type, later, more) => ({
    id: `EV${hex(32)}`,
    at: at + later,
    type,
    ...common,
    ...more,
  })
  const of = {
    purpose: oneOf(['verify', 'login', 'admin_2fa']),
    channel: oneOf(['sms', 'whatsapp']),
  }
  if (random() < 0.1)
    return [
      event('verification.refused', 0, {
        ...of,
        reason: oneOf(['cooldown', 'rate_limited', 'locked']),
      }),
    ]
  const ids = {
    verification_id: `VE${recipient}${hex(12)}`,
    message_id: `SM${recipient}${hex(12)}`,
  }
  const provider = oneOf(['twilio', 'vonage', 'http:sslwireless'])
  const text = { ...ids, ...of, provider, provider_id: `SM${hex(32)}` }
  const arrivesIn = Math.round(1500 + 8000 * random() ** 4)
  const receipt =
    random() < 0.93 ? { status: 'delivered' } : { status: 'undelivered', reason: '30003' }
  const price = {
    ...receipt,
    cost: '0.0075',
    currency: 'USD',
    segments: 1,
    client: 'reconciliation',
  }
  const events = [
    event('verification.started', 0, { ...ids, ...of }),
    event('verification.sent', 200, { ...text, segments: 1, latency_ms: 180 }),
    event('delivery.updated', 900, { ...text, status: 'sent' }),
    event('delivery.updated', arrivesIn, { ...text, ...receipt }),
  ]
  if (provider === 'twilio') events.push(event('delivery.updated', 900_000, { ...text, ...price }))
  if (random() < 0.3)
    events.push(event('verification.check_failed', arrivesIn + 9000, { ...ids, ...of }))
  if (random() < 0.8)
    events.push(event('verification.approved', arrivesIn + 15_000, { ...ids, ...of }))
  return events
}

/** About that many, in the order in which ledgers hand them on: those of five seconds of a life at a time. */
function* happening(total) {
  const step = (DAYS * DAY_MS) / (total / 4.9)
  const bringing = ({ at, events }) =>
    Map.groupBy(events, (event) => Math.floor((event.at - at) / 5000))
  let waiting = []
  for (let at = END - DAYS * DAY_MS; at < END; at += step) {
    const begun = Math.round(at)
    waiting.push(...bringing({ at: begun, events: life(begun) }))
    if (waiting.length < 10 * MESSAGE && at + step < END) continue
    waiting.sort(([a], [b]) => a - b)
    for (const [, events] of waiting) yield* events
    waiting = []
  }
}

async function fill(db, { appendEvents }, bill) {
  let message = []
  let written = 0
  for (const event of happening(EVENTS / COPIES)) {
    message.push(event)
    if (message.length < MESSAGE) continue
    await appendEvents(counting(db, bill), JSON.stringify(message))
    written += message.length
    message = []
  }
  return written
}

/** The same again, each time a second later, under other ids. */
async function copy(db) {
  for (const table of ['event', 'text', 'verification']) {
    const { results } = await db.prepare(`SELECT name FROM pragma_table_info('${table}')`).run()
    const columns = results.map(({ name }) => name)
    const copied = columns.map((name) => {
      if (name === 'at' || name === 'approved_at') return `${name} + 1000 * n`
      if (name === 'delivered_at') return `${name} + 1000 * n + abs(random() % 2000)`
      return name === 'id' ? 'substr(id, 1, 33) || char(102 + n)' : name
    })
    const sql = `INSERT INTO ${table} (${columns}) SELECT ${copied} FROM ${table}, (SELECT ? AS n)
      WHERE at >= ? AND at < ? AND id NOT GLOB '*[g-z]'`
    for (let n = 1; n < COPIES; n++)
      for (let day = 0; day <= DAYS; day += SLICE) {
        const from = END + (day - DAYS) * DAY_MS
        await db
          .prepare(sql)
          .bind(n, from, from + SLICE * DAY_MS)
          .run()
      }
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

async function time(db, { countTallies }, span) {
  const bill = { read: 0, written: 0 }
  const took = []
  for (let i = 0; i < REPEATS; i++) {
    const before = performance.now()
    await countTallies(counting(db, bill), span)
    took.push(performance.now() - before)
  }
  return { ms: Math.round(median(took)), rowsRead: bill.read / REPEATS }
}

const configPath = join(folder, 'wrangler.json')
const database = { binding: 'AUDIT', database_name: 'audit', database_id: 'audit' }
writeFileSync(configPath, JSON.stringify({ name: 'statistics', d1_databases: [database] }))
const platform = await getPlatformProxy({ configPath, persist: { path: folder } })
try {
  const verge = await load()
  const db = platform.env.AUDIT
  const migrations = join(root, 'src/migrations')
  for (const file of readdirSync(migrations).sort())
    for (const sql of readFileSync(join(migrations, file), 'utf8')
      .replace(/--.*$/gm, '')
      .split(';'))
      if (sql.trim()) await db.prepare(sql).run()
  const bill = { read: 0, written: 0 }
  const before = performance.now()
  const events = await fill(db, verge, bill)
  const took = (performance.now() - before) / (events / MESSAGE)
  await copy(db)
  const { results, meta } = await db.prepare('SELECT count(*) AS texts FROM text').run()
  console.log(
    `${events * COPIES} events of ${results[0].texts} texts, ${meta.size_after >> 20} MiB`,
  )
  console.log(
    `${(bill.written / events).toFixed(2)} rows written and ${(bill.read / events).toFixed(2)} read per event; ` +
      `${took.toFixed(1)} ms per message of ${MESSAGE}`,
  )
  const table = []
  for (const by of ['day', 'country', 'provider', 'purpose', 'channel']) {
    const month = await time(db, verge, { from: END - 30 * DAY_MS, to: END, by })
    const all = await time(db, verge, { from: 0, to: END, by })
    table.push({
      by,
      '30 days, ms': month.ms,
      'rows read': month.rowsRead,
      'all, ms': all.ms,
      'rows read, all': all.rowsRead,
    })
  }
  console.table(table)
} finally {
  await platform.dispose()
  rmSync(folder, { recursive: true, force: true })
}
