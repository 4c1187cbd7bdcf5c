// Pure. What becomes of a message, entry by entry, and what time alone does to it.
import { outranks } from './delivery'
import type { AuditEvent, EventType, Fact } from './event'
import type { Message, TimelineEntry } from './record'

/** More different words than any carrier has for it. */
const MAX_ENTRIES = 16

/** One more entry, each status once; the highest in rank is the status of the message. So no order changes the outcome. */
export function withEntry<T extends Pick<Message, 'status' | 'timeline'>>(
  message: T,
  entry: TimelineEntry,
): T {
  const { timeline } = message
  if (timeline.some(({ status }) => status === entry.status)) return message
  const isAbove = outranks(entry.status, message.status) || isInDoubt(entry, message)
  if (timeline.length >= MAX_ENTRIES && !isAbove) return message
  const status = isAbove ? entry.status : message.status
  return { ...message, status, timeline: [...timeline, entry] }
}

/** Verge's own word, which no carrier ranks: nobody knows whether it left. Any word of a carrier's is above it. */
const isInDoubt = ({ status }: TimelineEntry, message: Pick<Message, 'status'>) =>
  status === 'unknown' && message.status === 'queued'

/** The same message, neither waiting nor waited for. */
export const concluded = ({ settleBy: _, waitsUntil: __, lost: ___, ...message }: Message) =>
  message satisfies Message

/** In simulation a text arrives so long after it was sent. */
const SIMULATED_DELIVERY_MS = 2000

/** To be spread into a text that was sent: when it arrives, if it was only shown. */
export const arrivalOf = (provider: string, now: number) =>
  provider === 'simulation' ? { arrivesAt: now + SIMULATED_DELIVERY_MS } : {}

/** What a simulated arrival leaves behind. */
export const ARRIVED = { provider: 'simulation', status: 'delivered' } as const

/** Given up while it waits (null), lost while it is sent, in simulation delivered. Null where nothing is due. */
export function overdue(
  message: Message,
  now: number,
): { message: Message | null; fact: Fact } | null {
  const { id, settleBy, waitsUntil = Number.POSITIVE_INFINITY, arrivesAt } = message
  const of = { message_id: id }
  if (settleBy !== undefined && settleBy <= now)
    return {
      message: { ...concluded(withEntry(message, { status: 'unknown', at: now })), lost: true },
      fact: { type: 'message.send_unknown', ...of, reason: 'lost' },
    }
  if (settleBy === undefined && waitsUntil <= now)
    return { message: null, fact: { type: 'message.send_failed', ...of, reason: 'expired' } }
  if (arrivesAt === undefined || arrivesAt > now) return null
  const { arrivesAt: _, ...arrived } = message
  return {
    message: withEntry(arrived, { ...ARRIVED, at: arrivesAt }),
    fact: { type: 'delivery.updated', ...of, channel: 'sms', ...ARRIVED },
  }
}

/** What an event about a text is in its timeline; other events are not. `delivery.updated` has the carrier's own word. */
const STATUSES: { [Type in EventType]?: string } = {
  'verification.started': 'queued',
  'verification.resent': 'queued',
  'verification.rerouted': 'queued',
  'verification.sent': 'sent',
  'verification.send_unknown': 'unknown',
  'verification.send_failed': 'failed',
  'message.queued': 'queued',
  'message.sent': 'sent',
  'message.send_unknown': 'unknown',
  'message.send_failed': 'failed',
  'message.refused': 'refused',
}

/** The same from the audit log: what became of a text, oldest first. @param events of one text, oldest first */
export function timelineOf(
  events: readonly AuditEvent[],
): Pick<Message, 'status' | 'timeline'> & { segments?: number } {
  let text: Pick<Message, 'status' | 'timeline'> = { status: '', timeline: [] }
  let segments: number | null = null
  for (const { type, at, status, provider, reason, ...event } of events) {
    const word = type === 'delivery.updated' ? status : STATUSES[type]
    if (!word) continue
    segments = event.segments ?? segments
    // Why it was sent again is another text's error.
    const errorCode = word === 'queued' ? undefined : reason
    const more = { ...(provider && { provider }), ...(errorCode && { errorCode }) }
    text = withEntry(text, { status: word, at, ...more })
  }
  return { ...text, ...(segments !== null && { segments }) }
}
