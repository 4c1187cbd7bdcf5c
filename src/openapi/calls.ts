// Every route that the Worker mounts, as the document shows it: one row a route. A test compares the two, both ways; after a
// change, `npm run openapi`.
import type { RefusalCode } from '../domain/refusal'
import { MESSAGE_ID, VERIFICATION_ID } from '../schema'
import type { AnswerName, Json, QueryName, RequestName } from './schemas'

export const TAGS = {
  Verifications: 'For clients: open, held by limits. A key lifts those of the platform.',
  Messages: 'For backends: texts that are not codes.',
  Operation: 'For backends and operators.',
  Callbacks: 'For carriers. What is not proven to be theirs has no effect.',
}

export type Call = {
  tag: keyof typeof TAGS
  id: string
  summary: string
  /** open: a key may be given. key: it must be. The others are how carriers prove themselves. */
  access: 'open' | 'key' | 'none' | 'twilio' | 'vonage' | 'carrier'
  idempotent?: true
  path?: Record<string, Json>
  query?: QueryName
  /** of a callback, whatever the carrier posts */
  body?: RequestName | 'callback'
  answer: { status: 200 | 201 | 202 | 204; means: string; schema?: AnswerName | 'twiml' }
  /** Those that say more than EVERYWHERE and what access, body and query bring. */
  refusals: RefusalCode[]
}

/** What any call may answer. */
export const EVERYWHERE: RefusalCode[] = ['not_configured', 'internal_error']

const NUMBER: RefusalCode[] = ['invalid_phone_number', 'too_many_requests']
const SHIELDED: RefusalCode[] = ['ip_rate_limited', 'too_many_requests', 'temporarily_unavailable']
const SENDING: RefusalCode[] = [
  'invalid_phone_number',
  'not_sms_capable',
  'country_not_allowed',
  'opted_out',
  'send_blocked',
  'rate_limited',
  'too_many_requests',
  'could_not_deliver',
  'temporarily_unavailable',
  'sending_disabled',
]
const RECEIPT: RefusalCode[] = [
  'invalid_request',
  'invalid_signature',
  'not_found',
  'payload_too_large',
  'temporarily_unavailable',
]

const verificationId = { id: { type: 'string', pattern: VERIFICATION_ID.source } }
const messageId = { id: { type: 'string', pattern: MESSAGE_ID.source } }
const carrierName = {
  name: { type: 'string', description: 'Of `HTTP_PROVIDERS`.' },
}

export const CALLS: Record<`${'GET' | 'POST' | 'DELETE'} /${string}`, Call> = {
  'POST /v1/verifications': {
    tag: 'Verifications',
    id: 'startVerification',
    summary: 'Start a verification; while it is pending, send its code again.',
    access: 'open',
    idempotent: true,
    body: 'StartRequest',
    answer: { status: 201, means: 'Started, or sent again.', schema: 'Verification' },
    refusals: [...SENDING, 'cooldown', 'locked', 'ip_rate_limited'],
  },
  'POST /v1/verifications/check': {
    tag: 'Verifications',
    id: 'checkVerification',
    summary: 'Check a code. It is approved once.',
    access: 'open',
    body: 'CheckRequest',
    answer: { status: 200, means: 'The code was right.', schema: 'Verification' },
    refusals: [
      ...SHIELDED,
      'invalid_phone_number',
      'no_pending_verification',
      'code_expired',
      'incorrect_code',
      'too_many_attempts',
      'locked',
    ],
  },
  'GET /v1/verifications/:id': {
    tag: 'Verifications',
    id: 'getVerification',
    summary: 'Read a verification. Its number is masked.',
    access: 'open',
    path: verificationId,
    answer: { status: 200, means: 'Its state.', schema: 'Verification' },
    refusals: [...SHIELDED, 'not_found'],
  },
  'DELETE /v1/verifications/:id': {
    tag: 'Verifications',
    id: 'cancelVerification',
    summary: 'Cancel a verification that is pending.',
    access: 'open',
    path: verificationId,
    answer: { status: 200, means: 'Canceled.', schema: 'Verification' },
    refusals: [...SHIELDED, 'not_found', 'no_pending_verification', 'code_expired'],
  },

  'POST /v1/messages': {
    tag: 'Messages',
    id: 'sendMessage',
    summary: 'Send a text that is not a code. At most once.',
    access: 'key',
    idempotent: true,
    body: 'MessageRequest',
    answer: {
      status: 202,
      means: 'A carrier took it, or may have (`unknown`).',
      schema: 'Message',
    },
    refusals: [...SENDING, 'message_too_long'],
  },
  'POST /v1/messages/batch': {
    tag: 'Messages',
    id: 'sendMessages',
    summary:
      'Queue up to 1,000 messages (1 MiB); each is taken or refused by itself, and tried for four hours.',
    access: 'key',
    idempotent: true,
    body: 'BatchRequest',
    answer: { status: 202, means: 'What became of each.', schema: 'Batch' },
    refusals: ['sending_disabled', 'temporarily_unavailable'],
  },
  'GET /v1/messages/:id': {
    tag: 'Messages',
    id: 'getMessage',
    summary: 'Read what became of a text, for 90 days.',
    access: 'key',
    path: messageId,
    answer: { status: 200, means: 'Its state and timeline.', schema: 'Message' },
    refusals: ['not_found', 'temporarily_unavailable'],
  },

  'GET /v1/limits': {
    tag: 'Operation',
    id: 'getLimits',
    summary: 'Read what a recipient has used of its limits, and whether it opted out or is locked.',
    access: 'key',
    query: 'RecipientQuery',
    answer: { status: 200, means: 'Its limits.', schema: 'Limits' },
    refusals: [...NUMBER, 'temporarily_unavailable'],
  },
  'GET /v1/audit': {
    tag: 'Operation',
    id: 'listAudit',
    summary: 'List audit events, newest first. They arrive within ten seconds.',
    access: 'key',
    query: 'AuditQuery',
    answer: { status: 200, means: 'A page of events.', schema: 'AuditPage' },
    refusals: [...NUMBER, 'temporarily_unavailable'],
  },
  'GET /v1/stats': {
    tag: 'Operation',
    id: 'getStats',
    summary: 'Count sends, deliveries, verifications, refusals and costs, by one key.',
    access: 'key',
    query: 'StatsQuery',
    answer: { status: 200, means: 'The figures, by key and in total.', schema: 'Stats' },
    refusals: ['temporarily_unavailable'],
  },
  'GET /v1/status': {
    tag: 'Operation',
    id: 'getStatus',
    summary: 'Read the engine in use, and ask each carrier whether it answers.',
    access: 'key',
    answer: { status: 200, means: 'The state of the service.', schema: 'Status' },
    refusals: [],
  },
  'GET /health': {
    tag: 'Operation',
    id: 'getHealth',
    summary: 'Whether texts can be sent at all.',
    access: 'none',
    answer: { status: 200, means: 'They can.', schema: 'Health' },
    refusals: ['sending_disabled'],
  },
  'GET /simulator/messages': {
    tag: 'Operation',
    id: 'simulatorMessages',
    summary:
      'Read the last ten texts of a simulated phone. In simulation only, by key where there are any.',
    access: 'key',
    query: 'RecipientQuery',
    answer: { status: 200, means: 'Oldest first.', schema: 'SimulatedMessages' },
    refusals: [...NUMBER, 'not_found', 'temporarily_unavailable'],
  },

  'POST /webhooks/twilio/status/:id': {
    tag: 'Callbacks',
    id: 'reportTwilioStatus',
    summary: "Twilio's delivery receipt of a text.",
    access: 'twilio',
    path: messageId,
    body: 'callback',
    answer: { status: 204, means: 'Taken.' },
    refusals: RECEIPT,
  },
  'POST /webhooks/twilio/inbound': {
    tag: 'Callbacks',
    id: 'receiveTwilioReply',
    summary: 'A text that somebody wrote back: STOP and START count.',
    access: 'twilio',
    body: 'callback',
    answer: { status: 200, means: 'Taken; Verge says nothing back.', schema: 'twiml' },
    refusals: ['invalid_signature', 'payload_too_large', 'temporarily_unavailable'],
  },
  'POST /webhooks/vonage/status/:id': {
    tag: 'Callbacks',
    id: 'reportVonageStatus',
    summary: "Vonage's delivery receipt of a text.",
    access: 'vonage',
    path: messageId,
    body: 'callback',
    answer: { status: 204, means: 'Taken.' },
    refusals: RECEIPT,
  },
  'POST /webhooks/http/:name/status/:id': {
    tag: 'Callbacks',
    id: 'reportCarrierStatus',
    summary: 'The delivery receipt of a carrier of `HTTP_PROVIDERS`.',
    access: 'carrier',
    path: { ...carrierName, ...messageId },
    body: 'callback',
    answer: { status: 204, means: 'Taken.' },
    refusals: RECEIPT,
  },
  'GET /webhooks/http/:name/status/:id': {
    tag: 'Callbacks',
    id: 'reportCarrierStatusByQuery',
    summary: 'The same, for carriers that report in the query.',
    access: 'carrier',
    path: { ...carrierName, ...messageId },
    answer: { status: 204, means: 'Taken.' },
    refusals: RECEIPT,
  },
  'POST /webhooks/http/:name/status': {
    tag: 'Callbacks',
    id: 'reportCarrierStatusByReference',
    summary: 'The same, for carriers with one URL for all texts, which name the text themselves.',
    access: 'carrier',
    path: carrierName,
    body: 'callback',
    answer: { status: 204, means: 'Taken.' },
    refusals: RECEIPT,
  },
  'GET /webhooks/http/:name/status': {
    tag: 'Callbacks',
    id: 'reportCarrierStatusByReferenceAndQuery',
    summary: 'The same, in the query.',
    access: 'carrier',
    path: carrierName,
    answer: { status: 204, means: 'Taken.' },
    refusals: RECEIPT,
  },
}
