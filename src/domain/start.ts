// Pure. Starting a verification, which is also resending its code: the limits that hold it back, and the send it counts.
import { makeRoom } from './delegation'
import type { Caller, Fact } from './event'
import { cooldownAfter, secondsUntil } from './limits'
import { isStopped } from './opt-out'
import {
  about,
  type Channel,
  type Engine,
  type RecipientRecord,
  type Step,
  type Verification,
  type VerificationView,
  withoutCooldown,
  withVerification,
} from './record'
import { accept, type Refusal, type Result, refuse } from './refusal'
import { earlierCall, type Idempotency, REPLAY_MS } from './replay'
import { holds, viewOf } from './view'

/** The operator's rules for one purpose. */
export type Terms = {
  lifetimeMs: number
  codeLength: number
  maxAttempts: number
  /** wait after the 1st, 2nd, … send of one verification */
  cooldownsMs: number[]
  sends: { limit: number; windowMs: number }
}

export type StartCommand = {
  /** ids to use if a verification, and a text, come of it */
  verificationId: string
  sendId: string
  purpose: string
  channel: Channel
  engine: Engine
  /** delegated: Verge makes the code */
  ownCode?: true
  /** BCP 47, where one is asked for */
  locale?: string
  terms: Terms
  idempotency?: Idempotency
  caller: Caller
}

/** The text to send now. `end`: what must end at the carrier before it starts this one; null: whatever the recipient has. */
export type SendOrder = {
  id: string
  codeLength: number
  /** that of an earlier text of the verification, where this call asked for none */
  locale?: string
  end: (string | null)[]
  /** the one carrier that may be asked, and what it said before */
  only: RecipientRecord['barred']
}

/** `send` is null where an earlier answer is replayed. */
export type Started = { view: VerificationView; send: SendOrder | null }

/** A gateway that has not settled a send by then is dead: longer than it may take over all carriers. */
export const SETTLE_MS = 30_000
/** A code with less to live is not worth another text. */
export const RESEND_LIFE_MS = 30_000

/**
 * Starts a verification, or sends the same code of the pending one again. The send is counted here, before it leaves.
 * Refuses: idempotency_mismatch, idempotency_in_progress; opted_out (an earlier answer is replayed all the same, for it
 * sends nothing); locked, rate_limited, cooldown (whichever holds longest).
 */
export function start(
  state: RecipientRecord,
  command: StartCommand,
  now: number,
): Step<Result<Started>> {
  const { purpose, channel, engine, ownCode, locale, terms, idempotency, caller } = command
  const fact = (type: Fact['type'], more: Partial<Fact> = {}): Fact => ({
    type,
    purpose,
    channel,
    ...more,
    ...caller,
  })
  const no = (refusal: Refusal) => ({
    state,
    facts: [fact('verification.refused', { reason: refusal.code })],
    result: refuse(refusal),
  })

  const earlier = earlierCall(state, idempotency)
  if (earlier?.ok === false) return no(earlier.refusal)
  if (earlier?.replay.view) {
    const { view } = earlier.replay
    const facts = [fact('verification.replayed', { verification_id: view.id })]
    return { state, facts, result: accept({ view, send: null }) }
  }

  if (isStopped(state)) return no({ code: 'opted_out' })

  const hold = holds(state, purpose, terms.sends.limit).reduce((a, b) =>
    b.until > a.until ? b : a,
  )
  if (hold.until > now) return no({ code: hold.code, retryAfter: secondsUntil(hold.until, now) })

  const delegated = engine === 'delegated'
  const latest = state.verifications.find((v) => v.purpose === purpose)
  // Each engine has its own codes, and a text needs time to arrive: else a new verification takes the place.
  const pending =
    latest?.status === 'pending' &&
    latest.engine === engine &&
    latest.ownCode === ownCode &&
    latest.expiresAt - now >= RESEND_LIFE_MS
      ? latest
      : undefined
  const verification: Verification = pending
    ? { ...pending, channel, ...(locale && { locale }), sends: pending.sends + 1 }
    : {
        id: command.verificationId,
        purpose,
        channel,
        engine,
        status: 'pending',
        expiresAt: now + terms.lifetimeMs,
        codeLength: terms.codeLength,
        maxAttempts: terms.maxAttempts,
        attempts: 0,
        sends: 1,
        ...(ownCode && { ownCode }),
        ...(locale && { locale }),
        ...(delegated && { reference: null }),
      }
  const send = {
    id: command.sendId,
    verification: verification.id,
    until: now + terms.sends.windowMs,
    settleBy: now + SETTLE_MS,
  }
  const room = makeRoom(state, pending, { purpose, delegated, caller }, now)
  const next: RecipientRecord = {
    ...room.state,
    sends: [...state.sends, send].sort((a, b) => a.until - b.until),
    cooldowns: [
      ...withoutCooldown(state, purpose),
      { purpose, until: now + cooldownAfter(terms.cooldownsMs, verification.sends), send: send.id },
    ],
    verifications: withVerification(room.state, verification),
  }
  const view = viewOf(next, verification, terms.sends.limit, now)
  if (idempotency) {
    const answer = { ...idempotency, until: now + REPLAY_MS, send: send.id, view }
    next.replays = [...state.replays, answer]
  }
  const type = pending ? 'verification.resent' : 'verification.started'
  const facts = [
    ...room.facts,
    fact(type, { verification_id: verification.id, message_id: send.id }),
  ]
  if (latest?.status === 'pending' && !pending)
    facts.unshift({ type: 'verification.expired', ...about(latest), reason: 'replaced', ...caller })
  return {
    state: next,
    facts,
    result: accept({
      view,
      send: {
        id: send.id,
        codeLength: verification.codeLength,
        end: delegated ? next.stale.map(({ reference }) => reference) : [],
        only: next.barred,
        ...(verification.locale && { locale: verification.locale }),
      },
    }),
  }
}
