// MeStore's routes, bodies and envelope. Its current screen sends the application's token; its older one sends none, and
// names the number itself. Whether the other of phone and mailbox is verified is the token's word: Verge keeps no users.
import { type Context, Hono } from 'hono'
import * as z from 'zod/mini'
import { attemptsSpent, startVerification } from '../../gateway/start'
import { checkVerification, type VerificationAnswer } from '../../gateway/verifications'
import { once } from '../../once'
import { flowContext, type HonoEnv } from '../context'
import { body, perAddress } from '../middleware'
import { WORDS } from './mestore-words'
import { type Answer, flowRefusal, refuseAs, type System, sixDigits } from './system'
import { type Claims, claimsOf, mailboxOf, numberOf, phoneOf } from './token'

/** Its own for the two that it tells apart; Verge's code says more where its module had no word for it. */
const ERROR_CODES: { [status: number]: string } = { 400: 'BAD_REQUEST', 422: 'VALIDATION_ERROR' }

export const MESTORE: System = {
  name: 'mestore',
  words: WORDS,
  bodyOf: ({ code, status, text, issues, requestId }) => ({
    status: 'error',
    timestamp: new Date().toISOString(),
    message: text,
    version: '1.0.0',
    error_code: ERROR_CODES[status] ?? code.toUpperCase(),
    error_message: text,
    // What is wrong with the whole body is said by the message, in Spanish.
    details: issues.flatMap(({ path, message }) => (path ? { field: path, message } : [])),
    request_id: requestId,
  }),
}

const no = refuseAs(MESTORE)

const OTP_TYPE = 'debe ser SMS o EMAIL'
const SIX_DIGITS = 'debe tener 6 dígitos'
const otpType = () => z.enum(['SMS', 'EMAIL'], OTP_TYPE)
const otp = () => sixDigits(SIX_DIGITS)
const telefono = () => z.optional(z.string('debe ser un texto'))

const emailSend = once(() => z.object({ otp_type: otpType() }))
const emailVerify = once(() => z.object({ otp_code: otp() }))

/** `{otp_type}`, or in the older form `{telefono}`. */
const smsSend = once(() =>
  z.object({ otp_type: z.optional(otpType()), telefono: telefono() }).check(
    z.refine(({ otp_type, telefono }) => (otp_type ?? telefono) !== undefined, {
      message: OTP_TYPE,
      path: ['otp_type'],
    }),
  ),
)

/** `{otp_code}`, or in the older form `{telefono, otp}`. */
const phoneVerify = once(() =>
  z
    .object({
      telefono: telefono(),
      otp: z.optional(otp()),
      otp_code: z.optional(otp()),
    })
    .check(
      z.refine(({ telefono, otp_code }) => (telefono ?? otp_code) !== undefined, {
        message: SIX_DIGITS,
        path: ['otp_code'],
      }),
      z.refine(({ telefono, otp }) => telefono === undefined || otp !== undefined, {
        message: SIX_DIGITS,
        path: ['otp'],
      }),
    ),
)

type Kind = {
  otpType: z.output<ReturnType<typeof otpType>>
  channel: 'sms' | 'email'
  recipientOf(claims: Claims): Answer<string>
  sent: string
  verified: string
}

const SMS: Kind = {
  otpType: 'SMS',
  channel: 'sms',
  recipientOf: phoneOf,
  sent: 'Código de verificación enviado por SMS.',
  verified: 'Teléfono verificado correctamente.',
}

const EMAIL: Kind = {
  otpType: 'EMAIL',
  channel: 'email',
  recipientOf: mailboxOf,
  sent: 'Código de verificación enviado por correo.',
  verified: 'Correo verificado correctamente.',
}

export const mestore = new Hono<HonoEnv>()
  .post('/send-verification-sms', perAddress('start'), body(smsSend), (c) => {
    const { telefono, otp_type } = c.req.valid('json')
    return send(c, SMS, { telefono, otpType: otp_type })
  })
  .post('/send-verification-email', perAddress('start'), body(emailSend), (c) =>
    send(c, EMAIL, { otpType: c.req.valid('json').otp_type }),
  )
  .post('/verify-phone-otp', perAddress('check'), body(phoneVerify), (c) => {
    const { telefono, otp, otp_code } = c.req.valid('json')
    return check(c, SMS, { telefono, code: (telefono === undefined ? otp_code : otp) ?? '' })
  })
  .post('/verify-email-otp', perAddress('check'), body(emailVerify), (c) =>
    check(c, EMAIL, { code: c.req.valid('json').otp_code }),
  )

async function send(
  c: Context<HonoEnv>,
  kind: Kind,
  { telefono, otpType }: { telefono?: string | undefined; otpType?: Kind['otpType'] | undefined },
): Promise<Response> {
  if (telefono === undefined && otpType !== kind.otpType) return no(c, { code: 'wrong_otp_type' })
  const user = await userOf(c, kind, telefono)
  if (!user.ok) return no(c, user.refusal)
  const { to, claims } = user.value
  const { channel } = kind
  const request = { to, channel, locale: 'es' }
  const started = await startVerification(c.get('gateway'), request, flowContext(c))
  if (!started.ok) return no(c, flowRefusal(started.refusal))
  return c.json({
    success: true,
    message: kind.sent,
    verification_status: standing(c, kind, started.value.answer, claims),
  })
}

async function check(
  c: Context<HonoEnv>,
  kind: Kind,
  { telefono, code }: { telefono?: string | undefined; code: string },
): Promise<Response> {
  const user = await userOf(c, kind, telefono)
  if (!user.ok) return no(c, user.refusal)
  const { to, claims } = user.value
  const checked = await checkVerification(c.get('gateway'), { to, code }, flowContext(c))
  if (!checked.ok) return no(c, flowRefusal(checked.refusal))
  return c.json({
    success: true,
    message: kind.verified,
    verification_status: standing(c, kind, checked.value, claims),
  })
}

/** Whom it is about: the number in the body, or the user in the token. */
async function userOf(
  c: Context<HonoEnv>,
  { recipientOf }: Kind,
  telefono: string | undefined,
): Promise<Answer<{ to: string; claims: Claims | null }>> {
  if (telefono !== undefined) {
    const to = numberOf(telefono)
    return to.ok ? { ok: true, value: { to: to.value, claims: null } } : to
  }
  const claims = await claimsOf(c, ['bearer', 'cookie'])
  if (!claims.ok) return claims
  const to = recipientOf(claims.value)
  return to.ok ? { ok: true, value: { to: to.value, claims: claims.value } } : to
}

/** Who is locked, or out of attempts, is refused before this. */
function standing(
  c: Context<HonoEnv>,
  { otpType }: Kind,
  answer: VerificationAnswer,
  claims: Claims | null,
) {
  const { status, expiresAt, resendAt } = answer
  const isActive = status === 'pending'
  const hasProven = (type: Kind['otpType']) => status === 'approved' && otpType === type
  return {
    email_verified: hasProven('EMAIL') || claims?.mailboxVerified === true,
    phone_verified: hasProven('SMS') || claims?.phoneVerified === true,
    has_active_otp: isActive,
    otp_type: isActive ? otpType : null,
    otp_expires_at: isActive ? new Date(expiresAt).toISOString() : null,
    can_request_new_otp: resendAt <= Date.now(),
    is_otp_blocked: false,
    otp_attempts: isActive ? attemptsSpent(c.get('gateway').config, answer) : 0,
  }
}
