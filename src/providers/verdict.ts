// What a carrier's refusal means for the text: its own code decides and, where that says nothing, the HTTP status.
// https://www.rfc-editor.org/rfc/rfc9110#section-15
import type { CarrierRefusal } from '../domain/delivery'
import type { Failure } from './provider'

export type Verdict = Pick<Failure, 'kind' | 'retry' | 'refusal' | 'account'>

/** The recipient or the text is at fault. */
export const rejected = (refusal: CarrierRefusal): Verdict => ({
  kind: 'rejected',
  retry: false,
  refusal,
})

/** Opt-out or fraud: never routed round. */
export const blocked = (refusal: CarrierRefusal): Verdict => ({
  kind: 'blocked',
  retry: false,
  refusal,
})

/** Not from this sender to that country, or not in these words; another carrier may take the text. */
export const NOT_FROM_HERE: Verdict = {
  kind: 'unavailable',
  retry: false,
  refusal: 'could_not_deliver',
}

const LATER = 'temporarily_unavailable'

export const UNAVAILABLE: Verdict = { kind: 'unavailable', retry: true, refusal: LATER }
export const THROTTLED: Verdict = { kind: 'throttled', retry: true, refusal: LATER }
/** The sender, the service, our request: the operator must look. */
export const MISCONFIGURED: Verdict = { kind: 'misconfigured', retry: false, refusal: LATER }
/** Credentials, balance, the account itself: no other text would fare better until the operator has looked. */
export const ACCOUNT: Verdict = { ...MISCONFIGURED, account: true }
/** It broke there, perhaps after the text was accepted. */
export const BROKEN: Verdict = { kind: 'unknown', retry: true, refusal: LATER }
/** Accepted by someone, who does not say what: to send again could send twice. */
export const UNCLEAR: Verdict = { kind: 'unknown', retry: false, refusal: LATER }

type Rows = readonly (readonly [Verdict, readonly string[]])[]

/** One carrier's codes, by what they mean. */
export const byCode = (rows: Rows): ReadonlyMap<string, Verdict> =>
  new Map(rows.flatMap(([verdict, codes]) => codes.map((code) => [code, verdict])))

/** One carrier's table. `http_404` and the like may stand where its answers bear no code. */
export function verdicts(rows: Rows) {
  const known = byCode(rows)
  return (code: string, httpStatus: number) => known.get(code) ?? verdictOf(httpStatus)
}

/**
 * 429 throttled; 401 and 402 the account's fault; 403 and redirects misconfigured; other 4xx rejected; all else unknown (a 5xx with an answer may have
 * been accepted; the caller decides whether a second text does harm).
 */
export function verdictOf(httpStatus: number): Verdict {
  if (httpStatus === 429) return THROTTLED
  if (httpStatus >= 300 && httpStatus < 400) return MISCONFIGURED
  if (httpStatus === 401 || httpStatus === 402) return ACCOUNT
  if (httpStatus === 403) return MISCONFIGURED
  if (httpStatus >= 400 && httpStatus < 500) return rejected('could_not_deliver')
  return BROKEN
}
