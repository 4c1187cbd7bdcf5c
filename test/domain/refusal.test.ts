import { describe, expect, it } from 'vitest'
import { type RefusalCode, WIRE } from '../../src/domain/refusal'

describe('a refusal', () => {
  // Clients branch on these: a change here breaks them.
  it('has the HTTP status that clients rely on', () => {
    const statuses = Object.fromEntries(
      Object.entries(WIRE).map(([code, { status }]) => [code, status]),
    )
    expect(statuses).toEqual({
      invalid_request: 400,
      invalid_phone_number: 400,
      not_sms_capable: 400,
      unauthorized: 401,
      country_not_allowed: 403,
      opted_out: 403,
      send_blocked: 403,
      invalid_signature: 403,
      no_pending_verification: 404,
      not_found: 404,
      method_not_allowed: 405,
      idempotency_in_progress: 409,
      code_expired: 410,
      payload_too_large: 413,
      unsupported_media_type: 415,
      incorrect_code: 422,
      idempotency_mismatch: 422,
      cooldown: 429,
      rate_limited: 429,
      message_too_long: 400,
      too_many_attempts: 429,
      locked: 429,
      ip_rate_limited: 429,
      too_many_requests: 429,
      internal_error: 500,
      could_not_deliver: 502,
      temporarily_unavailable: 503,
      not_configured: 503,
      sending_disabled: 503,
    } satisfies Record<RefusalCode, number>)
  })

  it('for fraud reads neutrally', () => {
    const { title, detail } = WIRE.send_blocked
    expect(`${title} ${detail}`).not.toMatch(/fraud|pump|block|risk|suspicious/i)
  })

  // The data of each refusal; a placeholder without data would reach the client as it stands.
  const DATA: { [Code in RefusalCode]?: string[] } = {
    invalid_phone_number: ['reason'],
    not_sms_capable: ['reason'],
    method_not_allowed: ['allow'],
    incorrect_code: ['attemptsRemaining'],
    message_too_long: ['segments', 'maxSegments'],
    cooldown: ['retryAfter'],
    rate_limited: ['retryAfter'],
    too_many_attempts: ['retryAfter'],
    locked: ['retryAfter'],
    ip_rate_limited: ['retryAfter'],
    too_many_requests: ['retryAfter'],
    temporarily_unavailable: ['retryAfter'],
    not_configured: ['summary'],
  }

  it.each(Object.entries(WIRE))('%s says in its detail what it knows and no more', (code, wire) => {
    const placeholders = [...wire.detail.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
    expect(placeholders).toEqual(DATA[code as RefusalCode] ?? [])
  })
})
