// /v1/messages: texts that are not codes, for backends. Needs a key.
import { Hono } from 'hono'
import type { BatchBody, MessageBody } from '../answers'
import type { TimelineEntry } from '../domain/record'
import { queueMessages } from '../gateway/batch'
import {
  type MessageAnswer,
  type MessageRequest,
  readMessage,
  type ShownMessage,
  sendMessage,
} from '../gateway/messages'
import { batchBody, MESSAGE_ID, messageBody } from '../schema'
import { flowContext, type HonoEnv } from './context'
import { body, idempotent, keyRequired } from './middleware'
import { detailOf, fieldsOf, problem } from './problem'

export const messages = new Hono<HonoEnv>()
  .use(keyRequired)

  .post('/', idempotent, body(messageBody), async (c) => {
    const sent = await sendMessage(c.get('gateway'), requestOf(c.req.valid('json')), flowContext(c))
    if (!sent.ok) return problem(c, sent.refusal)
    if (sent.value.replayed) c.header('Idempotent-Replayed', 'true')
    return c.json(toBody(sent.value.answer), 202)
  })

  .post('/batch', idempotent, body(batchBody), async (c) => {
    const { messages: asked } = c.req.valid('json')
    const items = asked.map((one) => ({ ...requestOf(one), clientRef: one.client_ref }))
    const queued = await queueMessages(c.get('gateway'), items, flowContext(c))
    if (!queued.ok) return problem(c, queued.refusal)
    const results = queued.value
    const answer: BatchBody = {
      accepted: results.filter(({ ok }) => ok).length,
      refused: results.filter(({ ok }) => !ok).length,
      messages: results.map((result, i) => {
        const { to = '', client_ref } = asked[i] ?? {}
        const whose = { to, ...(client_ref !== undefined && { client_ref }) }
        if (result.ok) return { ...whose, id: result.value.id, status: result.value.status }
        const { refusal } = result
        const told = { code: refusal.code, detail: detailOf(refusal), ...fieldsOf(refusal) }
        return { ...whose, ...told }
      }),
    }
    return c.json(answer, 202)
  })

  .get('/:id', async (c) => {
    const id = c.req.param('id')
    if (!MESSAGE_ID.test(id)) return problem(c, { code: 'not_found' })
    const read = await readMessage(c.get('gateway'), id, flowContext(c))
    return read.ok ? c.json(toBody(read.value)) : problem(c, read.refusal)
  })

type Fields = {
  to: string
  country?: MessageRequest['country']
  body?: string | undefined
  template?: string | undefined
  variables?: Record<string, string> | undefined
  locale?: string | undefined
}

const requestOf = ({ to, country, body, template, variables, locale }: Fields): MessageRequest => ({
  to,
  country,
  content:
    body === undefined
      ? { template: template ?? '', variables: variables ?? {}, locale }
      : { body },
})

function toBody(shown: MessageAnswer | ShownMessage): MessageBody {
  const { id, to, status, segments, encoding, simulated } = shown
  return {
    id,
    to,
    status,
    ...(segments !== undefined && { segments }),
    ...(encoding && { encoding }),
    simulated,
    ...('timeline' in shown && { timeline: shown.timeline.map(entryOf) }),
  }
}

const entryOf = ({ status, at, provider, errorCode }: TimelineEntry) => ({
  status,
  at: new Date(at).toISOString(),
  ...(provider && { provider }),
  ...(errorCode && { error_code: errorCode }),
})
