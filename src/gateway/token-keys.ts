// The keys that the application's tokens may be signed with, as each isolate remembers them. A key that was withdrawn is
// forgotten within ten minutes; keys that cannot be had let nobody in.
import { accept, type Result, refuse } from '../domain/refusal'
import { log } from '../log'
import { type PublicKey, readKeys } from '../providers/jwks'
import type { Context, Gateway } from './gateway'

/** `readAt`, `failedAt`: epoch ms of the last answer, and of the last call that had none. `asking`: one is under way. */
export type KeyRing = { keys: PublicKey[]; readAt: number; failedAt: number; asking: boolean }

export const emptyRing = (): KeyRing => ({ keys: [], readAt: 0, failedAt: 0, asking: false })

const LIFE_MS = 10 * 60_000
/** Tokens may name any key they like: one that is not known makes an isolate ask no more often than this. */
const PAUSE_MS = 30_000
const PAUSE_AFTER_FAILURE_MS = 5000
/** One request asks for all that come meanwhile. Should it end before its answer, another does after as many looks. */
const LOOK_MS = 50
const LOOKS = 100

/**
 * The keys that a token with this `kid` may be signed with: those of that name, all where it names none.
 * Refuses temporarily_unavailable where they cannot be had.
 */
export async function tokenKeys(
  { tokenKeys: ring }: Gateway,
  url: string,
  kid: string | undefined,
  { caller }: Context,
): Promise<Result<PublicKey[]>> {
  const known = () => ring.keys.filter((key) => kid === undefined || key.kid === kid)
  for (let looks = 0; ; looks++) {
    const age = Date.now() - ring.readAt
    if (age < LIFE_MS && (known().length > 0 || age < PAUSE_MS)) return accept(known())
    if (Date.now() - ring.failedAt < PAUSE_AFTER_FAILURE_MS) return unavailable
    if (!ring.asking || looks === LOOKS) break
    await scheduler.wait(LOOK_MS)
  }
  ring.asking = true
  const read = await readKeys(url)
  ring.asking = false
  if (typeof read === 'string') {
    ring.failedAt = Date.now()
    log({ level: 'error', event: 'tokens.no_keys', request_id: caller.request_id, reason: read })
    return unavailable
  }
  ring.keys = read
  ring.readAt = Date.now()
  return accept(known())
}

const unavailable = refuse({
  code: 'temporarily_unavailable',
  retryAfter: PAUSE_AFTER_FAILURE_MS / 1000,
})
