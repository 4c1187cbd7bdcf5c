// The one alarm of a ledger, and its one question: what is due? Records first, then the outbox; then it is set to the next
// due time, or not at all. What it remembers (its time) may be lost at any moment.
import type { RecipientRecord } from '../domain/record'
import { log } from '../log'
import type { LedgerStore } from './ledger-store'

// Events wait this long, so that one message carries those of many commands.
const DRAIN_DELAY_MS = 5000
const RETRY_DELAY_MS = 10_000
const STUCK_DELAY_MS = 3_600_000
// A queue message holds 128 KB; events are ASCII.
const MESSAGE_LENGTH = 100_000
// One alarm does this much and sets the next: a long list never becomes a long turn.
const ALARM_RECORDS = 500
const ALARM_MESSAGES = 20

type Duties = {
  storage: DurableObjectStorage
  store: LedgerStore
  /** brings a record up to date, and writes it */
  age: (key: string, record: RecipientRecord) => void
  /** hands events on; rejects where they were not taken */
  send: (events: string) => Promise<unknown>
}

export function createAlarm({ storage, store, age, send }: Duties) {
  let setTo: number | null = null
  let drainRestsUntil = 0

  const wakeAt = (time: number): void => {
    if (time === Number.POSITIVE_INFINITY || (setTo !== null && setTo <= time)) return
    setTo = time
    void storage.setAlarm(time)
  }

  async function work(): Promise<number | null> {
    const now = Date.now()
    setTo = now // no earlier alarm is wanted while records are worked on
    for (const key of store.due(now, ALARM_RECORDS)) {
      try {
        const record = store.read(key)
        if (record) age(key, record)
      } catch (error) {
        // One unreadable record must not hold up the others.
        log({ level: 'error', event: 'record.stuck', recipient: key, error: String(error) })
        store.postpone(key, now + STUCK_DELAY_MS)
      }
    }
    await drain()
    return store.hasEvents() ? now : store.firstDue()
  }

  /** Outbox → queue, oldest first. A row leaves only after the queue took it; the mirror ignores what comes twice. */
  async function drain(): Promise<void> {
    for (let i = 0; i < ALARM_MESSAGES; i++) {
      const batch = store.oldest(MESSAGE_LENGTH)
      if (!batch) return
      await send(batch.events)
      store.drop(batch.upTo)
    }
  }

  return {
    /** Before anything else: what storage remembers of it. */
    async load(): Promise<void> {
      setTo = await storage.getAlarm()
    },

    /** After a step. @param dueAt when its record is due next, if ever @param told whether it left events */
    after({ dueAt, told, now }: { dueAt: number | null; told: boolean; now: number }): void {
      const never = Number.POSITIVE_INFINITY
      const drainAt = told ? Math.max(now + DRAIN_DELAY_MS, drainRestsUntil) : never
      wakeAt(Math.min(dueAt ?? never, drainAt))
    },

    async ring(): Promise<void> {
      let next: number | null
      try {
        next = await work()
      } catch (error) {
        // Thrown, it would be tried a few times more and then forgotten, and with it all that is due.
        log({ level: 'error', event: 'alarm.failed', error: String(error) })
        next = Date.now() + RETRY_DELAY_MS
        drainRestsUntil = next
      }
      setTo = null
      if (next !== null) wakeAt(next)
    },
  }
}
