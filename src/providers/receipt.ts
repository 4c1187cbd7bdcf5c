// What carriers report of a text by calling back. Each reads its own callbacks, and says nothing of one that is not proven
// to be the carrier's.
import { isLost, type Receipt } from '../domain/delivery'
import { parsePhone } from '../domain/phone'
import { type Refusal, type Result, refuse } from '../domain/refusal'
import type { Verdict } from './verdict'

/** A callback as it came. @property text its id, where the path has it */
export type StatusCallback = {
  text: string | null
  /** with query, as the carrier called it */
  path: string
  headers: Headers
  body: Uint8Array<ArrayBuffer>
}

/** What it says. `text`: whose id that is; `to`: E.164, where the carrier says whose text it was. */
export type Told = { text: string | null; to: string | null; receipt: Receipt }

/** Refuses invalid_signature, and invalid_request where what is proven cannot be read. */
export type ReceiptReader = (callback: StatusCallback) => Promise<Result<Told>>

export const NOT_SIGNED = refuse({ code: 'invalid_signature' })

export const unreadable = (path: string, message: string): { ok: false; refusal: Refusal } =>
  refuse({ code: 'invalid_request', issues: [{ path, message }] })

/** Why a text did not arrive, where its code is known; nothing of a text that still may. */
export const failureOf = (
  status: string,
  verdict: Pick<Verdict, 'kind' | 'refusal'> | undefined,
): Pick<Receipt, 'failure'> =>
  verdict && isLost(status) ? { failure: { kind: verdict.kind, refusal: verdict.refusal } } : {}

/** Carriers name a recipient with a plus or without. Null where that is no phone number. */
export function e164Of(number: string | undefined): string | null {
  const parsed = parsePhone(number?.replace(/^\+?/, '+') ?? '')
  return parsed.ok ? parsed.value.e164 : null
}

const AMOUNT = /^\d{1,9}(\.\d{1,12})?$/
const CURRENCY = /^[A-Z]{3}$/
const SEGMENTS = /^[1-9]\d{0,2}$/

/** What a text was billed as, of what a carrier says about it; the rest is left out. */
export const billOf = ({
  segments = '',
  cost = '',
  currency = '',
}: {
  segments?: string | undefined
  cost?: string | undefined
  currency?: string | undefined
}): Pick<Receipt, 'segments' | 'cost' | 'currency'> => ({
  ...(SEGMENTS.test(segments) && { segments: Number(segments) }),
  ...(AMOUNT.test(cost) && { cost }),
  ...(CURRENCY.test(currency) && { currency }),
})
