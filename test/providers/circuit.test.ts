import { describe, expect, it } from 'vitest'
import { type Change, createCircuits } from '../../src/providers/circuit'
import type { Failure, Sent } from '../../src/providers/provider'
import {
  ACCOUNT,
  BROKEN,
  blocked,
  MISCONFIGURED,
  NOT_FROM_HERE,
  rejected,
  THROTTLED,
  UNAVAILABLE,
  UNCLEAR,
  type Verdict,
} from '../../src/providers/verdict'

const SECOND = 1000
const MINUTE = 60 * SECOND
const T0 = 1_800_000_000_000

const SENT: Sent = { ok: true, providerId: 'SM1' }
const failed = (verdict: Verdict, reason = 'down'): Failure => ({ ok: false, ...verdict, reason })
const REVOKED = failed(ACCOUNT, '20003')
const DOWN = failed(UNAVAILABLE)

/** The circuit of one carrier, and a clock. */
function circuit() {
  const circuits = createCircuits()
  let now = T0
  const goOut = () => {
    const heard = circuits.asked('carrier', now)
    return (outcome: Sent | Failure) => heard(outcome, now)
  }
  return {
    pass: (ms: number) => {
      now += ms
    },
    /** A call that goes out now; its answer comes when the test gives it. */
    goOut,
    /** Calls that are answered at once, one after the other. */
    calls: (...outcomes: (Sent | Failure)[]): (Change | null)[] =>
      outcomes.map((outcome) => goOut()(outcome)),
    rests: (name = 'carrier') => circuits.rests(name, now),
    rest: () => circuits.restOf('carrier'),
  }
}

/** Lets each rest end and its probe fail. @returns how long each rest was, in seconds */
function restsOf({ calls, pass, rest }: ReturnType<typeof circuit>, fault: Failure, count: number) {
  const lengths: number[] = []
  let begin = T0
  for (let i = 0; i < count; i++) {
    const until = rest()?.until ?? 0
    lengths.push((until - begin) / SECOND)
    pass(until - begin)
    begin = until
    expect(calls(fault)).toEqual(['rests_on'])
  }
  return lengths
}

describe('a carrier that nobody asked yet', () => {
  it('does not rest', () => {
    const { rests, rest } = circuit()
    expect([rests(), rest()]).toEqual([false, null])
  })

  it('rests for itself alone', () => {
    const { calls, rests } = circuit()
    calls(REVOKED)
    expect([rests('carrier'), rests('other')]).toEqual([true, false])
  })
})

describe('an account at fault', () => {
  it('rests at once, for five minutes', () => {
    const { calls, rest, rests, pass } = circuit()
    expect(calls(REVOKED)).toEqual(['rested'])
    expect(rest()).toEqual({ since: T0, until: T0 + 5 * MINUTE, reason: '20003' })
    pass(5 * MINUTE - 1)
    expect(rests()).toBe(true)
    pass(1)
    expect(rests()).toBe(false)
  })

  it('rests twice as long each time, up to an hour', () => {
    const one = circuit()
    one.calls(REVOKED)
    expect(restsOf(one, REVOKED, 6)).toEqual([300, 600, 1200, 2400, 3600, 3600])
  })

  it('rests an hour and no less after a thousand rests', () => {
    const one = circuit()
    one.calls(REVOKED)
    expect(restsOf(one, REVOKED, 1100).at(-1)).toBe(3600)
  })
})

describe('faults in a row', () => {
  it.each([
    ['unavailable', UNAVAILABLE],
    ['unknown, with an answer', BROKEN],
    ['unknown, without one', UNCLEAR],
  ])('of which all are %s: the third rests, the second does not', (_, verdict) => {
    const { calls, rests, rest } = circuit()
    expect(calls(failed(verdict), failed(verdict))).toEqual([null, null])
    expect([rests(), rest()]).toEqual([false, null])
    expect(calls(failed(verdict, 'third'))).toEqual(['rested'])
    expect(rest()).toEqual({ since: T0, until: T0 + 30 * SECOND, reason: 'third' })
    expect(rests()).toBe(true)
  })

  it('may be of different kinds', () => {
    expect(circuit().calls(DOWN, failed(BROKEN), failed(UNCLEAR))).toEqual([null, null, 'rested'])
  })

  it('may lie hours apart', () => {
    const { calls, pass } = circuit()
    calls(DOWN, DOWN)
    pass(5 * 60 * MINUTE)
    expect(calls(DOWN)).toEqual(['rested'])
  })

  it('rest half a minute, doubling up to ten', () => {
    const one = circuit()
    one.calls(DOWN, DOWN, DOWN)
    expect(restsOf(one, DOWN, 7)).toEqual([30, 60, 120, 240, 480, 600, 600])
  })

  it.each([
    ['a success', SENT],
    ['a recipient at fault', failed(rejected('invalid_phone_number'))],
    ['an opt-out', failed(blocked('opted_out'))],
    ['a country that is not allowed', failed(rejected('country_not_allowed'))],
    ['a text that is not for this carrier', failed(NOT_FROM_HERE)],
    ['a channel that is not set up', failed(MISCONFIGURED)],
  ])('are counted anew after %s', (_, healthy) => {
    const { calls } = circuit()
    expect(calls(DOWN, DOWN, healthy, DOWN, DOWN)).toEqual([null, null, null, null, null])
    expect(calls(DOWN)).toEqual(['rested'])
  })

  it('are neither counted nor counted anew where the carrier has too much to do', () => {
    const full = failed(THROTTLED)
    const { calls } = circuit()
    expect(calls(...Array(10).fill(full))).toEqual(Array(10).fill(null))
    expect(calls(DOWN, full, DOWN, full, DOWN)).toEqual([null, null, null, null, 'rested'])
  })

  it('are none where it lies with the number, the channel or the text, however often', () => {
    for (const verdict of [
      MISCONFIGURED,
      NOT_FROM_HERE,
      rejected('could_not_deliver'),
      blocked('send_blocked'),
    ])
      expect(circuit().calls(...Array(10).fill(failed(verdict)))).toEqual(Array(10).fill(null))
  })
})

describe('when a rest is over', () => {
  it('one call is let through, and others stay away until its answer is there', () => {
    const { calls, pass, goOut, rests } = circuit()
    calls(REVOKED)
    pass(5 * MINUTE)
    expect(rests()).toBe(false)
    const answer = goOut()
    expect(rests()).toBe(true)
    answer(SENT)
    expect(rests()).toBe(false)
  })

  it('the next is let through after 20 s if that one is never answered', () => {
    const { calls, pass, goOut, rests } = circuit()
    calls(REVOKED)
    pass(5 * MINUTE)
    goOut()
    pass(20 * SECOND - 1)
    expect(rests()).toBe(true)
    pass(1)
    expect(rests()).toBe(false)
  })

  it('a fault is enough to rest on, and the rest is as old as it was', () => {
    const { calls, pass, rest, rests } = circuit()
    calls(DOWN, DOWN, DOWN)
    pass(30 * SECOND)
    expect(calls(failed(UNAVAILABLE, 'still'))).toEqual(['rests_on'])
    expect(rest()).toEqual({ since: T0, until: T0 + 90 * SECOND, reason: 'still' })
    expect(rests()).toBe(true)
  })

  it.each([
    ['a success', SENT],
    ['a recipient at fault', failed(rejected('not_sms_capable'))],
  ])('%s heals it, and nothing is remembered', (_, healthy) => {
    const { calls, pass, rest } = circuit()
    calls(REVOKED)
    pass(5 * MINUTE)
    calls(REVOKED)
    pass(10 * MINUTE)
    expect(calls(healthy)).toEqual(['recovered'])
    expect(rest()).toBe(null)
    expect(calls(SENT, DOWN, DOWN)).toEqual([null, null, null])
    expect(calls(REVOKED)).toEqual(['rested'])
    expect(rest()).toMatchObject({ since: T0 + 15 * MINUTE, until: T0 + 20 * MINUTE })
  })

  it('a carrier with too much to do says nothing: the next call sees', () => {
    const { calls, pass, rests } = circuit()
    calls(REVOKED)
    pass(5 * MINUTE)
    expect(calls(failed(THROTTLED))).toEqual([null])
    expect(rests()).toBe(false)
    expect(calls(SENT)).toEqual(['recovered'])
  })
})

describe('calls that were under way when the rest began', () => {
  it.each([
    ['failed as well', REVOKED],
    ['failed otherwise', DOWN],
    ['were accepted', SENT],
    ['were refused', failed(rejected('invalid_phone_number'))],
    ['were throttled', failed(THROTTLED)],
  ])('change nothing where they %s', (_, late) => {
    const { goOut, pass, rest, rests } = circuit()
    const [first, ...others] = [goOut(), goOut(), goOut(), goOut()]
    expect(first?.(REVOKED)).toBe('rested')
    const begun = rest()
    pass(9 * SECOND)
    expect(others.map((answer) => answer(late))).toEqual([null, null, null])
    expect(rest()).toEqual(begun)
    pass(5 * MINUTE - 9 * SECOND - 1)
    expect(rests()).toBe(true)
    pass(1)
    expect(goOut()(REVOKED)).toBe('rests_on')
    expect(rest()).toMatchObject({ until: T0 + 15 * MINUTE })
  })
})

describe('a carrier that is asked while it rests, as all do', () => {
  it('recovers where it accepts', () => {
    const { calls, pass, rests } = circuit()
    calls(REVOKED)
    pass(MINUTE)
    expect(calls(SENT)).toEqual(['recovered'])
    expect(rests()).toBe(false)
  })

  it('rests no longer where it fails', () => {
    const { calls, pass, rest } = circuit()
    calls(REVOKED)
    pass(MINUTE)
    expect(calls(REVOKED, DOWN)).toEqual([null, null])
    expect(rest()).toMatchObject({ until: T0 + 5 * MINUTE })
  })
})
