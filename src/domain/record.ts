// Pure. All that is remembered about one recipient. What time does to it is in due.ts.
// Plain JSON; every time is a deadline in epoch ms, so what is due never depends on configuration.
import type { CarrierRefusal } from './delivery'
import type { Fact } from './event'
import type { Lock } from './limits'

/** How a code travels. */
export const CHANNELS = ['sms', 'call', 'whatsapp', 'email'] as const
export type Channel = (typeof CHANNELS)[number]

/** Who makes and checks the code: Verge and a carrier, Twilio Verify, or nobody (the console). */
export type Engine = 'own' | 'delegated' | 'simulation'

export type VerificationStatus =
  | 'pending'
  | 'approved'
  | 'canceled'
  | 'expired'
  | 'max_attempts_reached'

export type Verification = {
  id: string
  purpose: string
  channel: Channel
  engine: Engine
  status: VerificationStatus
  expiresAt: number
  codeLength: number
  maxAttempts: number
  /** checks spent */
  attempts: number
  /** texts that left or may have left; also the step of the cooldown */
  sends: number
  /** delegated: the carrier's own id of it; null while nobody knows it, absent once it has ended there */
  reference?: string | null
  /** delegated, with a code of Verge's making: checked here, and the result reported to the carrier */
  ownCode?: true
  /** BCP 47, where one was asked for */
  locale?: string
  /** a carrier reported its code undelivered, and Verge sent it again through another */
  rerouted?: true
}

export type Send = {
  id: string
  /** id of its verification */
  verification: string
  /** when it leaves the sliding window */
  until: number
  /** while the gateway has not said what became of it: when it counts as lost */
  settleBy?: number
  /** the alarm gave up waiting */
  lost?: true
  /** the carrier that took it, and what it asks for it */
  provider?: string
  cost?: string
  /** simulation: when it will have arrived */
  arrivesAt?: number
  /** the carrier's latest word on it, by rank */
  status?: string
  /** words of the carrier's that have no rank, each once */
  odd?: string[]
}

/** One thing that became of a message: Verge's word, or the carrier's own. */
export type TimelineEntry = { status: string; at: number; provider?: string; errorCode?: string }

/** A text that is not a code. Of its words nothing is kept. */
export type Message = {
  id: string
  /** when it leaves the sliding window of messages */
  until: number
  /** while it waits to be sent: when it is given up */
  waitsUntil?: number
  /** while the gateway has not said what became of it: when it counts as lost */
  settleBy?: number
  /** how often it was taken out of the queue to be sent */
  taken?: number
  /** the alarm gave up waiting */
  lost?: true
  /** simulation: when it will have arrived */
  arrivesAt?: number
  /** the latest word on it, by rank */
  status: string
  segments: number
  encoding: Encoding
  /** what the carrier asks for it */
  cost?: string
  /** each status once, in the order they came */
  timeline: TimelineEntry[]
}

/** What a text is sent as: https://www.twilio.com/docs/glossary/what-is-gsm-7-character-encoding */
export type Encoding = 'GSM-7' | 'UCS-2'

/**
 * Who said that a recipient wants no texts. Its own STOP holds every text back until START. A carrier's word does not: only
 * the carrier hears of a START then, so it is asked each time.
 */
export type OptOut = 'stop' | 'carrier'

/** What a verification looks like to whoever asks. */
export type VerificationView = Pick<
  Verification,
  'id' | 'purpose' | 'channel' | 'engine' | 'status' | 'expiresAt'
> & {
  /** when another start would pass every limit */
  resendAt: number
  sendsRemaining: number
  attemptsRemaining: number
  /** set where nobody knows whether the carrier took the text */
  sendStatus?: 'unknown'
  rerouted?: true
}

/** An accepted call, for a repeated Idempotency-Key. */
export type Replay = {
  key: string
  fingerprint: string
  until: number
  /** id of the text */
  send: string
  /** the answer of a start; that of a message is made anew */
  view?: VerificationView
}

/** What a phone would show; kept in simulation only. */
export type SimulatedText = { channel: string; body: string; code?: string; at: number }

export type RecipientRecord = {
  country: string | null
  masked: string
  /** in the order of `until` */
  sends: Send[]
  /** when each wrong code leaves the failure window, oldest first */
  failures: number[]
  lock: Lock | null
  /** one per purpose, at most; `send` is the one it follows */
  cooldowns: { purpose: string; until: number; send: string }[]
  /** the latest of each purpose */
  verifications: Verification[]
  replays: Replay[]
  /** in the order of `until` */
  messages: Message[]
  optOut: OptOut | null
  /** each STOP and START that was heard, by its carrier's id of it, so that a late copy undoes nothing */
  replies: { id: string; until: number }[]
  texts: SimulatedText[]
  /** verifications that may still be pending at the carrier, and must end there before it starts another; null: by recipient */
  stale: { reference: string | null; until: number }[]
  /** a carrier blocked this recipient; until it takes a text again no other is asked, whether it rests or not */
  barred: { provider: string; refusal: CarrierRefusal; until: number } | null
}

/** One decision: the next state, what happened, and the answer. */
export type Step<T> = { state: RecipientRecord; facts: Fact[]; result: T }

export const emptyRecord = (country: string | null, masked: string): RecipientRecord => ({
  country,
  masked,
  sends: [],
  failures: [],
  lock: null,
  cooldowns: [],
  verifications: [],
  replays: [],
  messages: [],
  optOut: null,
  replies: [],
  texts: [],
  stale: [],
  barred: null,
})

/** Twilio forgets a verification that is as old (its default). Within it, a start would bring the old code again. */
const STALE_MS = 10 * 60_000

/** What must end at the carrier, with these. */
export const staleWith = (
  { stale }: RecipientRecord,
  references: (string | null)[],
  now: number,
) => [
  ...stale.filter(({ reference }) => !references.includes(reference)),
  ...[...new Set(references)].map((reference) => ({ reference, until: now + STALE_MS })),
]

/**
 * A send whose outcome nobody knows stays counted, but its person may ask again at once. Where its verification is over,
 * the carrier may have begun one more all the same.
 */
export function markUnknown(before: RecipientRecord, sendId: string, now: number): Step<null> {
  const send = before.sends.find(({ id }) => id === sendId)
  const verification = send && verificationById(before, send.verification)
  const strayed = verification?.engine === 'delegated' && verification.status !== 'pending'
  const state: RecipientRecord = {
    ...before,
    stale: strayed ? staleWith(before, [null], now) : before.stale,
    sends: before.sends.map((s) => (s.id === sendId ? settled(s) : s)),
    cooldowns: before.cooldowns.filter((cooldown) => cooldown.send !== sendId),
    replays: before.replays.map((replay) =>
      replay.send === sendId && replay.view
        ? { ...replay, view: { ...replay.view, resendAt: now, sendStatus: 'unknown' } }
        : replay,
    ),
  }
  const fact = { type: 'verification.send_unknown', message_id: sendId } as const
  return { state, facts: [{ ...fact, ...(verification && about(verification)) }], result: null }
}

/** The same send, no longer waited for. */
export const settled = ({ settleBy: _, lost: __, ...send }: Send): Send => send

export const verificationById = (state: RecipientRecord, id: string): Verification | undefined =>
  state.verifications.find((v) => v.id === id)

/** The record's verifications with this one in the place of its purpose's latest. */
export const withVerification = (state: RecipientRecord, next: Verification): Verification[] => [
  ...state.verifications.filter(({ purpose }) => purpose !== next.purpose),
  next,
]

export const withoutCooldown = (state: RecipientRecord, purpose: string) =>
  state.cooldowns.filter((cooldown) => cooldown.purpose !== purpose)

/** The fields that say which verification a fact is about. */
export const about = ({ id, purpose, channel }: Verification) => ({
  verification_id: id,
  purpose,
  channel,
})
