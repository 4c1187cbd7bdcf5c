// What the answer of a configured carrier means, by the rules of its configuration.
import type { HttpCarrierConfig, Meaning } from '../http-carrier'
import type { Place } from '../places'
import { parseJson, type Reply, retryAfterOf } from './exchange'
import { pointed } from './json-pointer'
import type { Failure, Sent, Text } from './provider'
import { NOT_FROM_HERE, UNCLEAR, type Verdict, verdictOf } from './verdict'

const MAX_ID = 128
const MAX_REASON = 64

/**
 * Sent where the answer is a success by the rules; its id is the reference it was given where the carrier names none.
 * Else what the error code means to the configuration, or what the answer says without one.
 */
export function outcomeOf(config: HttpCarrierConfig, text: Text, reply: Reply): Sent | Failure {
  const { success, errors, retry } = config
  const { status } = reply
  const json = parseJson(reply.text)
  const at = (place: Place | undefined) => valueAt(place, json, reply.text)
  const discreet = keeping([
    ...Object.values(config.secrets),
    text.to.slice(-7),
    text.body,
    text.code,
  ])

  const code = at(config.error) || undefined
  const meaning = code !== undefined && Object.hasOwn(errors, code) ? errors[code] : undefined
  const answered = at(success.pointer)
  const accepted =
    success.matches === undefined
      ? !success.equals || (answered !== undefined && success.equals.includes(answered))
      : new RegExp(success.matches).test(reply.text)
  // A code that is known to mean a failure is one, unless the rules look at the body and see a success.
  const byBody = success.equals !== undefined || success.matches !== undefined
  if (accepted && (byBody || !meaning) && (success.status?.includes(status) ?? isOk(status))) {
    const id = discreet(at(config.id))
    return { ok: true, providerId: id && id.length <= MAX_ID ? id : text.id }
  }

  const again = code !== undefined && retry.includes(code)
  const refused = !accepted && Boolean(success.pointer === undefined ? code : answered)
  const retryAfter = retryAfterOf(reply.headers)
  return {
    ok: false,
    ...(meaning || again
      ? { ...MEANINGS[meaning ?? 'unavailable'], retry: again }
      : byStatus(status, refused)),
    reason: discreet(code)?.slice(0, MAX_REASON) ?? `http_${status}`,
    httpStatus: status,
    ...(retryAfter && { retryAfter }),
  }
}

/** A text, number or boolean of an answer or a receipt, as text; undefined where there is none. */
export function valueAt(place: Place | undefined, json: unknown, text: string): string | undefined {
  if (place === undefined) return undefined
  if (typeof place !== 'string') return new RegExp(place.matches).exec(text)?.[1] || undefined
  const value = pointed(json, place)
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/**
 * Gateways quote what they were sent, even where an id or a code is expected: such a value is not passed on. Against a
 * quotation in another encoding this does not help. @param secret what nothing may hold
 */
export const keeping =
  (secret: readonly (string | undefined)[]) =>
  (value: string | undefined): string | undefined =>
    secret.some((part) => part && value?.includes(part)) ? undefined : value

export const MEANINGS = {
  rejected: { kind: 'rejected', refusal: 'could_not_deliver' },
  invalid_phone_number: { kind: 'rejected', refusal: 'invalid_phone_number' },
  not_sms_capable: { kind: 'rejected', refusal: 'not_sms_capable' },
  country_not_allowed: { kind: 'rejected', refusal: 'country_not_allowed' },
  blocked: { kind: 'blocked', refusal: 'could_not_deliver' },
  opted_out: { kind: 'blocked', refusal: 'opted_out' },
  send_blocked: { kind: 'blocked', refusal: 'send_blocked' },
  throttled: { kind: 'throttled', refusal: 'temporarily_unavailable' },
  unavailable: { kind: 'unavailable', refusal: 'temporarily_unavailable' },
  account: { kind: 'misconfigured', refusal: 'temporarily_unavailable', account: true },
  misconfigured: { kind: 'misconfigured', refusal: 'temporarily_unavailable' },
  unknown: { kind: 'unknown', refusal: 'temporarily_unavailable' },
} as const satisfies Record<Meaning, Omit<Verdict, 'retry'>>

const isOk = (status: number) => status >= 200 && status < 300

/**
 * A failure that no code explains. Many gateways answer 200 and refuse in the body: where the configuration can read that
 * (`refused`), nothing was sent. Of a 2xx with anything else, such as a page of HTML, nobody knows.
 */
function byStatus(status: number, refused: boolean): Verdict {
  if (!isOk(status)) return verdictOf(status)
  return refused ? NOT_FROM_HERE : UNCLEAR
}
