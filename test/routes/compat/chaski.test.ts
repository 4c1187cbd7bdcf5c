import { describe, expect, it } from 'vitest'
import type { Env } from '../../../src/env'
import {
  type Answer,
  caller,
  codeShown,
  freshNumber,
  MINUTE,
  pass,
  SECOND,
  wrong,
} from '../../gateway'
import { BY_SECRET, token } from '../../tokens'
import { VERIFY, verify } from '../../verify'

const VARS = { COMPAT: 'chaski', ...BY_SECRET }
const BASE = '/api/auth/phone'

/** Somebody signed in, whose browser holds the cookie. */
function user(more: object = {}, vars: Partial<Env> = {}) {
  const phone = freshNumber()
  const call = caller({ ...VARS, ...vars })
  const post = async (path: string, body?: unknown) =>
    call('POST', `${BASE}/${path}`, body, {
      Cookie: `access_token=${await token({ phone_number: phone, ...more })}`,
    })
  return {
    call,
    phone,
    send: () => post('send-code'),
    resend: () => post('resend-code'),
    verify: (code: unknown) => post('verify', { code }),
    post,
  }
}

const only = ({ status, body }: Answer) => ({ status, body })
const failed = (status: number, detail: unknown) => ({ status, body: { detail } })
const SENT = {
  status: 200,
  body: { message: 'Verification code sent to your phone number', expires_in_minutes: 10 },
}
const VERIFIED = {
  status: 200,
  body: { message: 'Phone number verified successfully', phone_verified: true },
}

describe('Chaski: POST /api/auth/phone/send-code, resend-code and verify', () => {
  it('send a code to the phone of the token, without a body, and check it', async () => {
    const kusi = user()
    expect(only(await kusi.send())).toEqual(SENT)
    expect(only(await kusi.verify(await codeShown(kusi.call, kusi.phone)))).toEqual(VERIFIED)
  })

  it('send the same code again, and tell what is left of its life', async () => {
    const kusi = user()
    await kusi.send()
    const code = await codeShown(kusi.call, kusi.phone)
    pass(3 * MINUTE)
    expect(only(await kusi.resend())).toEqual({
      status: 200,
      body: { message: 'Verification code resent to your phone number', expires_in_minutes: 7 },
    })
    expect(await codeShown(kusi.call, kusi.phone)).toBe(code)
    expect(only(await kusi.verify(code))).toEqual(VERIFIED)
  })

  it('tell the life that OTP_EXPIRATION_MINUTES sets', async () => {
    const minutesOf = async (OTP_EXPIRATION_MINUTES: string) =>
      (await user({}, { OTP_EXPIRATION_MINUTES }).send()).body.expires_in_minutes
    expect(await minutesOf('60')).toBe(60)
    expect(await minutesOf('0.5')).toBe(1)
  })

  it('send a code where none is pending, by either', async () => {
    const kusi = user()
    expect((await kusi.resend()).status).toBe(200)
    expect(only(await kusi.verify(await codeShown(kusi.call, kusi.phone)))).toEqual(VERIFIED)
  })

  it('send the text in English', async () => {
    const kusi = user({ phone_number: '+51987654321' })
    await kusi.send()
    const { body } = await kusi.call('GET', '/simulator/messages?to=%2B51987654321')
    expect(body.messages.at(-1).body).toMatch(/^Your verification code is/)
  })

  it('take what react-phone-number-input produces, and nothing but E.164', async () => {
    expect((await user().send()).status).toBe(200)
    expect(only(await user({ phone_number: '07700 900123' }).send())).toEqual(
      failed(400, 'Your phone number is not valid'),
    )
  })

  it('work on Twilio Verify, where the code is not ours', async () => {
    const twilio = verify()
    const kusi = user({}, VERIFY)
    expect(only(await kusi.send())).toEqual(SENT)
    const code = twilio.latest(kusi.phone).code
    expect(only(await kusi.verify(wrong(code)))).toEqual(failed(400, 'Invalid verification code'))
    expect(only(await kusi.verify(code))).toEqual(VERIFIED)
  })
})

describe('Chaski: {"detail"} with 400 for business failures', () => {
  it.each([
    ['none', { phone_number: undefined }, 'No phone number associated with this account'],
    ['empty', { phone_number: '' }, 'No phone number associated with this account'],
    ['already verified', { phone_number_verified: true }, 'Phone number is already verified'],
    ['malformed', { phone_number: '+1 (202) nope' }, 'Your phone number is not valid'],
    ['a mailbox', { phone_number: 'kusi@example.com' }, 'Your phone number is not valid'],
  ])('where the phone is %s', async (_, more, detail) => {
    const kusi = user(more)
    for (const answer of [await kusi.send(), await kusi.resend(), await kusi.verify('123456')])
      expect(only(answer)).toEqual(failed(400, detail))
  })

  it('where phone_number_verified is anything but true, the phone is not', async () => {
    for (const claim of [false, 'true', 1, null])
      expect((await user({ phone_number_verified: claim }).send()).status).toBe(200)
  })

  it('where no code is found, one is invalid, or has expired', async () => {
    const kusi = user()
    expect(only(await kusi.verify('123456'))).toEqual(
      failed(400, 'No verification code found. Please request a new code.'),
    )
    await kusi.send()
    const code = await codeShown(kusi.call, kusi.phone)
    expect(only(await kusi.verify(wrong(code)))).toEqual(failed(400, 'Invalid verification code'))
    pass(10 * MINUTE)
    expect(only(await kusi.verify(code))).toEqual(
      failed(400, 'Verification code has expired. Please request a new code.'),
    )
  })

  it.each([
    ['+15005550002', 'The code could not be sent. Please try again later.'],
    ['+15005550003', 'Text messages to your country are not available'],
    ['+15005550004', 'Your phone number has unsubscribed. Text START to the sender to undo that.'],
    ['+15005550009', 'Your phone number cannot receive text messages'],
  ])('where the carrier refuses %s', async (phone_number, detail) => {
    expect(only(await user({ phone_number }).send())).toEqual(failed(400, detail))
  })
})

describe('Chaski: 401, 422 and 429', () => {
  it('is 401 without a good token', async () => {
    const call = caller(VARS)
    for (const path of ['send-code', 'resend-code'])
      expect(only(await call('POST', `${BASE}/${path}`))).toEqual(
        failed(401, 'Could not validate credentials'),
      )
    const answer = await call('POST', `${BASE}/verify`, { code: '123456' })
    expect(only(answer)).toEqual(failed(401, 'Could not validate credentials'))
  })

  it.each([['12345'], ['1234567'], ['abcdef'], [123456], [undefined]])(
    'is 422 for the code %j, as FastAPI says it, and spends no attempt',
    async (code) => {
      const kusi = user()
      await kusi.send()
      expect(only(await kusi.verify(code))).toEqual(
        failed(422, [{ loc: ['body', 'code'], msg: 'must be 6 digits', type: 'value_error' }]),
      )
      const { body } = await kusi.call('GET', `/v1/limits?to=${encodeURIComponent(kusi.phone)}`)
      expect(body.verifications[0].attempts_remaining).toBe(5)
    },
  )

  it('is 422 for what is no JSON', async () => {
    expect(only(await user().post('verify', '{'))).toEqual(
      failed(422, [{ loc: ['body'], msg: 'is broken, or not valid JSON', type: 'value_error' }]),
    )
  })

  it('is 429 for a second text within a minute, so that three a minute are never reached', async () => {
    const kusi = user()
    await kusi.send()
    pass(SECOND)
    for (const again of [await kusi.send(), await kusi.resend()]) {
      expect(only(again)).toEqual(
        failed(429, 'Please wait 59 seconds before requesting another code.'),
      )
      expect(again.headers.get('Retry-After')).toBe('59')
    }
  })

  it('is 429 beyond ten sends a minute from one address, whoever is signed in', async () => {
    const { call } = user()
    const send = async () =>
      call('POST', `${BASE}/send-code`, undefined, {
        Cookie: `access_token=${await token({ phone_number: freshNumber() })}`,
      })
    for (let i = 0; i < 10; i++) expect((await send()).status).toBe(200)
    expect(only(await send())).toEqual(failed(429, 'Too many requests. Try again in 60 seconds.'))
  })

  it('is 429 where every check is spent, or the texts of an hour', async () => {
    const kusi = user({}, { SMS_RATE_LIMIT_PER_NUMBER: '1' })
    await kusi.send()
    const code = await codeShown(kusi.call, kusi.phone)
    for (let i = 0; i < 5; i++) await kusi.verify(wrong(code))
    expect(only(await kusi.verify(code))).toEqual(
      failed(429, 'Too many attempts. Please wait 3600 seconds before requesting another code.'),
    )
    expect(only(await kusi.resend())).toEqual(
      failed(429, 'Too many codes requested. Try again in 60 min.'),
    )
  })
})

describe('Chaski: its switch', () => {
  it('is COMPAT: without it every route is 404, as any other', async () => {
    for (const vars of [{}, { ...BY_SECRET, COMPAT: 'mestore' }]) {
      const answer = await caller(vars)('POST', `${BASE}/send-code`)
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } })
    }
  })

  it('names what is missing where tokens cannot be read', async () => {
    expect(only(await user({}, { JWT_SECRET: '' }).send())).toEqual(
      failed(
        503,
        'The service is not configured: JWT_SECRET or JWT_JWKS_URL is missing: no token can be read.',
      ),
    )
  })

  it('is 404 and 405 elsewhere under its path', async () => {
    const call = caller(VARS)
    expect(only(await call('POST', `${BASE}/other`))).toEqual(failed(404, 'Not Found'))
    expect(only(await call('GET', `${BASE}/send-code`))).toEqual(failed(405, 'Method Not Allowed'))
  })
})
