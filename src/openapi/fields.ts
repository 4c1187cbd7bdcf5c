// What the fields mean, and what zod cannot say of them. By `Schema.field`, by `field` wherever it occurs, or of a whole schema;
// `Schema.` is what stands in its lists.
import type { Json } from './schemas'

const oneOf = (...names: string[]): Json => ({ oneOf: names.map((name) => ({ required: [name] })) })

export const FIELDS: Record<string, Json> = {
  CheckRequest: oneOf('to', 'id'),
  MessageRequest: oneOf('body', 'template'),
  'BatchRequest.': oneOf('body', 'template'),

  to: { description: 'E.164, or national form with `country`.' },
  'Verification.to': { description: 'E.164; masked where it is read by id.' },
  'Message.to': { description: 'E.164; masked where it is read by id.' },
  'Batch.country': { description: 'Of the number, where it has one.' },
  'Limits.failures': { description: 'Wrong codes in this window.' },
  'Batch.to': { description: 'As it was given.' },
  'Limits.to': { description: 'E.164.' },
  'SimulatedMessages.to': { description: 'E.164.' },
  'StartRequest.to': {
    description: 'E.164, or national form with `country`; a mailbox for `email`.',
  },
  'CheckRequest.to': { description: 'As at the start. Either `to` or `id`.' },
  'AuditQuery.to': { description: 'Only what concerns this recipient.' },
  'StartRequest.channel': { description: 'How the code travels.' },
  purpose: {
    description: 'What it is for: one of `PURPOSES`. A code never serves another purpose.',
  },
  locale: { description: "Language tag. Else the country's language, else English." },
  country: { pattern: '^[A-Za-z]{2}$', description: 'ISO 3166, for a number in national form.' },
  'AuditPage.country': { description: 'ISO 3166; null where the number belongs to none.' },
  'Problem.country': { description: 'Of the number, where it has one.' },
  'CheckRequest.id': { description: 'Id of the verification. Either `to` or `id`.' },
  'CheckRequest.code': { description: 'The digits that the person typed.' },

  body: { description: 'The text. Either `body` or `template`.' },
  'SimulatedMessages.body': { description: 'As the phone would show it.' },
  template: { description: 'Name of one of your templates.' },
  variables: { description: 'Every variable of the template, and no other.' },
  client_ref: { description: 'Yours; comes back with the answer.' },
  'Batch.messages': { description: 'In the order given.' },
  'Batch.code': { description: 'Why this one was refused: the code of a problem.' },

  'StatsQuery.from': {
    description:
      'Texts and verifications from then on; if not given, from the beginning (UTC) of the 29th day before `to`.',
  },
  'StatsQuery.to': { description: 'And before then; now, if not given. At most 366 days.' },
  by: { description: 'What the rows are grouped by.' },
  'Stats.from': { description: 'From then on.' },
  'Stats.to': { description: 'Before then.' },
  'Stats.key': { description: 'Of the row; null where it is not known.' },
  'Stats.sends': { description: 'Texts that left, or may have.' },
  'Stats.delivered': { description: 'Of those, the ones that a carrier reports delivered.' },
  'Stats.undelivered': { description: 'Of those, the ones that a carrier reports lost.' },
  'Stats.delivery_rate': { description: '`delivered` / `sends`; null where there were none.' },
  'Stats.time_to_deliver_ms': { description: 'From the start to the report, nearest rank.' },
  'Stats.conversion': { description: '`approved` / `started`.' },
  'Stats.refusals': { description: 'Starts and messages that were refused, by code.' },
  'Stats.failures': {
    description: 'Texts that no carrier took or that did not arrive, by carrier and its code.',
  },
  'Stats.cost': { description: 'What carriers ask for those texts, as far as they have said.' },

  'AuditQuery.type': { description: 'Only events of this type.' },
  'AuditQuery.after': { description: 'Only later events.' },
  'AuditQuery.before': { description: 'Only earlier events.' },
  'AuditQuery.limit': { type: 'integer', minimum: 1, maximum: 100, description: 'Events a page.' },
  'AuditQuery.cursor': { description: 'The `next_cursor` of the page before.' },
  next_cursor: { description: 'For the next page; null on the last.' },

  'Verification.engine': {
    description: 'Who makes and checks the code: Verge, Twilio Verify, or the simulation.',
  },
  expires_at: { description: 'Until when the code can be checked.' },
  resend_at: { description: 'From when it can be sent again.' },
  sends_remaining: { description: 'Texts that the recipient may still get in this window.' },
  attempts_remaining: { description: 'Checks left.' },
  simulated: { description: 'Nothing was sent; see `/simulator/messages`.' },
  send_status: { description: 'The carrier never said whether it took the text.' },
  rerouted: { description: 'Reported undelivered by one carrier, sent again by another.' },

  'Message.status': {
    description: "`queued`, `sent`, `unknown`, `failed`, `refused`; or the carrier's own word.",
  },
  'Message.segments': { description: 'What carriers bill it as.' },
  'Message.timeline': { description: 'Only where a message is read by its id.' },

  window_seconds: { description: 'Length of the sliding window.' },
  resets_at: { description: 'When the oldest leaves the window; null when nothing is used.' },
  locked_until: { description: 'After too many wrong codes.' },
  opted_out: { description: 'The person replied STOP, or a carrier said so.' },

  recipient: { description: 'Keyed hash of the number or mailbox.' },
  provider_id: { description: "The provider's own id of the text." },
  provider_request_id: { description: "The provider's id of the request, for its support." },
  cost: { description: 'A decimal number of `currency`.' },
  currency: { description: 'ISO 4217; `XXX` where a carrier names none.' },
  client: { description: "Name of the API key, else the client's address." },

  'Status.problem': { description: 'Why nothing can be sent.' },
  problems: { description: 'What is missing or wrong in its variables.' },
  answering: { description: 'Asked just now; absent where nothing can tell.' },
  resting: { description: 'While it is asked last, and why.' },

  'Problem.code': { description: 'Stable: build on this, not on the texts.' },
  request_id: { description: 'Also in the logs, the audit log and `X-Request-Id`.' },
  issues: { description: 'Each fault: dotted path (empty for the whole) and message.' },
  retry_after: { description: 'Seconds, as in `Retry-After`.' },
  'Problem.reason': {
    description:
      'Why the number cannot be used: `malformed`, `not_e164`, `too_short`, `too_long`, `not_in_use`, `premium_rate`, `carrier`, or its type, such as `fixed_line`.',
  },
  max_segments: { description: 'What `MESSAGE_MAX_SEGMENTS` allows.' },
}
