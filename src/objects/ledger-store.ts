// The two tables of a ledger, all synchronous. Nothing here decides anything.
import type { AuditEvent } from '../domain/event'
import { emptyRecord, nextDue, type RecipientRecord } from '../domain/record'

// About ten events.
const ROW_BYTES = 4000

export type LedgerStore = ReturnType<typeof createStore>

export function createStore(storage: DurableObjectStorage) {
  const { sql } = storage
  // WITHOUT ROWID: the key is the table, so a write is one row here and one in the index of due times.
  sql.exec(`
    CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, state TEXT NOT NULL, due_at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS record_due ON record (due_at);
    CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, events TEXT NOT NULL);
  `)
  // The last row that is on its way to the queue. Lost by eviction: then its events are handed over once more.
  let handedOver = 0

  return {
    read(key: string): RecipientRecord | null {
      const [row] = sql.exec<{ state: string }>('SELECT state FROM record WHERE key = ?', key)
      // Fields that a newer version added have their empty value in older records.
      return row
        ? { ...emptyRecord(null, ''), ...(JSON.parse(row.state) as RecipientRecord) }
        : null
    },

    /** Replaces a record, or forgets it where nothing is left to remember. @returns when it is due again */
    write(key: string, state: RecipientRecord): number | null {
      const dueAt = nextDue(state)
      if (dueAt === null) sql.exec('DELETE FROM record WHERE key = ?', key)
      else
        sql.exec(
          `INSERT INTO record (key, state, due_at) VALUES (?1, ?2, ?3)
           ON CONFLICT (key) DO UPDATE SET state = ?2, due_at = ?3 WHERE state <> ?2`,
          key,
          JSON.stringify(state),
          dueAt,
        )
      return dueAt
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
      return sql.exec<{ at: number | null }>('SELECT min(due_at) AS at FROM record').one().at
    },

    /** Joins the newest row while that is small and not yet on its way: each row costs a write, and one to drop it. */
    append(events: AuditEvent[]): void {
      const json = JSON.stringify(events)
      const [last] = sql.exec<{ seq: number; events: string }>(
        'SELECT seq, events FROM outbox WHERE seq > ? AND length(events) < ? ORDER BY seq DESC LIMIT 1',
        handedOver,
        ROW_BYTES,
      )
      if (!last) sql.exec('INSERT INTO outbox (events) VALUES (?)', json)
      else {
        const joined = `${last.events.slice(0, -1)},${json.slice(1)}`
        sql.exec('UPDATE outbox SET events = ? WHERE seq = ?', joined, last.seq)
      }
    },

    /** The oldest rows whose events fit one message together, at least one row. */
    oldest(maxBytes: number): { upTo: number; events: AuditEvent[] } | null {
      const events: AuditEvent[] = []
      let upTo = -1
      let bytes = 0
      for (const row of sql.exec<{ seq: number; events: string }>(
        'SELECT seq, events FROM outbox ORDER BY seq LIMIT 200',
      )) {
        bytes += row.events.length
        if (bytes > maxBytes && events.length > 0) break
        events.push(...(JSON.parse(row.events) as AuditEvent[]))
        upTo = row.seq
      }
      handedOver = upTo
      return events.length > 0 ? { upTo, events } : null
    },

    drop(upTo: number): void {
      sql.exec('DELETE FROM outbox WHERE seq <= ?', upTo)
      handedOver = 0
    },

    hasEvents(): boolean {
      return sql.exec('SELECT 1 FROM outbox LIMIT 1').toArray().length > 0
    },
  }
}
