// Pure. Why Verge says no: every reason there is, the data it carries, and the one table that puts it on the wire.
// A refusal is a value and never thrown; a new one does not compile until it has a status and its words.

/** One fault in a request body or query: where (dotted path, empty for the whole) and what. */
export type Issue = { path: string; message: string }

/** Times are whole seconds from now, as in HTTP's Retry-After. */
export type Refusal =
  | { code: 'invalid_request'; issues: Issue[] }
  | { code: 'invalid_phone_number'; reason: string }
  | { code: 'not_sms_capable'; reason: string }
  | { code: 'country_not_allowed'; country: string | null }
  | { code: 'message_too_long'; segments: number; maxSegments: number }
  | { code: 'incorrect_code'; attemptsRemaining: number }
  | { code: 'too_many_attempts'; attemptsRemaining: 0; retryAfter: number }
  | { code: Throttle; retryAfter: number }
  | { code: 'not_configured'; summary: string }
  | { code: 'method_not_allowed'; allow: string }
  | { code: Plain }

type Throttle =
  | 'cooldown'
  | 'rate_limited'
  | 'locked'
  | 'ip_rate_limited'
  | 'too_many_requests'
  | 'temporarily_unavailable'

type Plain =
  | 'unauthorized'
  | 'opted_out'
  | 'send_blocked'
  | 'no_pending_verification'
  | 'not_found'
  | 'code_expired'
  | 'idempotency_mismatch'
  | 'idempotency_in_progress'
  | 'could_not_deliver'
  | 'sending_disabled'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'invalid_signature'
  | 'internal_error'

export type RefusalCode = Refusal['code']

export type Result<T> = { ok: true; value: T } | { ok: false; refusal: Refusal }

export const accept = <T>(value: T): Result<T> => ({ ok: true, value })
export const refuse = (refusal: Refusal): { ok: false; refusal: Refusal } => ({
  ok: false,
  refusal,
})

export type Status =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 409
  | 410
  | 413
  | 415
  | 422
  | 429
  | 500
  | 502
  | 503

type Wire = {
  status: Status
  title: string
  detail: string
}

/** HTTP status and words of each refusal. `{field}` in a detail is filled from the refusal's own data. */
export const WIRE = {
  invalid_request: {
    status: 400,
    title: 'Invalid request',
    detail: 'The request is not what this call takes; see issues.',
  },
  invalid_phone_number: {
    status: 400,
    title: 'Invalid phone number',
    detail: 'This is not a phone number that can be used here ({reason}).',
  },
  not_sms_capable: {
    status: 400,
    title: 'Number cannot receive texts',
    detail: 'This number cannot receive text messages ({reason}).',
  },
  country_not_allowed: {
    status: 403,
    title: 'Country not allowed',
    detail: 'Texts to this country are not enabled.',
  },
  opted_out: {
    status: 403,
    title: 'Recipient opted out',
    detail: 'This number has unsubscribed. Texting START to the sender subscribes it again.',
  },
  message_too_long: {
    status: 400,
    title: 'Message too long',
    detail: 'The text has {segments} segments. At most {maxSegments} are allowed.',
  },
  send_blocked: {
    status: 403,
    title: 'Text not sent',
    detail: 'The text could not be sent. Try later or use another number.',
  },
  unauthorized: {
    status: 401,
    title: 'Unauthorized',
    detail: 'This call needs a valid API key: Authorization: Bearer <key>.',
  },
  invalid_signature: {
    status: 403,
    title: 'Invalid signature',
    detail: 'The signature of this call does not match.',
  },
  no_pending_verification: {
    status: 404,
    title: 'No pending verification',
    detail: 'There is no verification waiting for a code here.',
  },
  not_found: { status: 404, title: 'Not found', detail: 'There is nothing here.' },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    detail: 'This path answers {allow} only.',
  },
  code_expired: {
    status: 410,
    title: 'Code expired',
    detail: 'The code is too old. Ask for a new one.',
  },
  payload_too_large: {
    status: 413,
    title: 'Payload too large',
    detail: 'The body is larger than this call takes.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    detail: 'The body must be application/json.',
  },
  incorrect_code: {
    status: 422,
    title: 'Incorrect code',
    detail: 'The code is wrong. Checks left: {attemptsRemaining}.',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'Idempotency key reused',
    detail: 'This Idempotency-Key was used with another request.',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'Request in progress',
    detail: 'The first request with this Idempotency-Key is still under way.',
  },
  cooldown: {
    status: 429,
    title: 'Too soon',
    detail: 'Another code can be sent in {retryAfter} s.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many texts',
    detail: 'This number has had its texts. Another can be sent in {retryAfter} s.',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many attempts',
    detail: 'All checks of this code are spent. A new code can be sent in {retryAfter} s.',
  },
  locked: {
    status: 429,
    title: 'Locked',
    detail: 'Too many wrong codes for this number. It is locked for {retryAfter} s.',
  },
  ip_rate_limited: {
    status: 429,
    title: 'Too many requests',
    detail: 'Too many requests from this address. Try again in {retryAfter} s.',
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    detail: 'Too many requests for this number. Try again in {retryAfter} s.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    detail: 'Something went wrong here. It has been logged with this request id.',
  },
  could_not_deliver: {
    status: 502,
    title: 'Could not deliver',
    detail: 'The carrier refused the text.',
  },
  temporarily_unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    detail: 'Please try again in {retryAfter} s.',
  },
  not_configured: { status: 503, title: 'Not configured', detail: '{summary}.' },
  sending_disabled: {
    status: 503,
    title: 'Sending disabled',
    detail: 'Sending is switched off (SMS_ENABLED).',
  },
} as const satisfies Record<RefusalCode, Wire>
