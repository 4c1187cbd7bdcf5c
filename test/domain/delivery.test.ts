import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backOffMs, certainlyNotSent, type FailureKind, outranks } from '../../src/domain/delivery'

const ALMOST_ONE = 1 - 2 ** -53

describe('the back-off', () => {
  it.each([
    [0, 250],
    [1, 500],
    [2, 1000],
    [3, 2000],
    [4, 3000],
    [5, 3000],
    [50, 3000],
    [5000, 3000],
  ])('before retry %i lies between nothing and %i ms', (attempt, bound) => {
    expect(backOffMs(attempt, 0)).toBe(0)
    expect(backOffMs(attempt, 0.5)).toBe(bound / 2)
    expect(backOffMs(attempt, ALMOST_ONE)).toBe(bound - 1)
  })

  it('is a whole number of milliseconds within its bound, whatever the dice say', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 100 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const ms = backOffMs(attempt, random)
          expect(Number.isInteger(ms)).toBe(true)
          expect(ms).toBeGreaterThanOrEqual(0)
          expect(ms).toBeLessThan(Math.min(3000, 250 * 2 ** attempt))
        },
      ),
      { seed: 1 },
    )
  })
})

describe('a failure', () => {
  it.each<[FailureKind, boolean]>([
    ['throttled', true],
    ['unavailable', true],
    ['misconfigured', true],
    ['rejected', false],
    ['blocked', false],
    ['unknown', false],
  ])('of the kind %s is given back to the recipient: %s', (kind, givenBack) => {
    expect(certainlyNotSent(kind)).toBe(givenBack)
  })
})

describe('a delivery status', () => {
  // As Twilio reports them, in order; those of one row may replace each other in neither direction.
  const order = [
    ['accepted', 'scheduled'],
    ['queued'],
    ['sending'],
    ['sent'],
    ['undelivered', 'failed', 'canceled'],
    ['delivered'],
    ['read'],
  ]
  const ranked = order.flatMap((row, rank) => row.map((status) => ({ status, rank })))

  it('replaces what ranks below it and nothing else, in whatever order they arrive', () => {
    for (const a of ranked) {
      for (const b of ranked) {
        expect(outranks(a.status, b.status), `${a.status} over ${b.status}`).toBe(a.rank > b.rank)
      }
    }
  })

  it('is news where nothing is known', () => {
    expect(outranks('queued', undefined)).toBe(true)
    expect(outranks('a status of the future', undefined)).toBe(true)
  })

  it('that nobody has heard of replaces nothing and is replaced by everything', () => {
    expect(outranks('a status of the future', 'accepted')).toBe(false)
    expect(outranks('accepted', 'a status of the future')).toBe(true)
  })

  it('reported twice is not news', () => {
    expect(outranks('delivered', 'delivered')).toBe(false)
  })
})
