// Twilio's error codes, classified. Source: Twilio's error dictionary (twilio.com/docs/api/errors). Classify by code first,
// then by HTTP class, never by HTTP alone; causes change without notice, so what is not listed has a default.
import { type Verdict, verdictOf } from '../verdict'

export type TwilioFailure = Verdict & {
  /** seconds, where the wait is known and no header says it */
  retryAfter?: number
}

type Class = TwilioFailure & { codes: readonly number[] }

const CLASSES = {
  invalid_phone_number: {
    kind: 'rejected',
    retry: false,
    refusal: 'invalid_phone_number',
    codes: [21211, 21217, 21265, 21266, 21268, 30005],
  },
  not_sms_capable: {
    kind: 'rejected',
    retry: false,
    refusal: 'not_sms_capable',
    codes: [21614, 21635, 30006, 60205],
  },
  // Geo permissions, of texts and of calls, and country vetting: the operator's switches at Twilio.
  destination_not_allowed: {
    kind: 'rejected',
    retry: false,
    refusal: 'country_not_allowed',
    codes: [21215, 21408, 60220, 60238, 60605],
  },
  undeliverable: {
    kind: 'rejected',
    retry: false,
    refusal: 'could_not_deliver',
    codes: [30003, 30008, 30036],
  },
  opted_out: { kind: 'blocked', retry: false, refusal: 'opted_out', codes: [21610] },
  fraud_blocked: {
    kind: 'blocked',
    retry: false,
    refusal: 'send_blocked',
    codes: [30450, 60410, 60412, 60413],
  },
  destination_blocked: {
    kind: 'blocked',
    retry: false,
    refusal: 'could_not_deliver',
    codes: [30004, 30038],
  },
  // No route from this sender, or words that its carriers filter; another carrier may take the text.
  not_from_here: {
    kind: 'unavailable',
    retry: false,
    refusal: 'could_not_deliver',
    codes: [21612, 21618, 30007],
  },
  // Never processed, says Twilio: safe to send again.
  busy: {
    kind: 'throttled',
    retry: true,
    refusal: 'temporarily_unavailable',
    codes: [10004, 20429, 21611, 30001, 30022],
  },
  capped: {
    kind: 'throttled',
    retry: false,
    refusal: 'temporarily_unavailable',
    codes: [14107, 30023, 30027],
  },
  // Verify's own limits: five sends and five checks, until the verification expires.
  verification_spent: {
    kind: 'throttled',
    retry: false,
    refusal: 'rate_limited',
    retryAfter: 600,
    codes: [60202, 60203],
  },
  number_busy: {
    kind: 'throttled',
    retry: false,
    refusal: 'too_many_requests',
    retryAfter: 60,
    codes: [60212],
  },
  unavailable: {
    kind: 'unavailable',
    retry: true,
    refusal: 'temporarily_unavailable',
    codes: [20409, 20503, 30017, 30021],
  },
  // It may have been accepted.
  server_error: {
    kind: 'unknown',
    retry: true,
    refusal: 'temporarily_unavailable',
    codes: [20500],
  },
  // Twilio itself does not repeat these, lest the text arrive twice.
  server_timeout: {
    kind: 'unknown',
    retry: false,
    refusal: 'temporarily_unavailable',
    codes: [30410],
  },
  account: {
    kind: 'misconfigured',
    retry: false,
    refusal: 'temporarily_unavailable',
    account: true,
    codes: [20003, 20005, 20006, 20008, 20403, 20404, 30002, 30037],
  },
  sender: {
    kind: 'misconfigured',
    retry: false,
    refusal: 'temporarily_unavailable',
    codes: [
      10005, 21210, 21212, 21219, 21267, 21601, 21603, 21606, 21608, 21616, 21657, 21659, 21660,
      21661, 21703, 21704, 21705, 30018, 30024, 30032, 30033, 30034, 30035, 30042, 60201, 60204,
      60223, 60228, 60229,
      // the template and sender of WhatsApp
      21655, 21656, 63007, 63016,
    ],
  },
  // Our own request was wrong: nobody but us can mend it.
  request: {
    kind: 'misconfigured',
    retry: false,
    refusal: 'temporarily_unavailable',
    codes: [
      20422, 21602, 21604, 21609, 21617, 21619, 21624, 30012, 30019, 60200, 60207, 60221, 60224,
    ],
  },
} as const satisfies Record<string, Class>

const BY_CODE = new Map(
  Object.values<Class>(CLASSES).flatMap(({ codes, ...failure }) =>
    codes.map((code): [number, TwilioFailure] => [code, failure]),
  ),
)

/** The codes that are classified. */
export const KNOWN_CODES: ReadonlySet<number> = new Set(BY_CODE.keys())

/** What the code of a receipt means; nothing where it is not listed. */
export const meaningOf = (code: string | null): TwilioFailure | undefined =>
  BY_CODE.get(Number(code))

/** What an answer tells beside its code. */
type Clues = {
  /** the parameter at fault */
  parameter?: string | undefined
  /** a rate limit that the operator set on the Verify service was reached */
  ownRateLimit?: boolean
}

// Where the clue changes what the code means.
const INVALID_TO: TwilioFailure = {
  kind: 'rejected',
  retry: false,
  refusal: 'invalid_phone_number',
}
const OWN_RATE_LIMIT: TwilioFailure = {
  kind: 'throttled',
  retry: false,
  refusal: 'too_many_requests',
  retryAfter: 60,
}

/** What a refused request means: by its code, and where that is not listed by the HTTP status. */
export function classify(
  httpStatus: number,
  code: number | undefined,
  { parameter, ownRateLimit }: Clues = {},
): TwilioFailure {
  if (code === 60200 && parameter === 'To') return INVALID_TO
  if (code === 20429 && ownRateLimit) return OWN_RATE_LIMIT
  const known = code === undefined ? undefined : BY_CODE.get(code)
  return known ?? verdictOf(httpStatus)
}
