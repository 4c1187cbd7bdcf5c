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

// WITHOUT ROWID: the key is the table, so a write is one row here and one in the index of due times. The price: a record of
// more than 1,002 bytes (five texts in an hour) spills over its page, and a step on it costs SQLite up to twice as much.
//
// A step writes a record and its events, both or neither. One statement, by way of a trigger: a transaction around several
// statements costs a verification 4 % more CPU. Objects keep the view and trigger that they have: changed ones need new names, both.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, state TEXT NOT NULL, due_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS record_due ON record (due_at);
  CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, events TEXT NOT NULL);

  CREATE VIEW IF NOT EXISTS step AS SELECT 0 AS key, 0 AS state, 0 AS due_at, 0 AS seq, 0 AS events;
  CREATE TRIGGER IF NOT EXISTS step_taken INSTEAD OF INSERT ON step BEGIN
    DELETE FROM record WHERE NEW.state IS NULL AND key = NEW.key;
    INSERT INTO record (key, state, due_at) SELECT NEW.key, NEW.state, NEW.due_at WHERE NEW.state IS NOT NULL
      ON CONFLICT (key) DO UPDATE SET state = NEW.state, due_at = NEW.due_at WHERE state <> NEW.state OR due_at <> NEW.due_at;
    INSERT INTO outbox (seq, events) SELECT NEW.seq, NEW.events WHERE NEW.events IS NOT NULL
      ON CONFLICT (seq) DO UPDATE SET events = events || ',' || NEW.events;
  END;
`
const TAKE_STEP = 'INSERT INTO step (key, state, due_at, seq, events) VALUES (?, ?, ?, ?, ?)'

export function createStore(storage: DurableObjectStorage) {
  const { sql } = storage
  sql.exec(SCHEMA)
  // The row that events join, and about how long it is: each row costs a write, and another to drop it. A new one after
  // eviction.
  let openRow = sql
    .exec<{ seq: number }>('SELECT ifnull(max(seq), 0) + 1 AS seq FROM outbox')
    .one().seq
  let openLength = 0
  const openNext = () => {
    openRow++
    openLength = 0
  }
  let writes = 0

  return {
    read(key: string): RecipientRecord | null {
      const select = 'SELECT state FROM record WHERE key = ?'
      const { value: row } = sql.exec<{ state: string }>(select, key).next()
      // Fields that a newer version added have their empty value in older records.
      return row
        ? { ...emptyRecord(null, ''), ...(JSON.parse(row.state) as RecipientRecord) }
        : null
    },

    /** How many steps were written since the object began: while it stays the same, what was read still stands. */
    get writes(): number {
      return writes
    },

    /**
     * Replaces a record, or forgets it where nothing is left to remember, and keeps its events for the queue.
     * @returns when it is due again; Infinity: never; null: forgotten
     */
    write(key: string, state: RecipientRecord, events: AuditEvent[]): number | null {
      writes++
      const dueAt = nextDue(state)
      const text = dueAt === null ? null : JSON.stringify(state)
      const rows = rowsOf(events)
      const take = () => {
        for (const row of rows) {
          if (openLength >= ROW_LENGTH) openNext()
          openLength += row?.length ?? 0
          sql.exec(TAKE_STEP, key, text, Math.min(dueAt ?? 0, NEVER), openRow, row)
        }
      }
      if (rows.length > 1) storage.transactionSync(take)
      else take()
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

    /** The oldest rows whose events fit one message together, at least one row. `events` is a JSON array. */
    oldest(maxLength: number): { upTo: number; events: string } | null {
      openNext() // what is on its way must not change
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

/** Events as rows of the outbox, each a list without its brackets; none is a row of null. */
function rowsOf(events: AuditEvent[]): (string | null)[] {
  if (events.length === 0) return [null]
  const count = Math.ceil(events.length / ROW_EVENTS)
  return Array.from({ length: count }, (_, i) => {
    const some = events.slice(i * ROW_EVENTS, (i + 1) * ROW_EVENTS)
    return asciiOf(JSON.stringify(some)).slice(1, -1)
  })
}

/** The same JSON, as many bytes as it has characters: carriers name a status in any script. */
const asciiOf = (json: string): string =>
  json.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
