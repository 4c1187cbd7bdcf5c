// The two tables of a ledger, all synchronous. Nothing here decides anything.

import { nextDue } from '../domain/due'
import type { AuditEvent } from '../domain/event'
import { emptyRecord, type RecipientRecord } from '../domain/record'

// About ten events a row, which then fits a page of SQLite (4096 bytes), and a message full of rows.
const ROW_LENGTH = 3500
const MESSAGE_ROWS = 50
// One step may leave a thousand events; these fit a message, however long they are.
const ROW_EVENTS = 30
// The last time that a Date can be, in the place of infinity: such a record is due at no alarm.
const NEVER = 8.64e15

export type LedgerStore = ReturnType<typeof createStore>

export function createStore(storage: DurableObjectStorage) {
  const { sql } = storage
  // WITHOUT ROWID: the key is the table, so a write is one row here and one in the index of due times.
  sql.exec(`
    CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, state TEXT NOT NULL, due_at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS record_due ON record (due_at);
    CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, events TEXT NOT NULL);
  `)
  // The newest row, while it may grow. Lost by eviction, and then left as it is.
  let openRow: number | null = null

  return {
    read(key: string): RecipientRecord | null {
      const select = 'SELECT state FROM record WHERE key = ?'
      const { value: row } = sql.exec<{ state: string }>(select, key).next()
      // Fields that a newer version added have their empty value in older records.
      return row
        ? { ...emptyRecord(null, ''), ...(JSON.parse(row.state) as RecipientRecord) }
        : null
    },

    /** Replaces a record, or forgets it where nothing is left to remember. @returns when it is due again; Infinity: never */
    write(key: string, state: RecipientRecord): number | null {
      const dueAt = nextDue(state)
      if (dueAt === null) sql.exec('DELETE FROM record WHERE key = ?', key)
      else
        sql.exec(
          `INSERT INTO record (key, state, due_at) VALUES (?1, ?2, ?3)
           ON CONFLICT (key) DO UPDATE SET state = ?2, due_at = ?3 WHERE state <> ?2 OR due_at <> ?3`,
          key,
          JSON.stringify(state),
          Math.min(dueAt, NEVER),
        )
      return dueAt
    },

    /** Leaves a record alone until then, whatever is in it. */
    postpone(key: string, until: number): void {
      sql.exec('UPDATE record SET due_at = ? WHERE key = ?', until, key)
    },

    due(now: number, limit: number): string[] {
      const rows = sql.exec<{ key: string }>(
        'SELECT key FROM record WHERE due_at <= ? ORDER BY due_at LIMIT ?',
        now,
        limit,
      )
      return Array.from(rows, (row) => row.key)
    },

    firstDue(): number | null {
      const select = 'SELECT min(due_at) AS at FROM record WHERE due_at < ?'
      return sql.exec<{ at: number | null }>(select, NEVER).one().at
    },

    /** Joins the open row while that is small: each row costs a write, and another to drop it. */
    append(events: AuditEvent[]): void {
      for (let at = 0; at < events.length; at += ROW_EVENTS) {
        const json = asciiOf(JSON.stringify(events.slice(at, at + ROW_EVENTS))).slice(1, -1)
        if (openRow !== null) {
          const join = `UPDATE outbox SET events = events || ',' || ? WHERE seq = ? AND length(events) < ?`
          if (sql.exec(join, json, openRow, ROW_LENGTH).rowsWritten > 0) continue
        }
        const insert = 'INSERT INTO outbox (events) VALUES (?) RETURNING seq'
        openRow = sql.exec<{ seq: number }>(insert, json).one().seq
      }
    },

    /** The oldest rows whose events fit one message together, at least one row. `events` is a JSON array. */
    oldest(maxLength: number): { upTo: number; events: string } | null {
      openRow = null // what is on its way must not change
      const rows: string[] = []
      let upTo = -1
      let length = 0
      const select = 'SELECT seq, events FROM outbox ORDER BY seq LIMIT ?'
      for (const row of sql.exec<{ seq: number; events: string }>(select, MESSAGE_ROWS)) {
        length += row.events.length
        if (length > maxLength && rows.length > 0) break
        rows.push(row.events)
        upTo = row.seq
      }
      return rows.length > 0 ? { upTo, events: `[${rows.join(',')}]` } : null
    },

    drop(upTo: number): void {
      sql.exec('DELETE FROM outbox WHERE seq <= ?', upTo)
    },

    hasEvents(): boolean {
      return sql.exec('SELECT 1 FROM outbox LIMIT 1').toArray().length > 0
    },
  }
}

/** The same JSON, as many bytes as it has characters: carriers name a status in any script. */
const asciiOf = (json: string): string =>
  json.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
