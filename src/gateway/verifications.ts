// The flows of a verification that was started: check, read, cancel. Decided in the ledger; where a carrier made the code,
// the carrier judges it.
import type { Question, Verdict } from '../domain/delegation'
import type { Channel, VerificationView } from '../domain/record'
import { accept, type Result, refuse } from '../domain/refusal'
import { keyOfId } from '../keys'
import { type Attempt, call } from '../providers/chain'
import type { Checked, Failure } from '../providers/provider'
import { callingFor, report } from './carriers'
import { ask, type Context, type Gateway, purposeOf, shield } from './gateway'
import { failureOf } from './outcomes'
import { type Address, findRecipient } from './recipients'
import { untilAnswered } from './settlements'

/**
 * `to` is whole where the caller gave it, masked where it asked by id. `channels`: over which the recipient could get a code,
 * as a start tells.
 */
export type VerificationAnswer = VerificationView & { to: string; channels?: Channel[] }

/** Recipient by number, or verification by id; the purpose is the first of PURPOSES where only a number is given. */
export type CheckRequest = { code: string; purpose?: string | undefined } & (
  | { id: string }
  | Address
)

/**
 * Checks a code: one ledger call; where a carrier judges, that carrier and another. Refuses what `findRecipient`, the
 * domain's `check` and `conclude`, and the carrier refuse.
 */
export async function checkVerification(
  gateway: Gateway,
  request: CheckRequest,
  context: Context,
): Promise<Result<VerificationAnswer>> {
  const { config } = gateway
  const id = 'id' in request ? request.id : undefined
  const anyPurpose = id !== undefined && request.purpose === undefined
  const purpose = anyPurpose ? accept(undefined) : purposeOf(config, request.purpose)
  if (!purpose.ok) return purpose
  const subject = await subjectOf(gateway, request, context)
  if (!subject.ok) return subject
  const { key } = subject.value
  const { code } = request
  const checked = await ask(context, () =>
    gateway.ledger(key).check(key, {
      target: { ...(id && { id }), ...(purpose.value && { purpose: purpose.value }) },
      code,
      sendLimit: config.sends.limit,
      simulated: config.simulated,
      caller: context.caller,
    }),
  )
  if (!checked.ok)
    return checked.refusal.code === 'not_found'
      ? refuse({ code: 'no_pending_verification' })
      : checked
  const { value } = checked
  if (!('ask' in value)) {
    if (value.reference) tell(gateway, value.reference, 'approved', context)
    return accept(answerOf(subject.value, value, context))
  }
  const judging = judge(
    gateway,
    subject.value,
    { ...value.ask, code, masked: value.masked },
    context,
  )
  context.waitUntil(judging)
  const judged = await judging
  return judged.ok ? accept(answerOf(subject.value, judged.value, context)) : judged
}

/** The state of a verification. Refuses not_found, too_many_requests. */
export async function readVerification(
  gateway: Gateway,
  id: string,
  context: Context,
): Promise<Result<VerificationAnswer>> {
  const subject = await subjectOf(gateway, { id }, context)
  if (!subject.ok) return subject
  const { key } = subject.value
  const { limit } = gateway.config.sends
  const shown = await ask(context, () => gateway.ledger(key).show(key, id, limit))
  return shown.ok ? accept(answerOf(subject.value, shown.value, context)) : shown
}

/** Cancels a pending verification. Refuses what the domain's `cancel` refuses, and too_many_requests. */
export async function cancelVerification(
  gateway: Gateway,
  id: string,
  context: Context,
): Promise<Result<VerificationAnswer>> {
  const subject = await subjectOf(gateway, { id }, context)
  if (!subject.ok) return subject
  const { key } = subject.value
  const command = { id, sendLimit: gateway.config.sends.limit, caller: context.caller }
  const canceled = await ask(context, () => gateway.ledger(key).cancel(key, command))
  if (!canceled.ok) return canceled
  if (canceled.value.reference) tell(gateway, canceled.value.reference, 'canceled', context)
  return accept(answerOf(subject.value, canceled.value, context))
}

/** Whose record, and the whole number where the caller gave it. An id names its record, so it needs no number. */
type Subject = { key: string; to: string | null }

async function subjectOf(
  gateway: Gateway,
  by: { id: string } | Address,
  context: Context,
): Promise<Result<Subject>> {
  if ('id' in by) {
    const key = keyOfId(by.id)
    const shielded = await shield(gateway, key, context)
    return shielded ? refuse(shielded) : accept({ key, to: null })
  }
  return findRecipient(gateway, by, context)
}

function answerOf(
  { to }: Subject,
  { masked, ...view }: VerificationView & { masked: string },
  context: Context,
): VerificationAnswer {
  context.onRecipient(masked)
  return { ...view, to: to ?? masked }
}

/** Has the carrier look at a code, and writes down what it said. */
async function judge(
  gateway: Gateway,
  { key, to }: Subject,
  { id, reference, code, masked }: Question & { code: string; masked: string },
  context: Context,
) {
  const { config, chain } = gateway
  const { verifier } = chain
  const target = reference !== null ? { reference } : to !== null ? { to } : null
  const attempts =
    verifier && target
      ? await call(verifier.name, callingFor(gateway, masked, context), (signal) =>
          verifier.check(target, code, signal),
        )
      : []
  const outcome = attempts.at(-1)
  const calls = await report(gateway, attempts, context)
  const command = {
    id,
    verdict: verdictOf(outcome),
    ...(outcome && { call: { ...calls, ...callOf(outcome) } }),
    sendLimit: config.sends.limit,
    caller: context.caller,
  }
  const conclude = () => ask(context, () => gateway.ledger(key).conclude(key, command))
  // Where the carrier said nothing of the code, the answer is as unavailable as a ledger that is away. Once: what is given
  // back twice is an attempt too many.
  const said = command.verdict !== 'unasked' && command.verdict !== 'unknown'
  const concluded = await (said ? untilAnswered(conclude) : conclude())
  // The carrier's own reason says more than that it could not be asked.
  const failure = outcome && failureOf(outcome, { country: null })
  const told = failure && failure !== 'unknown' && command.verdict === 'unasked'
  return told ? refuse(failure) : concluded
}

const callOf = ({ provider, latencyMs, requestId }: Attempt<Checked>) => ({
  provider,
  latencyMs,
  ...(requestId && { requestId }),
})

/** A request that was refused for what it says would be refused again: the attempt stays spent, or a flood would pass. */
function verdictOf(outcome: Checked | Failure | undefined): Verdict {
  if (!outcome) return 'unasked'
  if (outcome.ok) return outcome.result === 'pending' ? 'incorrect' : outcome.result
  const { kind, account } = outcome
  return kind === 'throttled' || kind === 'unavailable' || account ? 'unasked' : 'unknown'
}

/** Lets the carrier know how a verification ended here, after the answer. One not canceled there ends at the next start. */
function tell(
  gateway: Gateway,
  reference: string,
  status: 'approved' | 'canceled',
  context: Context,
): void {
  const { verifier } = gateway.chain
  if (!verifier) return
  const calling = callingFor(gateway, '', context)
  const told = call(verifier.name, calling, (signal) =>
    verifier.update({ reference }, status, signal),
  )
  context.waitUntil(told.then((attempts) => report(gateway, attempts, context)))
}
