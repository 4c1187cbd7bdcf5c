// Pure. What statistics say: counts from the tables, summed, divided and put into words. README: GET /v1/stats.
import { decimalOf } from './tally'

export const BY = ['day', 'country', 'provider', 'purpose', 'channel'] as const
export type By = (typeof BY)[number]

/** Of a day, its number since 1970; else the word itself, empty where there is none. */
type Key = number | string

/** As the tables have them: one entry for each key, and what else stands in it. */
export type Counts = {
  texts: {
    key: Key
    currency: string
    /** of those that no carrier took or delivered, why; else '' */
    failure: string
    texts: number
    sends: number
    delivered: number
    undelivered: number
    segments: number
    /** millionths */
    cost: number
  }[]
  /** null: of all texts */
  times: ({ key: Key | null } & Times)[]
  verifications: { key: Key; started: number; approved: number }[]
  refusals: { key: Key; reason: string; refused: number }[]
}

/** ms */
type Times = { p50: number; p95: number }

export type Figures = {
  sends: number
  delivered: number
  undelivered: number
  deliveryRate: number | null
  timeToDeliverMs: Times | null
  verifications: { started: number; approved: number; conversion: number | null }
  refusals: Record<string, number>
  failures: Record<string, number>
  segments: number
  cost: { currency: string; amount: string }[]
}

/** Days in their order, the rest by name; null, where there is no such thing, last. */
export function statisticsOf(
  counts: Counts,
  by: By,
): { rows: ({ key: string | null } & Figures)[]; total: Figures } {
  const { texts, times, verifications, refusals } = counts
  const all = [texts, verifications, refusals].flat()
  const ofAll = times.find(({ key }) => key === null)
  const keys = [...new Set(all.map(({ key }) => key))].sort(inOrder)
  const rows = keys.map((key) => {
    const own = <T extends { key: Key | null }>(list: T[]) => list.filter((one) => one.key === key)
    return {
      key: nameOf(key, by),
      ...figuresOf(own(texts), own(times)[0], own(verifications), own(refusals)),
    }
  })
  return { rows, total: figuresOf(texts, ofAll, verifications, refusals) }
}

const nameOf = (key: Key, by: By): string | null =>
  by === 'day' ? new Date(Number(key) * 86_400_000).toISOString().slice(0, 10) : String(key) || null

const inOrder = (a: Key, b: Key) =>
  typeof a === 'number' ? a - Number(b) : !a ? 1 : !b ? -1 : String(a) < String(b) ? -1 : 1

function figuresOf(
  texts: Counts['texts'],
  times: Times | undefined,
  verifications: Counts['verifications'],
  refusals: Counts['refusals'],
): Figures {
  const sends = sum(texts, ({ sends }) => sends)
  const delivered = sum(texts, ({ delivered }) => delivered)
  const started = sum(verifications, ({ started }) => started)
  const approved = sum(verifications, ({ approved }) => approved)
  return {
    sends,
    delivered,
    undelivered: sum(texts, ({ undelivered }) => undelivered),
    deliveryRate: share(delivered, sends),
    timeToDeliverMs: times ? { p50: times.p50, p95: times.p95 } : null,
    verifications: { started, approved, conversion: share(approved, started) },
    refusals: tallied(refusals.map(({ reason, refused }) => [reason, refused])),
    failures: tallied(texts.map(({ failure, texts }) => [failure, texts])),
    segments: sum(texts, ({ segments }) => segments),
    cost: Object.entries(tallied(texts.map(({ currency, cost }) => [currency, cost]))).map(
      ([currency, micros]) => ({ currency, amount: decimalOf(micros) }),
    ),
  }
}

const sum = <T>(list: T[], of: (one: T) => number) => list.reduce((n, one) => n + of(one), 0)

/** Four decimals. */
const share = (part: number, whole: number) =>
  whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000

/** Sums by name, in the order of names; what has none is left out. */
function tallied(entries: [string, number][]): Record<string, number> {
  const sums = new Map<string, number>()
  for (const [name, n] of entries) if (name) sums.set(name, (sums.get(name) ?? 0) + n)
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)))
}
