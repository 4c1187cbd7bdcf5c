// How a ledger decides: bring a record up to date, let the rules decide, write record and events together. No `await` in it.
import { advance } from '../domain/due'
import type { AuditEvent } from '../domain/event'
import { emptyRecord, type RecipientRecord, type Step } from '../domain/record'
import { accept, type Result, refuse } from '../domain/refusal'
import { newId } from '../keys'
import { log } from '../log'
import type { LedgerStore } from './ledger-store'

/** Who a command is about, as events show it. */
export type Who = { country: string | null; masked: string }

/** The answer, and whose it is. */
export type OnFile<T> = T & { masked: string }

type Decide<T> = (state: RecipientRecord, now: number) => Step<T>

/** @param written hears when a written record is due, and whether it left events */
export function createSteps(
  store: LedgerStore,
  written: (what: { dueAt: number | null; told: boolean; now: number }) => void,
) {
  let count = 0

  /** Ids of events count up in three digits, so that those of one millisecond keep their order; the rest is random. */
  const eventId = (key: string): string => {
    count = (count + 1) % 0x1000
    const id = newId('EV', key)
    return id.slice(0, 22) + count.toString(16).padStart(3, '0') + id.slice(25)
  }

  /** The one synchronous step. @param record as the caller has just read it, with no `await` since */
  function run<T>(key: string, record: RecipientRecord, decide: Decide<T>): T {
    const now = Date.now()
    const advanced = advance(record, now)
    const { state, facts, result } = decide(advanced.state, now)
    const { country, masked } = state
    const events = [...advanced.facts, ...facts].map(
      (fact): AuditEvent => ({
        id: eventId(key),
        at: now,
        recipient: key,
        country,
        to_masked: masked,
        ...fact,
      }),
    )
    written({ dueAt: store.write(key, state, events), told: events.length > 0, now })
    return result
  }

  return {
    /** For a recipient on file, or the beginning of one. */
    step: <T>(key: string, { country, masked }: Who, decide: Decide<T>): T =>
      run(key, store.read(key) ?? emptyRecord(country, masked), decide),

    /**
     * For a recipient that must be on file; the answer says whose it is, masked.
     * @param record what the caller has just read, with no `await` since
     */
    onFile<T extends object>(
      key: string,
      decide: Decide<Result<T>>,
      record = store.read(key),
    ): Result<OnFile<T>> {
      if (!record) return refuse({ code: 'not_found' })
      const result = run(key, record, decide)
      return result.ok ? accept({ ...result.value, masked: record.masked }) : result
    },

    /** What time alone does to a record, written down. */
    age(key: string, record: RecipientRecord): void {
      run(key, record, (state) => ({ state, facts: [], result: undefined }))
    },

    /** A record as it is now, or null. Writes nothing, and so leaves no event. */
    peek(key: string, now: number): RecipientRecord | null {
      const record = store.read(key)
      return record && advance(record, now).state
    },
  }
}

/** A storage that fails is a refusal as well: thrown, it would lose its class on the way, and be logged as uncaught. */
export function guarded<T>(work: () => Result<T>): Result<T> {
  try {
    return work()
  } catch (error) {
    return failed(error)
  }
}

/** The same for work that waits for something. */
export async function guardedLater<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work()
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): Result<never> {
  log({ level: 'error', event: 'ledger.failed', error: String(error) })
  return refuse({ code: 'temporarily_unavailable', retryAfter: 5 })
}
