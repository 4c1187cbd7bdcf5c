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
import { body, keyOptional, perAddress } from './middleware'
import { problem } from './problem'

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/

export const verifications = new Hono<HonoEnv>()
  .use(keyOptional)

  .post('/', perAddress('start'), body(startBody), async (c) => {
    const idempotencyKey = c.req.header('Idempotency-Key')
    if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.test(idempotencyKey)) {
      const message = 'must be 1 to 255 printable ASCII characters'
      return problem(c, { code: 'invalid_request', issues: [{ path: 'Idempotency-Key', message }] })
    }
    const context = flowContext(c, idempotencyKey === undefined ? {} : { idempotencyKey })
    const started = await startVerification(c.get('gateway'), c.req.valid('json'), context)
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
  const { id, to, channel, purpose, status, engine, sendStatus } = answer
  return {
    id,
    to,
    channel,
    purpose,
    status,
    engine,
    expires_at: new Date(answer.expiresAt).toISOString(),
    resend_at: new Date(answer.resendAt).toISOString(),
    sends_remaining: answer.sendsRemaining,
    attempts_remaining: answer.attemptsRemaining,
    simulated: engine === 'simulation',
    ...(sendStatus && { send_status: sendStatus }),
  }
}
