// The D1 mirror of the audit log: append, search, expire. It may lag; it never loses an event and never holds one twice.
import type { AuditEvent } from './domain/event'
import { EXPIRED, tallyEvents } from './tallies'

// Every field of an event has its column: one that is added without does not compile.
const FIELDS = {
  id: true,
  at: true,
  type: true,
  recipient: true,
  country: true,
  to_masked: true,
  verification_id: true,
  message_id: true,
  purpose: true,
  channel: true,
  provider: true,
  provider_id: true,
  provider_request_id: true,
  status: true,
  reason: true,
  latency_ms: true,
  segments: true,
  cost: true,
  currency: true,
  client: true,
  request_id: true,
} satisfies Record<keyof AuditEvent, true>
export const COLUMNS = Object.keys(FIELDS)

/**
 * Adds the events of a JSON array, in one statement however many, and what statistics make of them, in one transaction.
 * Those already there are left alone. Only a repeated id is ignored (`INSERT OR IGNORE` would also swallow an event that
 * breaks the table's rules, which is a bug to hear of).
 */
export async function appendEvents(db: D1Database, events: string): Promise<void> {
  const insert = db.prepare(
    `INSERT INTO event (${COLUMNS.join(', ')})
     SELECT ${COLUMNS.map((name) => `value ->> '${name}'`).join(', ')} FROM json_each(?) WHERE true
     ON CONFLICT (id) DO NOTHING`,
  )
  await db.batch([insert.bind(events), ...tallyEvents(db, JSON.parse(events))])
}

export type EventQuery = {
  recipient?: string | undefined
  type?: string | undefined
  /** epoch ms, inclusive */
  after?: number | undefined
  /** epoch ms, exclusive */
  before?: number | undefined
  cursor?: Cursor | undefined
  limit: number
}

/** Where the last page ended. */
export type Cursor = { at: number; id: string }

/** Newest first. */
export async function searchEvents(
  db: D1Database,
  { recipient, type, after, before, cursor, limit }: EventQuery,
): Promise<{ events: AuditEvent[]; next: Cursor | null }> {
  const conditions: [string, ...(string | number)[]][] = []
  if (recipient !== undefined) conditions.push(['recipient = ?', recipient])
  if (type !== undefined) conditions.push(['type = ?', type])
  if (after !== undefined) conditions.push(['at >= ?', after])
  if (before !== undefined) conditions.push(['at < ?', before])
  if (cursor !== undefined) conditions.push(['(at, id) < (?, ?)', cursor.at, cursor.id])
  const where = conditions.length > 0 ? `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}` : ''
  const { results } = await db
    .prepare(`SELECT * FROM event ${where} ORDER BY at DESC, id DESC LIMIT ?`)
    .bind(...conditions.flatMap(([, ...values]) => values), limit + 1)
    .all<AuditEvent>()
  const events = results.slice(0, limit)
  const last = events.at(-1)
  return { events, next: results.length > limit && last ? { at: last.at, id: last.id } : null }
}

/** What happened to one text, oldest first. @param recipient whose it is; its index finds the events */
export async function eventsOfText(
  db: D1Database,
  recipient: string,
  messageId: string,
): Promise<AuditEvent[]> {
  const { results } = await db
    .prepare('SELECT * FROM event WHERE recipient = ? AND message_id = ? ORDER BY at, id LIMIT 100')
    .bind(recipient, messageId)
    .all<AuditEvent>()
  return results
}

const SWEEP = 5000

/**
 * Deletes what is older than `before` (epoch ms), events and what statistics made of them, in steps that keep each
 * statement short. @returns how many rows
 */
export async function expireEvents(db: D1Database, before: number): Promise<number> {
  return (
    (await sweep(db, 'event', 'at < ?1', before)) +
    (await sweep(db, 'text', EXPIRED, before)) +
    (await sweep(db, 'verification', EXPIRED, before))
  )
}

async function sweep(db: D1Database, table: string, expired: string, before: number) {
  const sql = `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${expired} LIMIT ?2)`
  let deleted = 0
  for (;;) {
    const { meta } = await db.prepare(sql).bind(before, SWEEP).run()
    deleted += meta.changes
    if (meta.changes < SWEEP) return deleted
  }
}
