// Which engine the variables make: Twilio Verify, carriers of one's own, or the simulation. Some of a carrier's secrets but
// not all is not a mode.
import { type Listed, type Problem, speaksOfCarriers, twilioOf } from './carriers'
import type { Engine } from './domain/record'
import type { Variables } from './variables'

/** Whether and how texts leave. `problems` are the operator's to mend. */
export type Sending =
  | { state: 'ready'; engine: Engine }
  | { state: 'disabled' }
  | { state: 'not_configured'; problems: Problem[] }

/** Nothing of any carrier: a console stands in for it, but never in production, where that would hand out codes. */
export const isSimulated = (v: Variables): boolean =>
  v.ENVIRONMENT !== 'production' && !speaksOfCarriers(v)

/** The engine, by what is asked for; or everything that is missing. @param verify null where no service is named */
export function sendingOf(v: Variables, listed: Listed[], verify: Listed | null): Sending {
  if (!v.SMS_ENABLED) return { state: 'disabled' }
  if (isSimulated(v)) return { state: 'ready', engine: 'simulation' }
  const asked = [...(verify ? [verify] : []), ...listed]
  const problems = new Map<string, Problem>()
  if (!v.VERGE_SECRET) problems.set('', { variable: 'VERGE_SECRET', problem: 'is missing' })
  // With no carrier at all, Twilio's variables are as good a hint as any.
  for (const one of asked.length > 0 ? asked : [twilioOf(v)])
    for (const problem of one.problems) problems.set(Object.values(problem).join(' '), problem)
  return problems.size > 0
    ? { state: 'not_configured', problems: [...problems.values()] }
    : { state: 'ready', engine: verify ? 'delegated' : 'own' }
}
