// What the operator sees of the gateway: which engine, which carriers, and whether they answer.
import type { Answering } from '../providers/provider'
import type { Gateway } from './gateway'

const PING_TIMEOUT_MS = 5000

/** Asks each carrier once, now. */
export async function readStatus({
  messenger,
}: Gateway): Promise<{ name: string; answer: Answering }[]> {
  if (!messenger?.ping) return []
  const answer = await messenger.ping(AbortSignal.timeout(PING_TIMEOUT_MS))
  return [{ name: messenger.name, answer }]
}
