// Sends what a ledger decided on where a carrier makes the code.
import { certainlyNotSent } from '../domain/delivery'
import { type Answered, type Attempt, call } from '../providers/chain'
import type { Failure, Started, Verifier } from '../providers/provider'
import { callingFor } from './carriers'
import { barred, isListed, type Order } from './dispatch'
import type { Context, Gateway } from './gateway'
import { type Dispatched, type Ended, settle } from './outcomes'

/**
 * Lets the carrier make and send the code, after it ended what stands in the way.
 * @param elsewhere whether another could send a code, of Verge's making
 */
export async function dispatchVerify(
  gateway: Gateway,
  verifier: Verifier,
  { view, send, recipient, locale, elsewhere }: Order & { elsewhere: boolean },
  context: Context,
): Promise<Dispatched> {
  const { config } = gateway
  if (send.only && send.only.provider !== verifier.name)
    return settle(gateway, { id: send.id, recipient, wait: true }, barred(send.only), context)
  const calling = callingFor(gateway, recipient.masked, context)
  const attempts: Attempt<Answered>[] = []
  const make = async <T extends Answered>(ask: (signal: AbortSignal) => Promise<T | Failure>) => {
    const calls = await call(verifier.name, calling, ask)
    attempts.push(...calls)
    return calls.at(-1) as Attempt<T>
  }
  const ended: Ended = []
  const settled = (outcome: Attempt<Started>) =>
    settle(gateway, { id: send.id, recipient, ended, wait: true }, { outcome, attempts }, context)

  for (const reference of send.end) {
    const target = reference === null ? { to: recipient.to } : { reference }
    const end = await make((signal) => verifier.update(target, 'canceled', signal))
    // Refused as such, it may be because nothing is left to end.
    const isRefused =
      !end.ok && !end.account && (end.kind === 'rejected' || end.kind === 'misconfigured')
    const shown = isRefused ? await make((signal) => verifier.fetch(target, signal)) : null
    const isOver = end.ok || (shown?.ok && shown.status !== 'pending')
    // Whatever came of it, no code has left: started now, this one might get the code of the other.
    if (!isOver) return settled(certainlyNotSent(end.kind) ? end : { ...end, ...UNAVAILABLE })
    ended.push(reference)
  }
  const keys = await gateway.keys()
  const request = {
    to: recipient.to,
    channel: view.channel,
    ...(context.clientIp !== undefined && {
      clientIp: context.clientIp,
      client: context.caller.client,
    }),
    ...(config.customCode && { code: await keys.codeOf({ ...view, codeLength: send.codeLength }) }),
  }
  const start = (more: { locale?: string }) =>
    make((signal) => verifier.start({ ...request, ...more }, signal))
  let started = await start(locale === undefined ? {} : { locale })
  // A language that the service does not have is the client's wish and not the operator's mistake.
  if (!started.ok && started.kind === 'misconfigured' && !started.account && locale !== undefined)
    started = await start({})
  const mayPassOn = elsewhere && isListed(gateway, recipient)
  return settled(
    !started.ok && started.refusal === 'country_not_allowed' && mayPassOn
      ? { ...started, kind: 'unavailable' }
      : started,
  )
}

const UNAVAILABLE = { kind: 'unavailable', refusal: 'temporarily_unavailable' } as const
