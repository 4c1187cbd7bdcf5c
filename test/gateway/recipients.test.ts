import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { type Gateway, gatewayOf, placeOf, unattended } from '../../src/gateway/gateway'
import { findRecipient } from '../../src/gateway/recipients'
import { freshNumber } from '../gateway'

const CONTEXT = unattended({ waitUntil: () => {} }, {})

/** An isolate that has met nobody. */
const isolate = () => gatewayOf({ ...env }) as Gateway

const found = async (gateway: Gateway, to: string, country?: 'KE' | 'TZ') => {
  const recipient = await findRecipient(gateway, { to, country }, CONTEXT)
  return recipient.ok ? recipient.value : recipient.refusal.code
}

it('finds again whom it has found, and tells countries apart', async () => {
  const gateway = isolate()
  const kenyan = await found(gateway, '0711 123456', 'KE')
  expect(kenyan).toMatchObject({ to: '+254711123456', country: 'KE' })
  expect(await found(gateway, '0711 123456', 'KE')).toBe(kenyan)
  expect(await found(gateway, '+254711123456')).toEqual(kenyan)
  expect(await found(gateway, '0711 123456', 'TZ')).toMatchObject({ to: '+255711123456' })
  expect(await found(gateway, '0711 123456')).toBe('invalid_phone_number')
})

it('tells the request log whom a call is about, found again or not', async () => {
  const gateway = isolate()
  const told: string[] = []
  const context = { ...CONTEXT, onRecipient: (masked: string) => told.push(masked) }
  for (let i = 0; i < 2; i++) await findRecipient(gateway, { to: '+254711123456' }, context)
  expect(told).toEqual(['+254*****3456', '+254*****3456'])
})

it('keeps the last 500, and none that it refuses', async () => {
  const gateway = isolate()
  const first = freshNumber()
  await found(gateway, first)
  for (let i = 0; i < 501; i++) await found(gateway, freshNumber())
  await found(gateway, '+1202555')
  expect(gateway.recipients.size).toBe(500)
  expect([...gateway.recipients.keys()].join()).not.toContain(first)
})

// Whoever changes one of these leads all recipients away from their records.
it.each([
  ['10000000000000000010', { name: 'z1-0', hint: 'enam' }],
  ['4000000000000000000f', { name: 'z4-15', hint: 'weur' }],
  ['0fffffffffffffffff1e', { name: 'z0-14', hint: undefined }],
])('leads %s to one of the 16 ledgers of its zone, near it', (key, place) => {
  expect(placeOf(key)).toEqual(place)
})
