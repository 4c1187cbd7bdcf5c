// Liveness, and the phone that the simulation stands for.
import { Hono } from 'hono'
import type { SimulatedMessages } from '../answers'
import { refuseSending } from '../gateway/gateway'
import { readSimulatedTexts } from '../gateway/recipients'
import { recipientQuery } from '../schema'
import { flowContext, type HonoEnv } from './context'
import { keyRequired, query } from './middleware'
import { problem } from './problem'

export const service = new Hono<HonoEnv>()
  .get('/health', (c) => {
    const { sending, environment } = c.get('gateway').config
    if (sending.state !== 'ready') return problem(c, refuseSending(c.get('gateway').config))
    return c.json({ status: 'ok', environment, engine: sending.engine })
  })

  .get('/simulator/messages', keyRequired, query(recipientQuery), async (c) => {
    const read = await readSimulatedTexts(c.get('gateway'), c.req.valid('query'), flowContext(c))
    if (!read.ok) return problem(c, read.refusal)
    const { to, texts } = read.value
    const answer: SimulatedMessages = {
      messages: texts.map((text) => ({ to, ...text, at: new Date(text.at).toISOString() })),
    }
    return c.json(answer)
  })
