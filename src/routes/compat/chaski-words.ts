// Chaski's words, in English: the `detail` of each refusal. Limits are 429 there, whatever else a person can mend is 400.
import type { Words } from './system'

/** What none of its routes can come to. */
const NEVER = { status: 400, text: 'The request could not be processed' } as const

const UNSENT = {
  status: 400,
  text: 'The code could not be sent. Please try again later.',
} as const

const TOO_MANY = {
  status: 429,
  text: 'Too many requests. Try again in {retryAfter} seconds.',
} as const

export const WORDS = {
  invalid_request: { status: 422, text: 'The request is not valid.' },
  invalid_phone_number: { status: 400, text: 'Your phone number is not valid' },
  not_sms_capable: { status: 400, text: 'Your phone number cannot receive text messages' },
  country_not_allowed: { status: 400, text: 'Text messages to your country are not available' },
  opted_out: {
    status: 400,
    text: 'Your phone number has unsubscribed. Text START to the sender to undo that.',
  },
  message_too_long: NEVER,
  send_blocked: UNSENT,
  could_not_deliver: UNSENT,
  no_pending_verification: {
    status: 400,
    text: 'No verification code found. Please request a new code.',
  },
  code_expired: { status: 400, text: 'Verification code has expired. Please request a new code.' },
  incorrect_code: { status: 400, text: 'Invalid verification code' },
  phone_missing: { status: 400, text: 'No phone number associated with this account' },
  phone_verified: { status: 400, text: 'Phone number is already verified' },
  mailbox_missing: NEVER,
  mailbox_malformed: NEVER,
  mailbox_verified: NEVER,
  channel_unavailable: NEVER,
  wrong_otp_type: NEVER,
  idempotency_mismatch: NEVER,
  idempotency_in_progress: NEVER,
  unauthorized: { status: 401, text: 'Could not validate credentials' },
  invalid_signature: NEVER,
  not_found: { status: 404, text: 'Not Found' },
  method_not_allowed: { status: 405, text: 'Method Not Allowed' },
  payload_too_large: { status: 413, text: 'The request is too large' },
  unsupported_media_type: { status: 415, text: 'The request must be JSON' },
  cooldown: {
    status: 429,
    text: 'Please wait {retryAfter} seconds before requesting another code.',
  },
  rate_limited: { status: 429, text: 'Too many codes requested. Try again in {minutes} min.' },
  too_many_attempts: {
    status: 429,
    text: 'Too many attempts. Please wait {retryAfter} seconds before requesting another code.',
  },
  locked: { status: 429, text: 'Too many wrong codes. Try again in {minutes} min.' },
  ip_rate_limited: TOO_MANY,
  too_many_requests: TOO_MANY,
  internal_error: { status: 500, text: 'Internal Server Error' },
  temporarily_unavailable: {
    status: 503,
    text: 'The service is unavailable. Try again in {retryAfter} seconds.',
  },
  not_configured: { status: 503, text: 'The service is not configured: {summary}.' },
  sending_disabled: { status: 503, text: 'Sending codes is switched off' },
} as const satisfies Words
