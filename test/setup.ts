// Before every file: the D1 tables. Around every test: no call leaves the machine unless the test announced it.
import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'

const unannounced: string[] = []

beforeAll(() => applyD1Migrations(env.AUDIT, env.TEST_MIGRATIONS))

/** Far from the machine's clock: an alarm set in a test runs when the test says so, never by itself. */
const NOW = Date.parse('2030-01-01T00:00:00Z')

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
  unannounced.length = 0
  vi.spyOn(scheduler, 'wait').mockResolvedValue() // nothing sleeps
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    unannounced.push(input instanceof Request ? input.url : String(input))
    throw new TypeError('no outbound request was announced by this test')
  })
})

afterEach(() => {
  vi.useRealTimers()
  expect(unannounced).toEqual([])
})
