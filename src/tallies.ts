// The D1 tables of texts and verifications that statistics are made of: fill, count, expire; and which texts are to be asked
// about. What a row says is domain/tally.ts; what the counts add up to, domain/statistics.ts.

import { rankOf } from './domain/delivery'
import type { AuditEvent } from './domain/event'
import type { By, Counts } from './domain/statistics'
import { OUTCOME, type Shape, TEXT, tally, VERIFICATION } from './domain/tally'

/** The statements that bring the tables up to date with these events; to be run in the transaction that stores them. */
export function tallyEvents(db: D1Database, events: AuditEvent[]): D1PreparedStatement[] {
  const { texts, verifications } = tally(events)
  const merging = (statements: string[], rows: object[]) =>
    rows.length > 0 ? statements.map((sql) => db.prepare(sql).bind(JSON.stringify(rows))) : []
  return [...merging(MERGE_TEXTS, texts), ...merging(MERGE_VERIFICATIONS, verifications)]
}

export const columnsOf = ({ greatest, least }: Shape) => ['id', ...greatest.flat(), least]

/**
 * Merges the rows of one JSON array, by the rule of `merge` in domain/tally.ts. `at` is part of the key: to set it, be it to
 * what it is, writes an index anew, so that is done apart, where it changes.
 */
function mergeInto(table: string, shape: Shape): string[] {
  const columns = columnsOf(shape)
  const { greatest, least } = shape
  const assignments = greatest.flatMap((register) => {
    const isGreater = `(${register.map((c) => `excluded.${c}`)}) > (${register})`
    return register.map((c) => `${c} = iif(${isGreater}, excluded.${c}, ${c})`)
  })
  return [
    `INSERT INTO ${table} (${columns})
     SELECT ${columns.map((c) => `value ->> '${c}'`)} FROM json_each(?) WHERE true
     ON CONFLICT DO UPDATE SET ${assignments.filter((set) => !set.startsWith('at '))},
       ${least} = coalesce(min(${least}, excluded.${least}), ${least}, excluded.${least})`,
    `UPDATE ${table} SET at = value ->> 'at' FROM json_each(?)
     WHERE ${table}.id = value ->> 'id' AND at < value ->> 'at'`,
  ]
}

const MERGE_TEXTS = mergeInto('text', TEXT)
const MERGE_VERIFICATIONS = mergeInto('verification', VERIFICATION)

const DAY_MS = 86_400_000

/** What rows are grouped by. Refusals have no provider: nobody was asked. */
const KEYS: Record<By, string> = {
  day: `at / ${DAY_MS}`,
  country: 'country',
  provider: 'provider',
  purpose: 'purpose',
  channel: 'channel',
}

const LEFT = `outcome IN (${OUTCOME.unknown}, ${OUTCOME.sent})`
const DELIVERED = rankOf('delivered')
const LOST = `${LEFT} AND rank BETWEEN ${rankOf('failed')} AND ${DELIVERED - 1}`
const SPAN = 'at >= ?1 AND at < ?2'

/** Every text under each key it counts for, with what it counts as. Texts that wait for their outcome are not counted yet. */
const countTexts = (by: By) => `
  SELECT ${KEYS[by]} AS key, currency,
    CASE WHEN outcome = ${OUTCOME.failed} THEN provider || ':' || reason
      WHEN ${LOST} THEN provider || ':' || iif(error = '', status, error) ELSE '' END AS failure,
    count(*) AS texts, sum(${LEFT}) AS sends, sum(${LEFT} AND rank >= ${DELIVERED}) AS delivered,
    sum(${LOST}) AS undelivered, sum(iif(${LEFT}, segments, 0)) AS segments, sum(cost) AS cost
  FROM text WHERE ${SPAN} AND outcome > 0 GROUP BY 1, 2, 3`

/**
 * Nearest rank: the least time that at least that share of texts did not exceed, for each key and (NULL) for all. Equal times
 * are counted first: what is left to sort grows with the milliseconds between them, and not with the texts.
 */
const timeTexts = (by: By) => `
  WITH one AS MATERIALIZED (
    SELECT ${KEYS[by]} AS key, max(0, delivered_at - at) AS ms, count(*) AS texts
    FROM text WHERE ${SPAN} AND ${LEFT} AND delivered_at IS NOT NULL GROUP BY 1, 2
  ), every AS (
    SELECT key, ms, texts FROM one UNION ALL SELECT NULL, ms, sum(texts) FROM one GROUP BY ms
  )
  SELECT key, min(iif(nth * 100 >= n * 50, ms, NULL)) AS p50, min(iif(nth * 100 >= n * 95, ms, NULL)) AS p95
  FROM (
    SELECT key, ms, sum(texts) OVER (PARTITION BY key ORDER BY ms) AS nth,
      sum(texts) OVER (PARTITION BY key) AS n
    FROM every
  ) GROUP BY key`

const countVerifications = (by: By) => `
  SELECT ${KEYS[by]} AS key, count(*) AS started, count(approved_at) AS approved
  FROM verification WHERE ${SPAN} GROUP BY 1`

const countRefusals = (by: By) => `
  SELECT ${by === 'provider' ? "''" : `coalesce(${KEYS[by]}, '')`} AS key, reason, count(*) AS refused
  FROM event INDEXED BY event_refused
  WHERE type IN ('verification.refused', 'message.refused') AND ${SPAN} GROUP BY 1, 2`

/** Counts what was counted in a span of time: `from` inclusive, `to` exclusive, epoch ms. All of one moment. */
export async function countTallies(
  db: D1Database,
  { from, to, by }: { from: number; to: number; by: By },
): Promise<Counts> {
  const statements = [countTexts(by), timeTexts(by), countVerifications(by), countRefusals(by)]
  const [texts, times, verifications, refusals] = (
    await db.batch(statements.map((sql) => db.prepare(sql).bind(from, to)))
  ).map(({ results }) => results)
  return { texts, times, verifications, refusals } as Counts
}

export type Unsettled = { id: string; provider_id: string }

/**
 * Takes up to `limit` texts that are due to be asked about, longest due first, and moves each on to its next time before
 * anyone asks: another run, or one after a crash, does not find them again. A text that is late skips the times that are over.
 */
export async function claimUnsettled(db: D1Database, now: number, limit: number) {
  const { results } = await db
    .prepare(
      `UPDATE text SET asked = CASE ${ASKED_BY_AGE} END WHERE (at, id) IN (
         SELECT at, id FROM text WHERE ask_at <= ?1 ORDER BY ask_at LIMIT ?2
       ) RETURNING id, provider_id`,
    )
    .bind(now, limit)
    .all<Unsettled>()
  return results
}

/** Ages at which a text is asked about, as the migration has them. */
export const ASK_AFTER_MS = [15, 60, 6 * 60, 24 * 60, 72 * 60].map((minutes) => minutes * 60_000)

const ASKED_BY_AGE = ASK_AFTER_MS.map((age, i) => `WHEN ?1 - at >= ${age} THEN ${i + 1}`)
  .reverse()
  .join(' ')

/** Not to be asked about again. */
export async function giveUp(db: D1Database, id: string): Promise<void> {
  await db.prepare('UPDATE text SET asked = ? WHERE id = ?').bind(ASK_AFTER_MS.length, id).run()
}

/** Rows counted before then, and rows whose beginning was never heard of. */
export const EXPIRED = 'at < ?1 AND at > -?1'
