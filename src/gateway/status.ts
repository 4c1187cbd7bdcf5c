// What the operator sees of the carriers: which are configured, which answer, which rest.
import type { Rest } from '../domain/delivery'
import type { Answering } from '../providers/provider'
import { readResting } from './carriers'
import type { Gateway } from './gateway'

const PING_TIMEOUT_MS = 5000

/** `answer` is null where a carrier cannot be asked, or lacks its configuration; `problems` says what it lacks. */
export type CarrierStatus = {
  name: string
  problems: string[]
  answer: Answering | null
  rest: Rest | null
}

/** Asks each carrier once, now. */
export async function readStatus(gateway: Gateway): Promise<CarrierStatus[]> {
  const { config, chain } = gateway
  const resting = await readResting(gateway)
  const now = Date.now()
  const asked = new Map(chain.all.map((one) => [one.name, one]))
  const listed = [...(config.verify ? [config.verify] : []), ...config.carriers.listed]
  // A carrier stands for its other channels (twilio for twilio:call) as long as they do not rest.
  const others = chain.all.filter(
    ({ name }) =>
      !listed.some((one) => one.name === name) && (listed.length === 0 || resting[name]),
  )
  const names = [...listed, ...others.map(({ name }) => ({ name, problems: [] }))]
  return Promise.all(
    names.map(async ({ name, problems }) => {
      const answer = await asked.get(name)?.ping?.(AbortSignal.timeout(PING_TIMEOUT_MS))
      const rest = resting[name]
      return {
        name,
        problems: problems.map(({ variable, problem }) => `${variable} ${problem}`),
        answer: answer ?? null,
        rest: rest && rest.until > now ? rest : null,
      }
    }),
  )
}
