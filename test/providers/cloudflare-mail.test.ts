import { describe, expect, it, vi } from 'vitest'
import type { CloudflareMailConfig } from '../../src/carrier-config'
import { cloudflareMail } from '../../src/providers/cloudflare-mail'
import type { Text } from '../../src/providers/provider'
import { never, TEXT } from './outside'

const MAIL: Text = {
  ...TEXT,
  to: 'ada@example.com',
  channel: 'email',
  locale: 'en',
  mail: { subject: 'Your verification code', html: '<p>012345</p>' },
}

type Sending = (message: EmailMessageBuilder) => Promise<EmailSendResult>

function sending(
  send: Sending,
  {
    from = { email: 'codes@example.com' },
    signal = never(),
  }: { from?: CloudflareMailConfig['from']; signal?: AbortSignal } = {},
) {
  const asked = vi.fn(send)
  const binding = { send: asked as CloudflareMailConfig['binding']['send'] }
  return { asked, outcome: cloudflareMail({ from, binding }).send(MAIL, signal) }
}

const accepted: Sending = async () => ({ messageId: 'abc-1' })

const failing = (code: unknown) =>
  sending(async () => {
    throw Object.assign(new Error('ada@example.com is no good'), { code })
  }).outcome

describe('the request', () => {
  it('is one message, with text and HTML', async () => {
    const { asked, outcome } = sending(accepted)
    expect(await outcome).toEqual({ ok: true, providerId: 'abc-1' })
    expect(asked.mock.calls).toEqual([
      [
        {
          to: 'ada@example.com',
          from: 'codes@example.com',
          subject: 'Your verification code',
          text: MAIL.body,
          html: '<p>012345</p>',
        },
      ],
    ])
  })

  it('names the sender where it has a name', async () => {
    const from = { email: 'codes@example.com', name: 'Acme' }
    const { asked, outcome } = sending(accepted, { from })
    await outcome
    expect(asked.mock.calls[0]?.[0].from).toEqual(from)
  })
})

// https://developers.cloudflare.com/email-service/api/send-emails/workers-api/#error-codes
describe('an error', () => {
  it.each([
    ['E_RECIPIENT_SUPPRESSED', 'blocked', false, 'could_not_deliver'],
    ['E_DELIVERY_FAILED', 'rejected', false, 'could_not_deliver'],
    ['E_VALIDATION_ERROR', 'rejected', false, 'could_not_deliver'],
    ['E_CONTENT_TOO_LARGE', 'misconfigured', false, 'temporarily_unavailable'],
    ['E_HEADER_VALUE_INVALID', 'misconfigured', false, 'temporarily_unavailable'],
    ['E_RECIPIENT_NOT_ALLOWED', 'misconfigured', false, 'temporarily_unavailable'],
    ['E_FIELD_MISSING', 'misconfigured', false, 'temporarily_unavailable'],
    ['E_RATE_LIMIT_EXCEEDED', 'throttled', true, 'temporarily_unavailable'],
    ['E_DAILY_LIMIT_EXCEEDED', 'throttled', false, 'temporarily_unavailable'],
    ['E_INTERNAL_SERVER_ERROR', 'unknown', true, 'temporarily_unavailable'],
    ['E_SOMETHING_NEW', 'misconfigured', false, 'temporarily_unavailable'],
  ])('%s is %s', async (code, kind, retry, refusal) => {
    expect(await failing(code)).toEqual({ ok: false, kind, retry, refusal, reason: code })
  })

  it.each(['E_SENDER_NOT_VERIFIED', 'E_SENDER_DOMAIN_NOT_AVAILABLE'])(
    '%s is the account’s: no other mail would fare better',
    async (code) => {
      expect(await failing(code)).toMatchObject({ kind: 'misconfigured', account: true })
    },
  )

  it.each([undefined, 7, 'ada@example.com', 'E_ada@example.com'])(
    'without a code of Cloudflare’s (%j) says nothing, and the mail may have been sent',
    async (code) => {
      expect(await failing(code)).toEqual({
        ok: false,
        kind: 'unknown',
        retry: false,
        refusal: 'temporarily_unavailable',
        reason: 'network',
      })
    },
  )

  it('that is no error at all is one too', async () => {
    const { outcome } = sending(() => Promise.reject(undefined))
    expect(await outcome).toMatchObject({ ok: false, kind: 'unknown', reason: 'network' })
  })
})

describe('time', () => {
  it('that runs out leaves the mail unknown: the binding cannot be stopped', async () => {
    const controller = new AbortController()
    const { outcome } = sending(() => new Promise(() => {}), { signal: controller.signal })
    controller.abort(new DOMException('timed out', 'TimeoutError'))
    expect(await outcome).toEqual({
      ok: false,
      kind: 'unknown',
      retry: false,
      refusal: 'temporarily_unavailable',
      reason: 'timeout',
    })
  })
})
