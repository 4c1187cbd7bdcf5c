// Pure. Calls with an Idempotency-Key that came before.
import type { RecipientRecord, Replay } from './record'
import type { Refusal } from './refusal'

/** `fingerprint` stands for the body: another one means another request. Keys are the recipient's own. */
export type Idempotency = { key: string; fingerprint: string }

export const REPLAY_MS = 10 * 60_000

/**
 * The earlier call to be answered once more, or why it cannot be; null where there was none.
 * Refuses: idempotency_mismatch, idempotency_in_progress.
 */
export function earlierCall(
  { replays, sends, messages }: RecipientRecord,
  idempotency: Idempotency | undefined,
): { ok: true; replay: Replay } | { ok: false; refusal: Refusal } | null {
  const replay = idempotency && replays.find(({ key }) => key === idempotency.key)
  if (!replay) return null
  if (replay.fingerprint !== idempotency.fingerprint)
    return { ok: false, refusal: { code: 'idempotency_mismatch' } }
  const underWay = [...sends, ...messages].some(
    ({ id, settleBy }) => id === replay.send && settleBy !== undefined,
  )
  if (underWay) return { ok: false, refusal: { code: 'idempotency_in_progress' } }
  return { ok: true, replay }
}
