import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Rest } from '../../src/domain/delivery'
import { HOUR, MINUTE } from '../gateway'

const T0 = Date.parse('2030-01-01T00:00:00Z')

const REST: Rest = { since: T0, until: T0 + 5 * MINUTE, reason: '20003' }

/** One of its own. */
const fresh = () => env.CARRIER_HEALTH?.getByName(`test-${crypto.randomUUID()}`) as Stub
type Stub = ReturnType<NonNullable<typeof env.CARRIER_HEALTH>['getByName']>

describe('a carrier that begins to rest', () => {
  it('is news once, whoever says so again', async () => {
    const health = fresh()
    expect(await health.rested('twilio', REST)).toBe(true)
    expect(await health.rested('twilio', REST)).toBe(false)
  })

  it('is news to one of 20 who say so at once', async () => {
    const health = fresh()
    const told = await Promise.all(Array.from({ length: 20 }, () => health.rested('twilio', REST)))
    expect(told.filter(Boolean)).toHaveLength(1)
  })

  it('is news for each carrier', async () => {
    const health = fresh()
    expect(await health.rested('twilio', REST)).toBe(true)
    expect(await health.rested('http:local', REST)).toBe(true)
    expect(await health.resting()).toEqual({ twilio: REST, 'http:local': REST })
  })

  it('is news again after it came back', async () => {
    const health = fresh()
    await health.rested('twilio', REST)
    await health.recovered('twilio')
    const later = { ...REST, since: T0 + HOUR, until: T0 + HOUR + MINUTE }
    expect(await health.rested('twilio', later)).toBe(true)
    expect(await health.resting()).toEqual({ twilio: later })
  })

  it('rests since it was first said, until and for the reason that was said last', async () => {
    const health = fresh()
    await health.rested('twilio', REST)
    const longer = { since: T0 + MINUTE, until: T0 + 15 * MINUTE, reason: 'http_401' }
    expect(await health.rested('twilio', longer)).toBe(false)
    expect(await health.resting()).toEqual({ twilio: { ...longer, since: T0 } })
  })
})

describe('a carrier that came back', () => {
  it('is news once', async () => {
    const health = fresh()
    await health.rested('twilio', REST)
    expect(await health.recovered('twilio')).toBe(true)
    expect(await health.recovered('twilio')).toBe(false)
    expect(await health.resting()).toEqual({})
  })

  it('is no news where nobody said that it rests', async () => {
    const health = fresh()
    await health.rested('telnyx', REST)
    expect(await health.recovered('twilio')).toBe(false)
    expect(await health.resting()).toEqual({ telnyx: REST })
  })
})

describe('a rest of which nobody was left to tell the end', () => {
  const { until } = REST
  it.each([
    ['goes on', 'an hour', until + HOUR, false, T0],
    [
      'is over, and the next is news,',
      'more than an hour',
      until + HOUR + 1,
      true,
      until + HOUR + 1,
    ],
  ])('%s %s after it should have ended', async (_, __, since, news, known) => {
    const health = fresh()
    await health.rested('twilio', REST)
    const next = { since, until: since + 5 * MINUTE, reason: '20003' }
    expect(await health.rested('twilio', next)).toBe(news)
    expect(await health.resting()).toEqual({ twilio: { ...next, since: known } })
  })

  it('goes on for who has known it from the beginning, however late', async () => {
    const health = fresh()
    await health.rested('twilio', REST)
    expect(await health.rested('twilio', { ...REST, until: until + 24 * HOUR })).toBe(false)
  })
})

it('remembers what it was told when its memory is lost', async () => {
  const health = fresh()
  await health.rested('twilio', REST)
  await evictDurableObject(health)
  expect(await health.resting()).toEqual({ twilio: REST })
  await evictDurableObject(health)
  expect(await health.rested('twilio', REST)).toBe(false)
  await evictDurableObject(health)
  expect(await health.recovered('twilio')).toBe(true)
  await evictDurableObject(health)
  expect(await health.resting()).toEqual({})
  expect(await health.recovered('twilio')).toBe(false)
})
