// Callbacks of carriers. Proven to be the carrier's, or refused.
import { type Context, Hono } from 'hono'
import { reportStatus } from '../gateway/receipts'
import { receiveTwilioReply } from '../gateway/replies'
import { MESSAGE_ID } from '../schema'
import { flowContext, type HonoEnv } from './context'
import { postedBody } from './middleware'
import { problem } from './problem'

/** Nothing to say: Twilio itself answers STOP, START and HELP, and two answers would be one too many. */
const EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'

export const webhooks = new Hono<HonoEnv>()
  .post('/twilio/status/:id', (c) => status(c, 'twilio', c.req.param('id')))
  .post('/vonage/status/:id', (c) => status(c, 'vonage', c.req.param('id')))
  .on(['GET', 'POST'], '/http/:name/status/:id', (c) =>
    status(c, `http:${c.req.param('name')}`, c.req.param('id')),
  )
  // Of gateways that call one URL for all texts: they name the text themselves.
  .on(['GET', 'POST'], '/http/:name/status', (c) => status(c, `http:${c.req.param('name')}`, null))

  .post('/twilio/inbound', async (c) => {
    const { headers, ...callback } = await callbackOf(c)
    const signature = headers.get('X-Twilio-Signature') ?? undefined
    const received = await receiveTwilioReply(
      c.get('gateway'),
      { ...callback, signature },
      flowContext(c),
    )
    return received.ok
      ? c.body(EMPTY_TWIML, 200, { 'Content-Type': 'text/xml' })
      : problem(c, received.refusal)
  })

async function callbackOf(c: Context<HonoEnv>) {
  const { pathname, search } = new URL(c.req.url)
  const body = new Uint8Array(await postedBody(c))
  return { path: pathname + search, headers: c.req.raw.headers, body }
}

async function status(
  c: Context<HonoEnv>,
  provider: string,
  text: string | null,
): Promise<Response> {
  if (text !== null && !MESSAGE_ID.test(text)) return problem(c, { code: 'not_found' })
  const callback = { text, ...(await callbackOf(c)) }
  const reported = await reportStatus(c.get('gateway'), provider, callback, flowContext(c))
  return reported.ok ? c.body(null, 204) : problem(c, reported.refusal)
}
