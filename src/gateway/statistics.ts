// Figures for the operator, out of the tables that follow the audit log.

import { accept, type Issue, refuse } from '../domain/refusal'
import { type By, statisticsOf } from '../domain/statistics'
import { countTallies } from '../tallies'
import { ask, type Context, type Gateway } from './gateway'

const DAY_MS = 86_400_000
/** The longest span: one call must not read a table without end. */
const LONGEST_MS = 366 * DAY_MS
/** Where no `from` is given: that many days, the last of them the one of `to`. */
const USUAL_DAYS = 30

/** `from` inclusive, `to` exclusive, epoch ms */
export type StatisticsQuery = { from?: number | undefined; to?: number | undefined; by: By }

/** Refuses invalid_request, temporarily_unavailable. */
export async function readStatistics(
  gateway: Gateway,
  { to = Date.now(), from = firstDay(to), by }: StatisticsQuery,
  context: Context,
) {
  const wrong = (message: string): Issue[] => [{ path: 'from', message }]
  if (from >= to) return refuse({ code: 'invalid_request', issues: wrong('must be before to') })
  if (to - from > LONGEST_MS)
    return refuse({ code: 'invalid_request', issues: wrong('must be at most 366 days before to') })
  return ask(context, async () => {
    const counts = await countTallies(gateway.env.AUDIT, { from, to, by })
    return accept({ from, to, by, ...statisticsOf(counts, by) })
  })
}

/** Whole days: none but the last may be cut. */
const firstDay = (to: number) => (Math.ceil(to / DAY_MS) - USUAL_DAYS) * DAY_MS
