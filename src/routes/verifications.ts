// /v1/verifications: the calls of clients. Open, held by limits; a key lifts those per address.
import { Hono } from 'hono'
import type { VerificationBody } from '../answers'
import { startVerification } from '../gateway/start'
import {
  cancelVerification,
  checkVerification,
  readVerification,
  type VerificationAnswer,
} from '../gateway/verifications'
import { checkBody, startBody, VERIFICATION_ID } from '../schema'
import { flowContext, type HonoEnv } from './context'
import { body, idempotent, keyOptional, perAddress } from './middleware'
import { problem } from './problem'

export const verifications = new Hono<HonoEnv>()
  .use(keyOptional)

  .post('/', perAddress('start'), idempotent, body(startBody), async (c) => {
    const started = await startVerification(c.get('gateway'), c.req.valid('json'), flowContext(c))
    if (!started.ok) return problem(c, started.refusal)
    if (started.value.replayed) c.header('Idempotent-Replayed', 'true')
    return c.json(toBody(started.value.answer), 201)
  })

  .post('/check', perAddress('check'), body(checkBody), async (c) => {
    const { to, id, ...rest } = c.req.valid('json')
    const request = id === undefined ? { ...rest, to: to ?? '' } : { ...rest, id }
    const checked = await checkVerification(c.get('gateway'), request, flowContext(c))
    return checked.ok ? c.json(toBody(checked.value)) : problem(c, checked.refusal)
  })

  .get('/:id', perAddress('read'), async (c) => {
    const id = c.req.param('id')
    if (!VERIFICATION_ID.test(id)) return problem(c, { code: 'not_found' })
    const read = await readVerification(c.get('gateway'), id, flowContext(c))
    return read.ok ? c.json(toBody(read.value)) : problem(c, read.refusal)
  })

  .delete('/:id', perAddress('read'), async (c) => {
    const id = c.req.param('id')
    if (!VERIFICATION_ID.test(id)) return problem(c, { code: 'not_found' })
    const canceled = await cancelVerification(c.get('gateway'), id, flowContext(c))
    return canceled.ok ? c.json(toBody(canceled.value)) : problem(c, canceled.refusal)
  })

function toBody(answer: VerificationAnswer): VerificationBody {
  const { id, to, channel, channels, purpose, status, engine, sendStatus, rerouted } = answer
  return {
    id,
    to,
    channel,
    channels,
    purpose,
    status,
    engine,
    expires_at: new Date(answer.expiresAt).toISOString(),
    resend_at: new Date(answer.resendAt).toISOString(),
    sends_remaining: answer.sendsRemaining,
    attempts_remaining: answer.attemptsRemaining,
    simulated: engine === 'simulation',
    send_status: sendStatus,
    rerouted,
  }
}
