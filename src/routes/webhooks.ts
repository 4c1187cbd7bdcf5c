// Callbacks of carriers. Signed by the carrier, or refused.
import { Hono } from 'hono'
import { reportTwilioStatus } from '../gateway/deliveries'
import { MESSAGE_ID } from '../schema'
import { flowContext, type HonoEnv } from './context'
import { problem } from './problem'

export const webhooks = new Hono<HonoEnv>().post('/twilio/status/:id', async (c) => {
  const id = c.req.param('id')
  if (!MESSAGE_ID.test(id)) return problem(c, { code: 'not_found' })
  const { pathname, search } = new URL(c.req.url)
  const signature = c.req.header('X-Twilio-Signature')
  const body = new Uint8Array(await c.req.arrayBuffer())
  const reported = await reportTwilioStatus(
    c.get('gateway'),
    { text: id, path: pathname + search, signature, body },
    flowContext(c),
  )
  return reported.ok ? c.body(null, 204) : problem(c, reported.refusal)
})
