// Callbacks of carriers. Signed by the carrier, or refused.
import { type Context, Hono } from 'hono'
import { type Callback, reportTwilioStatus } from '../gateway/deliveries'
import { receiveTwilioReply } from '../gateway/replies'
import { MESSAGE_ID } from '../schema'
import { flowContext, type HonoEnv } from './context'
import { problem } from './problem'

/** Nothing to say: Twilio itself answers STOP, START and HELP, and two answers would be one too many. */
const EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'

export const webhooks = new Hono<HonoEnv>()
  .post('/twilio/status/:id', async (c) => {
    const id = c.req.param('id')
    if (!MESSAGE_ID.test(id)) return problem(c, { code: 'not_found' })
    const callback = { text: id, ...(await callbackOf(c)) }
    const reported = await reportTwilioStatus(c.get('gateway'), callback, flowContext(c))
    return reported.ok ? c.body(null, 204) : problem(c, reported.refusal)
  })

  .post('/twilio/inbound', async (c) => {
    const received = await receiveTwilioReply(c.get('gateway'), await callbackOf(c), flowContext(c))
    return received.ok
      ? c.body(EMPTY_TWIML, 200, { 'Content-Type': 'text/xml' })
      : problem(c, received.refusal)
  })

async function callbackOf(c: Context<HonoEnv>): Promise<Callback> {
  const { pathname, search } = new URL(c.req.url)
  return {
    path: pathname + search,
    signature: c.req.header('X-Twilio-Signature'),
    body: new Uint8Array(await c.req.arrayBuffer()),
  }
}
