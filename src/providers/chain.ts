// Config → who sends; and how often one carrier is asked. A carrier is asked again only where the text was certainly not
// accepted, or once where it may have been and the text is a code (the same code twice does no harm).
import type { Config } from '../config'
import { backOffMs } from '../domain/delivery'
import type { Failure, Messenger, Sent, Text } from './provider'
import { simulation } from './simulation'
import { twilioMessages } from './twilio/messages'

const CALL_TIMEOUT_MS = 10_000
const SHORTEST_CALL_MS = 3000
const MAX_CALLS = 3
/** All calls and waits together; a ledger calls a send lost only well after. */
const DEADLINE_MS = 15_000

export type Attempt = { provider: string; latencyMs: number } & (Sent | Failure)

/** What the chain needs of the world, so that a test can be it. */
export type Clock = { now(): number; wait(ms: number): Promise<unknown>; random(): number }

const platform: Clock = {
  now: () => Date.now(),
  wait: (ms) => scheduler.wait(ms),
  random: () => Math.random(),
}

/** The messenger that this configuration asks for, or null where it can send nothing. */
export function messengerOf({ sending, twilio }: Config): Messenger | null {
  if (sending.state !== 'ready') return null
  if (sending.engine === 'simulation') return simulation()
  return twilio && twilioMessages(twilio)
}

/**
 * Sends one text, within the deadline. Where any call may have been accepted the outcome is never better known than that.
 * @param onAttempt hears of every call, for the log
 */
export async function deliver(
  messenger: Messenger,
  text: Text,
  onAttempt: (attempt: Attempt) => void,
  clock: Clock = platform,
): Promise<Attempt> {
  const deadline = clock.now() + DEADLINE_MS
  let maybeSent = false
  for (let calls = 1; ; calls++) {
    const startedAt = clock.now()
    const signal = AbortSignal.timeout(Math.min(CALL_TIMEOUT_MS, deadline - startedAt))
    const outcome = await messenger.send(text, signal)
    const attempt = { provider: messenger.name, latencyMs: clock.now() - startedAt, ...outcome }
    onAttempt(attempt)
    if (attempt.ok) return attempt

    maybeSent ||= attempt.kind === 'unknown'
    const waitMs = (attempt.retryAfter ?? 0) * 1000 || backOffMs(calls - 1, clock.random())
    const inTime = clock.now() + waitMs + SHORTEST_CALL_MS <= deadline
    if (!inTime || !mayAskAgain(attempt, text, calls))
      return maybeSent ? { ...attempt, kind: 'unknown' } : attempt
    await clock.wait(waitMs)
  }
}

function mayAskAgain({ kind, retry }: Failure, text: Text, calls: number): boolean {
  if (!retry || calls >= MAX_CALLS) return false
  return kind !== 'unknown' || (text.code !== undefined && calls === 1)
}
