import { describe, expect, it } from 'vitest'
import type { CarrierRefusal, FailureKind } from '../../../src/domain/delivery'
import { classify, KNOWN_CODES } from '../../../src/providers/twilio/errors'

type Rest = { retryAfter?: number; account?: true }
type Row = [FailureKind, 'ask again' | 'stop', CarrierRefusal, number[], Rest?]

// What Twilio's error dictionary says of each code, put into Verge's words. Kept apart from the table in src, by hand.
const TABLE: Row[] = [
  ['rejected', 'stop', 'invalid_phone_number', [21211, 21217, 21265, 21266, 21268, 30005]],
  ['rejected', 'stop', 'not_sms_capable', [21614, 21635, 30006, 60205]],
  ['rejected', 'stop', 'country_not_allowed', [21215, 21408, 60220, 60238, 60605]],
  ['rejected', 'stop', 'could_not_deliver', [30003, 30008, 30036]],
  ['blocked', 'stop', 'opted_out', [21610]],
  ['blocked', 'stop', 'send_blocked', [30450, 60410, 60412, 60413]],
  ['blocked', 'stop', 'could_not_deliver', [30004, 30038]],
  ['throttled', 'ask again', 'temporarily_unavailable', [10004, 20429, 21611, 30001, 30022]],
  ['throttled', 'stop', 'temporarily_unavailable', [14107, 30023, 30027]],
  ['throttled', 'stop', 'rate_limited', [60202, 60203], { retryAfter: 600 }],
  ['throttled', 'stop', 'too_many_requests', [60212], { retryAfter: 60 }],
  ['unavailable', 'ask again', 'temporarily_unavailable', [20409, 20503, 30017, 30021]],
  ['unavailable', 'stop', 'could_not_deliver', [21612, 21618, 30007]],
  ['unknown', 'ask again', 'temporarily_unavailable', [20500]],
  [
    'misconfigured',
    'stop',
    'temporarily_unavailable',
    [20003, 20005, 20006, 20008, 20403, 20404, 30002, 30037],
    { account: true },
  ],
  [
    'misconfigured',
    'stop',
    'temporarily_unavailable',
    [
      // trial account, what the service may do
      21608, 21219, 60204, 10005,
      // sender
      21210, 21212, 21267, 21601, 21603, 21606, 21616, 21657, 21659, 21660, 21661, 21703, 21704,
      21705, 30018, 30024, 30032, 30033, 30034, 30035, 30042, 60201, 60223, 60228, 60229,
      // WhatsApp's template and sender
      21655, 21656, 63007, 63016,
      // our own request
      20422, 21602, 21604, 21609, 21617, 21619, 21624, 30012, 30019, 60200, 60207, 60221, 60224,
    ],
  ],
]

const CODES = TABLE.flatMap(([kind, again, refusal, codes, rest]) =>
  codes.map((code) => ({ code, kind, retry: again === 'ask again', refusal, ...rest })),
)

describe('an error code of Twilio', () => {
  it.each(CODES)('$code is $kind, $refusal, whatever the HTTP status', ({ code, ...expected }) => {
    for (const status of [400, 401, 403, 404, 429, 500, 503]) {
      expect(classify(status, code)).toEqual(expected)
    }
  })

  // A provider that timed out may have sent; Twilio itself does not ask it again, to avoid doubles.
  it('30410 may have been sent', () => {
    expect(classify(500, 30410)).toMatchObject({
      kind: 'unknown',
      refusal: 'temporarily_unavailable',
    })
  })

  it('30410 is not asked again, for Twilio does not either', () => {
    expect(classify(500, 30410).retry).toBe(false)
  })

  it('is classified where it is listed here, and nowhere else', () => {
    expect([...KNOWN_CODES].sort()).toEqual([...CODES.map(({ code }) => code), 30410].sort())
    expect(KNOWN_CODES.size).toBe(99)
  })

  it('that means an opt-out or fraud is never routed round nor asked again', () => {
    for (const code of [21610, 30450, 60410, 60412, 60413]) {
      expect(classify(400, code)).toMatchObject({ kind: 'blocked', retry: false })
    }
  })
})

describe('what an answer tells beside its code', () => {
  const ofTo = { kind: 'rejected', retry: false, refusal: 'invalid_phone_number' }
  const ofOurs = { kind: 'misconfigured', retry: false, refusal: 'temporarily_unavailable' }

  it.each([
    ['To', ofTo],
    ['Token', ofOurs],
    ['Locale', ofOurs],
    ['Channel', ofOurs],
    [undefined, ofOurs],
  ])('60200 with the parameter %s', (parameter, expected) => {
    expect(classify(400, 60200, { parameter })).toEqual(expected)
  })

  it('makes of 20429 a limit of the operator, which is not to be pushed through', () => {
    expect(classify(429, 20429, { ownRateLimit: true })).toEqual({
      kind: 'throttled',
      retry: false,
      refusal: 'too_many_requests',
      retryAfter: 60,
    })
    expect(classify(429, 20429, { ownRateLimit: false })).toMatchObject({ retry: true })
  })

  it('changes no other code', () => {
    for (const code of [...KNOWN_CODES].filter((known) => known !== 60200 && known !== 20429)) {
      const clues = { parameter: 'To', ownRateLimit: true }
      expect(classify(400, code, clues)).toEqual(classify(400, code))
    }
  })
})

describe('an answer without a known code', () => {
  const rejected = { kind: 'rejected', retry: false, refusal: 'could_not_deliver' }
  const misconfigured = { kind: 'misconfigured', retry: false, refusal: 'temporarily_unavailable' }
  const account = { ...misconfigured, account: true }
  const throttled = { kind: 'throttled', retry: true, refusal: 'temporarily_unavailable' }
  const unknown = { kind: 'unknown', retry: true, refusal: 'temporarily_unavailable' }

  it.each([
    [400, rejected],
    [401, account],
    [402, account],
    [403, misconfigured],
    [404, rejected],
    [422, rejected],
    [428, rejected],
    [429, throttled],
    [430, rejected],
    [499, rejected],
    [500, unknown],
    [502, unknown],
    [503, unknown],
    [504, unknown],
    [599, unknown],
    [302, misconfigured],
    [399, misconfigured],
  ])('is classified by HTTP status %i', (status, expected) => {
    expect(classify(status, undefined)).toEqual(expected)
    expect(classify(status, 99_999)).toEqual(expected)
  })
})
