// Chaski's routes, bodies and envelope (FastAPI's). The token comes in a cookie or as a bearer; the phone is the token's.
import { type Context, Hono } from 'hono'
import * as z from 'zod/mini'
import { startVerification } from '../../gateway/start'
import { checkVerification } from '../../gateway/verifications'
import { once } from '../../once'
import { flowContext, type HonoEnv } from '../context'
import { body, perAddress } from '../middleware'
import { WORDS } from './chaski-words'
import { type Answer, flowRefusal, refuseAs, type System, sixDigits } from './system'
import { claimsOf, phoneOf } from './token'

export const CHASKI: System = {
  name: 'chaski',
  words: WORDS,
  bodyOf: ({ status, text, issues }) => ({
    detail: status === 422 ? issues.map(fieldError) : text,
  }),
}

/** As FastAPI tells of one. */
const fieldError = ({ path, message }: { path: string; message: string }) => ({
  loc: ['body', ...(path === '' ? [] : path.split('.'))],
  msg: message,
  type: 'value_error',
})

const no = refuseAs(CHASKI)

const verifyBody = once(() => z.object({ code: sixDigits('must be 6 digits') }))

export const chaski = new Hono<HonoEnv>()
  .post('/send-code', perAddress('start'), (c) =>
    send(c, 'Verification code sent to your phone number'),
  )
  .post('/resend-code', perAddress('start'), (c) =>
    send(c, 'Verification code resent to your phone number'),
  )
  .post('/verify', perAddress('check'), body(verifyBody), async (c) => {
    const phone = await userPhone(c)
    if (!phone.ok) return no(c, phone.refusal)
    const request = { to: phone.value, code: c.req.valid('json').code }
    const checked = await checkVerification(c.get('gateway'), request, flowContext(c))
    return checked.ok
      ? c.json({ message: 'Phone number verified successfully', phone_verified: true })
      : no(c, flowRefusal(checked.refusal))
  })

/** Sending again is sending: while a code is pending it is the same one. */
async function send(c: Context<HonoEnv>, message: string): Promise<Response> {
  const phone = await userPhone(c)
  if (!phone.ok) return no(c, phone.refusal)
  const request = { to: phone.value, channel: 'sms', locale: 'en' } as const
  const started = await startVerification(c.get('gateway'), request, flowContext(c))
  if (!started.ok) return no(c, flowRefusal(started.refusal))
  const left = started.value.answer.expiresAt - Date.now()
  return c.json({ message, expires_in_minutes: Math.max(1, Math.round(left / 60_000)) })
}

async function userPhone(c: Context<HonoEnv>): Promise<Answer<string>> {
  const claims = await claimsOf(c, ['cookie', 'bearer'])
  return claims.ok ? phoneOf(claims.value) : claims
}
