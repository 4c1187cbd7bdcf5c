// Pure. What statistics count: each text and each verification as one row, made from its events in whatever order and
// however often these come. A row falls into registers, and of two versions of a register the greater one stands; so
// merging is commutative, associative and idempotent, here and in SQL (../tallies.ts).
import { rankOf } from './delivery'
import type { AuditEvent, EventType } from './event'

/** Of one text, code or message. '' is what no event has said yet; so are the zeros, and -1 of `rank`. */
export type TextRow = {
  id: string
  /** epoch ms, when it was counted; while no event has said so, that of the earliest event, negated */
  at: number
  country: string
  /** '' for messages */
  purpose: string
  channel: string
  /** one of OUTCOME */
  outcome: number
  /** why no carrier took it, in the carrier's code */
  reason: string
  /** who named the provider, one of WITNESS */
  witness: number
  provider: string
  provider_id: string
  /** of the status, see `rankOf` */
  rank: number
  status: string
  /** why it did not arrive, in the carrier's code */
  error: string
  /** when the carrier's own `delivered` came; null also where Verge had to ask for it */
  delivered_at: number | null
  segments: number
  /** millionths of `currency`, which is '' where no price is known */
  cost: number
  currency: string
}

export type VerificationRow = {
  id: string
  /** as of a text */
  at: number
  country: string
  purpose: string
  /** of the latest text that left, and how and by whom; 0 before, with the channel it was started with */
  sent_at: number
  channel: string
  provider: string
  approved_at: number | null
}

export const OUTCOME = { unknown: 1, failed: 2, sent: 3 } as const
const WITNESS = { settled: 1, receipt: 2, sent: 3 } as const

/** In the name of events that Verge asked a carrier for: when they come says nothing of when things happened. */
export const RECONCILIATION = 'reconciliation'

/** The columns of each register in the order that decides; the earliest of `least` stands, null is later than all. */
export type Shape = { readonly greatest: readonly (readonly string[])[]; readonly least: string }

export const TEXT = {
  greatest: [
    ['at'],
    ['country'],
    ['purpose'],
    ['channel'],
    ['outcome', 'reason'],
    ['witness', 'provider', 'provider_id'],
    ['rank', 'status', 'error'],
    ['segments'],
    ['cost', 'currency'],
  ],
  least: 'delivered_at',
} as const satisfies Shape

export const VERIFICATION = {
  greatest: [['at'], ['country'], ['purpose'], ['sent_at', 'channel', 'provider']],
  least: 'approved_at',
} as const satisfies Shape

type Row = Record<string, string | number | null>

/** Two rows of one text or verification as one. */
export function merge<T extends Row>({ greatest, least }: Shape, a: T, b: T): T {
  const row: Row = { ...a }
  for (const register of greatest) {
    const first = register.find((column) => a[column] !== b[column])
    if (first === undefined || (a[first] ?? 0) > (b[first] ?? 0)) continue
    for (const column of register) row[column] = b[column] ?? 0
  }
  const [one, other] = [a[least] ?? null, b[least] ?? null]
  row[least] = one === null || other === null ? (one ?? other) : one < other ? one : other
  return row as T
}

/** What a list of events says of texts and verifications. */
export function tally(events: readonly AuditEvent[]): {
  texts: TextRow[]
  verifications: VerificationRow[]
} {
  const texts = new Map<string, TextRow>()
  const verifications = new Map<string, VerificationRow>()
  for (const event of events) {
    const text = textOf(event)
    if (text) into(texts, TEXT, text)
    const verification = verificationOf(event)
    if (verification) into(verifications, VERIFICATION, verification)
  }
  return { texts: [...texts.values()], verifications: [...verifications.values()] }
}

function into<T extends Row & { id: string }>(rows: Map<string, T>, shape: Shape, row: T): void {
  const known = rows.get(row.id)
  rows.set(row.id, known ? merge(shape, known, row) : row)
}

type Saying = (event: AuditEvent) => Partial<TextRow>

const counted: Saying = ({ at }) => ({ at })
const sent: Saying = (event) => ({
  outcome: OUTCOME.sent,
  segments: event.segments ?? 0,
  ...named(WITNESS.sent, event),
})
const failed: Saying = (event) => ({
  outcome: OUTCOME.failed,
  reason: event.reason ?? '',
  ...named(WITNESS.settled, event),
})
const unknown: Saying = (event) => ({
  outcome: OUTCOME.unknown,
  ...named(WITNESS.settled, event),
})
/** Its channel is that of its verification by then, which may have sent another text since. */
const reported: Saying = (event) => ({
  channel: '',
  rank: rankOf(event.status ?? ''),
  status: event.status ?? '',
  error: event.reason ?? '',
  segments: event.segments ?? 0,
  ...named(WITNESS.receipt, event),
  ...priced(event),
  ...(event.status === 'delivered' &&
    event.client !== RECONCILIATION && { delivered_at: event.at }),
})

/** What each type of event says of its text; others say nothing. */
const SAYINGS: Partial<Record<EventType, Saying>> = {
  'verification.started': counted,
  'verification.resent': counted,
  'verification.rerouted': counted,
  'message.queued': counted,
  'verification.sent': sent,
  'message.sent': sent,
  'verification.send_failed': failed,
  'message.send_failed': failed,
  'verification.send_unknown': unknown,
  'message.send_unknown': unknown,
  'delivery.updated': reported,
}

function named(witness: number, { provider, provider_id }: AuditEvent): Partial<TextRow> {
  return provider ? { witness, provider, provider_id: provider_id ?? '' } : {}
}

function priced({ cost, currency }: AuditEvent): Partial<TextRow> {
  const micros = microsOf(cost ?? '')
  // ISO 4217 has a code for "no currency".
  return micros === null ? {} : { cost: micros, currency: currency ?? 'XXX' }
}

function textOf(event: AuditEvent): TextRow | null {
  const says = SAYINGS[event.type]
  if (!says || !event.message_id) return null
  return {
    id: event.message_id,
    at: -event.at,
    country: event.country ?? '',
    purpose: event.purpose ?? '',
    channel: event.channel ?? '',
    outcome: 0,
    reason: '',
    witness: 0,
    provider: '',
    provider_id: '',
    rank: -1,
    status: '',
    error: '',
    delivered_at: null,
    segments: 0,
    cost: 0,
    currency: '',
    ...says(event),
  }
}

function verificationOf(event: AuditEvent): VerificationRow | null {
  const { type, verification_id: id, at, channel = '', provider = '' } = event
  const isStart = type === 'verification.started'
  const isSent = type === 'verification.sent'
  const isApproved = type === 'verification.approved'
  if (!id || !(isStart || isSent || isApproved)) return null
  return {
    id,
    at: isStart ? at : -at,
    country: event.country ?? '',
    purpose: event.purpose ?? '',
    sent_at: isSent ? at : 0,
    channel: isApproved ? '' : channel,
    provider: isSent ? provider : '',
    approved_at: isApproved ? at : null,
  }
}

/** A decimal number, not negative, in millionths, rounded to the nearest; null where it is none. Never by way of a float. */
export function microsOf(decimal: string): number | null {
  const [, whole, fraction = ''] = /^(\d{1,9})(?:\.(\d+))?$/.exec(decimal) ?? []
  if (whole === undefined) return null
  const digits = fraction.padEnd(7, '0')
  const up = Number(digits[6]) >= 5 ? 1 : 0
  return Number(whole) * 1_000_000 + Number(digits.slice(0, 6)) + up
}

/** Millionths as a decimal number, without zeros that say nothing. */
export function decimalOf(micros: number): string {
  const fraction = String(micros % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '')
  const whole = Math.floor(micros / 1_000_000)
  return fraction ? `${whole}.${fraction}` : String(whole)
}
