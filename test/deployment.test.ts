import { expect, it } from 'vitest'
import { rankOf } from '../src/domain/delivery'
import { RECONCILIATION_CRON } from '../src/gateway/reconciliation'
import migration from '../src/migrations/0003_statistics.sql?raw'
import wrangler from '../wrangler.toml?raw'

it("keeps URLs, and with them numbers in queries, out of the platform's own log", () => {
  expect(wrangler).toMatch(/^invocation_logs = false$/m)
  expect(wrangler).toMatch(/^redact_query_string = true$/m)
})

it('gives every environment its own database, queues and rate limits', () => {
  const values = (name: string) =>
    [...wrangler.matchAll(new RegExp(`^${name} = "(.+)"$`, 'gm'))].map(([, value]) => value)
  for (const name of ['database_name', 'namespace_id', 'dead_letter_queue']) {
    expect(values(name).length % 3).toBe(0)
    expect(new Set(values(name)).size).toBe(values(name).length)
  }
})

it('runs both crons, in every environment, and knows each by its word', () => {
  const [crons, ...others] = [...wrangler.matchAll(/^crons = (.+)$/gm)].map(([, list]) => list)
  expect(JSON.parse(crons ?? '')).toEqual(['17 3 * * *', RECONCILIATION_CRON])
  expect(others).toEqual([]) // else an environment would not inherit them
})

it('stores the same ranks of statuses as the tables know: the first that is final is 4', () => {
  expect(migration).toContain('rank < 4')
  expect([rankOf('sent'), rankOf('failed'), rankOf('delivered')]).toEqual([3, 4, 5])
})
