import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cooldownAfter,
  FAILURES,
  nextLock,
  secondsUntil,
  windowOpensAt,
} from '../../src/domain/limits'

const NOW = 1_800_000_000_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('the sliding window', () => {
  it('has room for the fifth of five and none for the sixth', () => {
    expect(windowOpensAt([1, 2, 3, 4], 5)).toBe(null)
    expect(windowOpensAt([1, 2, 3, 4, 5], 5)).toBe(1)
  })

  it('opens when enough have left, where the limit was lowered below what is counted', () => {
    expect(windowOpensAt([1, 2, 3, 4, 5], 2)).toBe(4)
  })

  it('has room when nothing is counted', () => {
    expect(windowOpensAt([], 1)).toBe(null)
  })

  it('is open exactly from the time it names', () => {
    const untils = fc
      .array(fc.integer({ min: 1, max: 1000 }), { maxLength: 30 })
      .map((times) => times.sort((a, b) => a - b))
    fc.assert(
      fc.property(untils, fc.integer({ min: 1, max: 10 }), (times, limit) => {
        const inside = (at: number) => times.filter((until) => until > at).length
        const opens = windowOpensAt(times, limit)
        if (opens === null) expect(inside(0)).toBeLessThan(limit)
        else {
          expect(inside(opens)).toBeLessThan(limit)
          expect(inside(opens - 1)).toBeGreaterThanOrEqual(limit)
        }
      }),
      { seed: 1 },
    )
  })
})

describe('the cooldown', () => {
  const steps = [60, 60, 120, 300, 600].map((seconds) => seconds * 1000)

  it('grows with each send and stays at its last step', () => {
    const waits = [1, 2, 3, 4, 5, 6, 100].map((send) => cooldownAfter(steps, send) / 1000)
    expect(waits).toEqual([60, 60, 120, 300, 600, 600, 600])
  })

  it('is always the same where there is one step', () => {
    expect([1, 2, 3].map((send) => cooldownAfter([30_000], send))).toEqual([30_000, 30_000, 30_000])
  })
})

describe('the lock after wrong codes', () => {
  it('follows ten wrong codes within an hour', () => {
    expect(FAILURES).toEqual({ limit: 10, windowMs: HOUR })
  })

  it('lasts 15 minutes, then an hour, then a day, and a day from then on', () => {
    const first = nextLock(null, NOW)
    const second = nextLock(first, NOW)
    const third = nextLock(second, NOW)
    const fourth = nextLock(third, NOW)
    expect([first, second, third, fourth]).toEqual([
      { level: 1, until: NOW + 15 * MINUTE, fadesAt: NOW + 15 * MINUTE + 24 * HOUR },
      { level: 2, until: NOW + HOUR, fadesAt: NOW + 25 * HOUR },
      { level: 3, until: NOW + 24 * HOUR, fadesAt: NOW + 48 * HOUR },
      { level: 3, until: NOW + 24 * HOUR, fadesAt: NOW + 48 * HOUR },
    ])
  })

  it('grows from the level remembered after it ended', () => {
    const ended = { ...nextLock(null, NOW), until: null }
    expect(nextLock(ended, NOW + HOUR).level).toBe(2)
  })
})

describe('the seconds until a time', () => {
  it.each([
    [1000, 1],
    [1001, 2],
    [999, 1],
    [60_000, 60],
    [59_999, 60],
  ])('round %i ms up to %i s, so that who waits them is not too early', (ms, seconds) => {
    expect(secondsUntil(NOW + ms, NOW)).toBe(seconds)
  })

  it.each([0, -1, -100_000])('are at least one, even %i ms ahead', (ms) => {
    expect(secondsUntil(NOW + ms, NOW)).toBe(1)
  })
})
