import { describe, expect, it } from 'vitest'
import type { Env } from '../../../src/env'
import {
  type Answer,
  caller,
  codeShown,
  freshNumber,
  HOUR,
  MINUTE,
  onlyLedger,
  pass,
  SECOND,
  wrong,
} from '../../gateway'
import { BY_SECRET, token } from '../../tokens'

const VARS = { COMPAT: 'mestore', ...BY_SECRET }
const BASE = '/api/v1/auth'

/** Somebody signed in, at an address of their own. */
function user(more: object = {}, vars: Partial<Env> = {}) {
  const phone = freshNumber()
  const mailbox = `ana.${phone.slice(1)}@example.com`
  const call = caller({ ...VARS, ...vars })
  const post = async (path: string, body: unknown) =>
    call('POST', `${BASE}/${path}`, body, {
      Authorization: `Bearer ${await token({ phone_number: phone, email: mailbox, ...more })}`,
    })
  return {
    call,
    phone,
    mailbox,
    sendSms: (body: unknown = { otp_type: 'SMS' }) => post('send-verification-sms', body),
    sendEmail: (body: unknown = { otp_type: 'EMAIL' }) => post('send-verification-email', body),
    verifyPhone: (otp_code: unknown) => post('verify-phone-otp', { otp_code }),
    verifyEmail: (otp_code: unknown) => post('verify-email-otp', { otp_code }),
    post,
  }
}

const succeeded = (message: string, verification_status: object) => ({
  status: 200,
  body: { success: true, message, verification_status },
})

const PENDING = {
  email_verified: false,
  phone_verified: false,
  has_active_otp: true,
  otp_type: 'SMS',
  otp_expires_at: '2030-01-01T00:10:00.000Z',
  can_request_new_otp: false,
  is_otp_blocked: false,
  otp_attempts: 0,
}
const OVER = { ...PENDING, has_active_otp: false, otp_type: null, otp_expires_at: null }

/** The whole body of a failure. */
const failed = (
  status: number,
  message: string,
  error_code = 'BAD_REQUEST',
  details: object[] = [],
) => ({
  status,
  body: {
    status: 'error',
    timestamp: expect.stringMatching(/^2030-01-01T\d\d:\d\d:\d\d\.\d{3}Z$/),
    message,
    version: '1.0.0',
    error_code,
    error_message: message,
    details,
    request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  },
})
const only = ({ status, body }: Answer) => ({ status, body })

describe('MeStore: POST /api/v1/auth/send-verification-sms and verify-phone-otp', () => {
  it('send a code to the phone of the token, and check it', async () => {
    const ana = user()
    expect(only(await ana.sendSms())).toEqual(
      succeeded('Código de verificación enviado por SMS.', PENDING),
    )
    expect(only(await ana.verifyPhone(await codeShown(ana.call, ana.phone)))).toEqual(
      succeeded('Teléfono verificado correctamente.', {
        ...OVER,
        phone_verified: true,
        can_request_new_otp: true,
      }),
    )
  })

  it('send the text in Spanish, to a Colombian number without its prefix, too', async () => {
    const digits = String(crypto.getRandomValues(new Uint32Array(1))[0])
      .padStart(7, '0')
      .slice(-7)
    const vars = { DEFAULT_COUNTRY: 'CO', ALLOWED_COUNTRIES: 'CO' }
    const ana = user({ phone_number: `300 ${digits}` }, vars)
    expect((await ana.sendSms()).status).toBe(200)
    const to = encodeURIComponent(`+57300${digits}`)
    const { body } = await ana.call('GET', `/simulator/messages?to=${to}`)
    expect(body.messages[0].body).toMatch(/^Su código de verificación es \d{6}\./)
  })

  it('tell what the other one of phone and mailbox is by the token', async () => {
    const ana = user({ email_verified: true })
    expect((await ana.sendSms()).body.verification_status).toEqual({
      ...PENDING,
      email_verified: true,
    })
  })

  it('count attempts over a resend, which sends the same code', async () => {
    const ana = user()
    await ana.sendSms()
    const code = await codeShown(ana.call, ana.phone)
    await ana.verifyPhone(wrong(code))
    pass(MINUTE)
    expect((await ana.sendSms()).body.verification_status).toEqual({ ...PENDING, otp_attempts: 1 })
    expect(await codeShown(ana.call, ana.phone)).toBe(code)
    expect((await ana.verifyPhone(code)).status).toBe(200)
  })

  it('take 123456 for a code like any other', async () => {
    const ana = user()
    await ana.sendSms()
    const code = await codeShown(ana.call, ana.phone)
    if (code !== '123456') expect((await ana.verifyPhone('123456')).status).toBe(400)
  })

  it('use the first of PURPOSES', async () => {
    const ana = user({}, { PURPOSES: 'signup,login' })
    await ana.sendSms()
    const code = await codeShown(ana.call, ana.phone)
    const check = (purpose: string) =>
      ana.call('POST', '/v1/verifications/check', { to: ana.phone, code, purpose })
    expect((await check('login')).status).toBe(404)
    expect((await check('signup')).status).toBe(200)
  })
})

describe('MeStore: POST /api/v1/auth/send-verification-email and verify-email-otp', () => {
  it('send a code to the mailbox of the token, and check it', async () => {
    const ana = user({ phone_number_verified: true })
    expect(only(await ana.sendEmail())).toEqual(
      succeeded('Código de verificación enviado por correo.', {
        ...PENDING,
        phone_verified: true,
        otp_type: 'EMAIL',
      }),
    )
    expect(only(await ana.verifyEmail(await codeShown(ana.call, ana.mailbox)))).toEqual(
      succeeded('Correo verificado correctamente.', {
        ...OVER,
        phone_verified: true,
        email_verified: true,
        can_request_new_otp: true,
      }),
    )
  })

  it('have a code that proves no phone', async () => {
    const ana = user()
    await ana.sendEmail()
    const code = await codeShown(ana.call, ana.mailbox)
    expect(only(await ana.verifyPhone(code))).toEqual(
      failed(400, 'No hay un código activo. Solicite uno nuevo.'),
    )
  })

  it('say so where this deployment sends no mail', async () => {
    const own = {
      TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'token',
      TWILIO_FROM_NUMBER: '+15005550006',
    }
    expect(only(await user({}, own).sendEmail())).toEqual(
      failed(400, 'No se pueden enviar códigos por este medio.'),
    )
  })
})

describe('MeStore: every business failure is 400, with its envelope', () => {
  it.each([
    ['already verified', { phone_number_verified: true }, 'El teléfono ya está verificado.'],
    ['none', { phone_number: undefined }, 'El usuario no tiene un teléfono registrado.'],
    ['null', { phone_number: null }, 'El usuario no tiene un teléfono registrado.'],
    ['empty', { phone_number: ' ' }, 'El usuario no tiene un teléfono registrado.'],
    ['malformed', { phone_number: 'no' }, 'El número de teléfono no es válido.'],
    ['a mailbox', { phone_number: 'ana@example.com' }, 'El número de teléfono no es válido.'],
    ['an object', { phone_number: {} }, 'El número de teléfono no es válido.'],
    ['no text', { phone_number: { toString: 1 } }, 'El número de teléfono no es válido.'],
    ['in a list', { phone_number: ['+12025550123'] }, 'El número de teléfono no es válido.'],
    [
      'a landline',
      { phone_number: '+442071234567' },
      'Este número no puede recibir mensajes de texto.',
    ],
  ])('where the phone is %s', async (_, more, message) => {
    const ana = user(more)
    expect(only(await ana.sendSms())).toEqual(failed(400, message))
    if (!message.startsWith('Este')) {
      expect(only(await ana.verifyPhone('123456'))).toEqual(failed(400, message))
    }
  })

  it.each([
    ['already verified', { email_verified: true }, 'El correo ya está verificado.'],
    ['none', { email: undefined }, 'El usuario no tiene un correo registrado.'],
    ['malformed', { email: 'ana@' }, 'La dirección de correo no es válida.'],
    ['a domain', { email: 'shop.example' }, 'La dirección de correo no es válida.'],
    ['a number', { email: '+12025550123' }, 'La dirección de correo no es válida.'],
  ])('where the mailbox is %s', async (_, more, message) => {
    const ana = user(more)
    expect(only(await ana.sendEmail())).toEqual(failed(400, message))
    expect(only(await ana.verifyEmail('123456'))).toEqual(failed(400, message))
  })

  it('where there is no code, a wrong one, one too many, or an old one', async () => {
    const ana = user()
    const none = failed(400, 'No hay un código activo. Solicite uno nuevo.')
    expect(only(await ana.verifyPhone('123456'))).toEqual(none)
    await ana.sendSms()
    const code = await codeShown(ana.call, ana.phone)
    for (const left of [4, 3, 2, 1, 0])
      expect(only(await ana.verifyPhone(wrong(code)))).toEqual(
        failed(400, `Código incorrecto. Intentos restantes: ${left}.`),
      )
    expect(only(await ana.verifyPhone(code))).toEqual(
      failed(400, 'Se agotaron los intentos. Espere 60 s antes de solicitar otro código.'),
    )
    pass(MINUTE)
    await ana.sendSms()
    const next = await codeShown(ana.call, ana.phone)
    pass(10 * MINUTE)
    expect(only(await ana.verifyPhone(next))).toEqual(
      failed(400, 'El código ha expirado. Solicite uno nuevo.'),
    )
  })

  it('within the cooldown of 60 s, which the answer tells', async () => {
    const ana = user()
    await ana.sendSms()
    pass(21 * SECOND)
    const again = await ana.sendSms()
    expect(only(again)).toEqual(failed(400, 'Espere 39 s antes de solicitar otro código.'))
    expect(again.headers.get('Retry-After')).toBe('39')
  })

  it('after the texts of an hour', async () => {
    const ana = user({}, { SMS_RATE_LIMIT_PER_NUMBER: '1', RESEND_COOLDOWN_SECONDS: '60' })
    await ana.sendSms()
    pass(90 * SECOND)
    expect(only(await ana.sendSms())).toEqual(
      failed(400, 'Se alcanzó el límite de códigos. Intente de nuevo en 59 min.'),
    )
  })

  it('after ten wrong codes, until the lock ends by itself', async () => {
    const ana = user()
    for (let round = 0; round < 2; round++) {
      await ana.sendSms()
      const code = wrong(await codeShown(ana.call, ana.phone))
      for (let i = 0; i < 5; i++) await ana.verifyPhone(code)
      pass(MINUTE)
    }
    const locked = failed(400, 'Demasiados códigos incorrectos. Intente de nuevo en 14 min.')
    expect(only(await ana.sendSms())).toEqual(locked)
    expect(only(await ana.verifyPhone('123456'))).toEqual(locked)
    pass(14 * MINUTE)
    expect((await ana.sendSms()).status).toBe(200)
    pass(HOUR)
  })

  it.each([
    ['+15005550001', 'El número de teléfono no es válido.'],
    ['+15005550002', 'No se pudo enviar el código. Intente más tarde.'],
    ['+15005550003', 'No se envían mensajes a este país.'],
    [
      '+15005550004',
      'Este número pidió no recibir mensajes. Envíe START al remitente para recibirlos.',
    ],
    ['+15005550009', 'Este número no puede recibir mensajes de texto.'],
  ])('where the carrier refuses %s', async (phone_number, message) => {
    expect(only(await user({ phone_number }).sendSms())).toEqual(failed(400, message))
  })

  it('where the kind of code is that of the other route', async () => {
    const wrongType = failed(400, 'Este tipo de código se solicita en otra ruta.')
    expect(only(await user().sendSms({ otp_type: 'EMAIL' }))).toEqual(wrongType)
    expect(only(await user().sendEmail({ otp_type: 'SMS' }))).toEqual(wrongType)
  })
})

describe('MeStore: 401 for a bad token, 422 for a bad body, and what is not the person’s', () => {
  const invalid = (field: string, message: string) =>
    failed(422, 'Los datos enviados no son válidos.', 'VALIDATION_ERROR', [{ field, message }])

  it('is 401 without a good token', async () => {
    const session = failed(
      401,
      'La sesión no es válida o ha expirado. Inicie sesión de nuevo.',
      'UNAUTHORIZED',
    )
    for (const [path, body] of [
      ['send-verification-sms', { otp_type: 'SMS' }],
      ['send-verification-email', { otp_type: 'EMAIL' }],
      ['verify-phone-otp', { otp_code: '123456' }],
      ['verify-email-otp', { otp_code: '123456' }],
    ] as const) {
      const call = caller(VARS)
      expect(only(await call('POST', `${BASE}/${path}`, body))).toEqual(session)
      const headers = {
        Authorization: `Bearer ${await token({}, 'another secret, as long as that')}`,
      }
      expect(only(await call('POST', `${BASE}/${path}`, body, headers))).toEqual(session)
    }
  })

  it.each([
    ['12345'],
    ['1234567'],
    ['12345a'],
    ['１２３４５６'],
    [' 123456'],
    [123456],
    [null],
    [undefined],
  ])('is 422 for the code %j, and spends no attempt', async (code) => {
    const ana = user()
    await ana.sendSms()
    const six = invalid('otp_code', 'debe tener 6 dígitos')
    expect(only(await ana.verifyPhone(code))).toEqual(six)
    expect(only(await ana.verifyEmail(code))).toEqual(six)
    pass(MINUTE)
    expect((await ana.sendSms()).body.verification_status.otp_attempts).toBe(0)
  })

  it.each([[{}], [{ otp_type: 'sms' }], [{ otp_type: 'WHATSAPP' }], [{ otp_type: null }]])(
    'is 422 for the body %j of a send',
    async (body) => {
      const either = invalid('otp_type', 'debe ser SMS o EMAIL')
      expect(only(await user().sendSms(body))).toEqual(either)
      expect(only(await user().sendEmail(body))).toEqual(either)
    },
  )

  it('leaves fields that it does not know alone', async () => {
    expect((await user().sendSms({ otp_type: 'SMS', lang: 'es' })).status).toBe(200)
  })

  it('is 422 for what is no JSON, 415 and 413 for what is no such body', async () => {
    expect(only(await user().sendSms('{'))).toEqual(
      failed(422, 'Los datos enviados no son válidos.', 'VALIDATION_ERROR', []),
    )
    const ana = user()
    const path = `${BASE}/send-verification-sms`
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect(only(await ana.call('POST', path, 'telefono=1', form))).toEqual(
      failed(415, 'Los datos deben enviarse como JSON.', 'UNSUPPORTED_MEDIA_TYPE'),
    )
    expect(only(await ana.sendSms({ otp_type: 'x'.repeat(17_000) }))).toEqual(
      failed(413, 'Los datos enviados no son válidos.', 'PAYLOAD_TOO_LARGE'),
    )
  })

  it('is 429 beyond ten sends a minute from one address', async () => {
    const call = caller(VARS)
    const send = (telefono: string) => call('POST', `${BASE}/send-verification-sms`, { telefono })
    for (let i = 0; i < 10; i++) expect((await send(freshNumber())).status).toBe(200)
    const limited = await send(freshNumber())
    expect(only(limited)).toEqual(
      failed(429, 'Demasiadas solicitudes. Intente de nuevo en 60 s.', 'IP_RATE_LIMITED'),
    )
    expect(limited.headers.get('Retry-After')).toBe('60')
  })

  it('is 404 and 405 elsewhere under its path', async () => {
    const call = caller(VARS)
    expect(only(await call('POST', `${BASE}/login`, {}))).toEqual(
      failed(404, 'Esta ruta no existe.', 'NOT_FOUND'),
    )
    const answer = await call('GET', `${BASE}/verify-phone-otp`)
    expect(only(answer)).toEqual(failed(405, 'Esta ruta solo admite POST.', 'METHOD_NOT_ALLOWED'))
    expect(answer.headers.get('Allow')).toBe('POST')
  })

  it('is 503 where texts cannot leave, and 500 where Verge has a bug', async () => {
    expect(only(await user({}, { SMS_ENABLED: 'false' }).sendSms())).toEqual(
      failed(503, 'El envío de códigos está desactivado.', 'SENDING_DISABLED'),
    )
    const broken = onlyLedger({ start: () => Promise.reject(new Error('storage')) })
    expect(only(await user({}, broken).sendSms())).toEqual(
      failed(
        503,
        'El servicio no está disponible. Intente de nuevo en 5 s.',
        'TEMPORARILY_UNAVAILABLE',
      ),
    )
    const bug = { limit: () => Promise.reject(new Error('bug')) }
    expect(only(await user({}, { START_LIMIT: bug as never }).sendSms())).toEqual(
      failed(500, 'Error interno del servidor.', 'INTERNAL_ERROR'),
    )
  })
})

describe('MeStore: the older screen, without a token', () => {
  const older = (vars: Partial<Env> = { COMPAT: 'mestore' }) => {
    const call = caller(vars)
    const send = (body: unknown) => call('POST', `${BASE}/send-verification-sms`, body)
    const verify = (body: unknown) => call('POST', `${BASE}/verify-phone-otp`, body)
    return { call, send, verify }
  }

  it('sends to {telefono} and verifies {telefono, otp}, with no JWT_ variable set', async () => {
    const { call, send, verify } = older()
    const telefono = freshNumber()
    expect(only(await send({ telefono }))).toEqual(
      succeeded('Código de verificación enviado por SMS.', PENDING),
    )
    const otp = await codeShown(call, telefono)
    expect(only(await verify({ telefono, otp: wrong(otp) }))).toEqual(
      failed(400, 'Código incorrecto. Intentos restantes: 4.'),
    )
    expect(only(await verify({ telefono, otp }))).toEqual(
      succeeded('Teléfono verificado correctamente.', {
        ...OVER,
        phone_verified: true,
        can_request_new_otp: true,
      }),
    )
  })

  it('has a fixed 60 s cooldown where RESEND_COOLDOWN_SECONDS=60', async () => {
    const { send } = older({ COMPAT: 'mestore', RESEND_COOLDOWN_SECONDS: '60' })
    const telefono = freshNumber()
    for (let i = 0; i < 4; i++) {
      expect((await send({ telefono })).status).toBe(200)
      pass(MINUTE - SECOND)
      expect((await send({ telefono })).status).toBe(400)
      pass(SECOND)
    }
  })

  it('proves a number by no mailbox’s code', async () => {
    const { call, send, verify } = older()
    const to = `ana.${freshNumber().slice(1)}@example.com`
    await call('POST', '/v1/verifications', { to, channel: 'email' })
    const otp = await codeShown(call, to)
    const malformed = failed(400, 'El número de teléfono no es válido.')
    expect(only(await send({ telefono: to }))).toEqual(malformed)
    expect(only(await verify({ telefono: to, otp }))).toEqual(malformed)
  })

  it('is 400 for a number that is none, and 422 for a body that is none', async () => {
    const { send, verify } = older()
    expect(only(await send({ telefono: '' }))).toEqual(
      failed(400, 'El número de teléfono no es válido.'),
    )
    const invalid = (field: string, message: string) =>
      failed(422, 'Los datos enviados no son válidos.', 'VALIDATION_ERROR', [{ field, message }])
    expect(only(await send({ telefono: 300 }))).toEqual(invalid('telefono', 'debe ser un texto'))
    expect(only(await verify({ telefono: freshNumber() }))).toEqual(
      invalid('otp', 'debe tener 6 dígitos'),
    )
    expect(only(await verify({ telefono: freshNumber(), otp: '12' }))).toEqual(
      invalid('otp', 'debe tener 6 dígitos'),
    )
  })

  it('does not have the two routes of mail', async () => {
    const { call } = older()
    const answer = await call('POST', `${BASE}/send-verification-email`, { telefono: '+1' })
    expect(answer.status).toBe(422)
  })
})

describe('MeStore: its switch', () => {
  it('is COMPAT: without it every route is 404, as any other', async () => {
    for (const vars of [{}, { ...BY_SECRET }, { ...BY_SECRET, COMPAT: 'chaski' }]) {
      const answer = await caller(vars)('POST', `${BASE}/send-verification-sms`, {
        telefono: freshNumber(),
      })
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } })
      expect((await caller(vars)('GET', `${BASE}/send-verification-sms`)).status).toBe(404)
    }
  })

  it('names what is missing where tokens cannot be read, and the rest works', async () => {
    const ana = user({}, { JWT_SECRET: '' })
    const summary = 'JWT_SECRET or JWT_JWKS_URL is missing: no token can be read'
    const refused = await ana.sendSms()
    expect(only(refused)).toEqual(
      failed(503, `El servicio no está configurado: ${summary}.`, 'NOT_CONFIGURED'),
    )
    expect((await ana.call('GET', '/health')).body).toEqual({
      status: 'ok',
      environment: 'development',
      engine: 'simulation',
      problem: `${summary}.`,
    })
    expect((await ana.call('GET', '/v1/status')).body.problem).toBe(`${summary}.`)
    expect((await ana.call('POST', '/v1/verifications', { to: ana.phone })).status).toBe(201)
    expect((await caller(VARS)('GET', '/health')).body.problem).toBeUndefined()
  })
})
