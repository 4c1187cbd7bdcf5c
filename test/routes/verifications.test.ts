import { expect, it } from 'vitest'
import { caller, freshNumber } from '../gateway'

it('proves a number from start to approval', async () => {
  const call = caller()
  const to = freshNumber()
  const started = await call('POST', '/v1/verifications', { to })
  expect(started.status).toBe(201)
  const shown = await call('GET', `/simulator/messages?to=${encodeURIComponent(to)}`)
  const { code } = shown.body.messages[0]
  const checked = await call('POST', '/v1/verifications/check', { to, code })
  expect(checked.status).toBe(200)
  expect(checked.body.status).toBe('approved')
})
