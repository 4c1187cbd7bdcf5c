// Liveness, and the phone that the simulation stands for.
import { Hono } from 'hono'
import type { HealthBody, SimulatedMessages } from '../answers'
import { refuseSending, refuseTokens } from '../gateway/gateway'
import { readSimulatedTexts } from '../gateway/recipients'
import { recipientQuery } from '../schema'
import { flowContext, type HonoEnv } from './context'
import { keyRequired, query } from './middleware'
import { detailOf, problem } from './problem'

export const service = new Hono<HonoEnv>()
  .get('/health', (c) => {
    const { config } = c.get('gateway')
    const { sending, environment } = config
    if (sending.state !== 'ready') return problem(c, refuseSending(config))
    const refused = refuseTokens(config)
    const { engine } = sending
    const problems = refused && { problem: detailOf(refused) }
    const answer: HealthBody = { status: 'ok', environment, engine, ...problems }
    return c.json(answer)
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
