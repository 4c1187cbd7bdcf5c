import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { type Config, readConfig } from '../../src/config'
import { FAILURE_KINDS, type FailureKind } from '../../src/domain/delivery'
import { type Attempt, type Clock, deliver, messengerOf } from '../../src/providers/chain'
import type { Failure, Messenger, Sent, Text } from '../../src/providers/provider'

const MESSAGE: Text = {
  id: `SM${'0'.repeat(32)}`,
  to: '+12025550123',
  body: 'Your parcel is here.',
  channel: 'sms',
  validForSeconds: 600,
}
const CODE: Text = { ...MESSAGE, body: 'Your code is 012345.', code: '012345' }

const SENT: Sent = { ok: true, providerId: 'SM1' }

const failure = (kind: FailureKind, more: Partial<Failure> = {}): Failure => ({
  ok: false,
  kind,
  retry: false,
  refusal: 'temporarily_unavailable',
  reason: kind,
  ...more,
})

const again = { retry: true }
const THROTTLED = failure('throttled', again)
const UNAVAILABLE = failure('unavailable', again)
const SERVER_ERROR = failure('unknown', { retry: true, httpStatus: 500 })
const TIMEOUT = failure('unknown', { reason: 'timeout' })

/**
 * Delivers through a carrier that answers these in turn, each after `tookMs`, on a clock that only waits advance. Asked
 * once more than there are answers, it throws.
 */
async function delivering(
  text: Text,
  answers: (Sent | Failure)[],
  { random = 0.5, tookMs = 0 }: { random?: number; tookMs?: number } = {},
) {
  let now = 1_800_000_000_000
  const waits: number[] = []
  const heard: Attempt[] = []
  const asked: { text: Text; signal: AbortSignal }[] = []
  const clock: Clock = {
    now: () => now,
    wait: async (ms) => {
      waits.push(ms)
      now += ms
    },
    random: () => random,
  }
  const messenger: Messenger = {
    name: 'carrier',
    async send(asking, signal) {
      asked.push({ text: asking, signal })
      now += tookMs
      const answer = answers[asked.length - 1]
      if (!answer) throw new Error(`asked ${asked.length} times`)
      return answer
    },
    ping: async () => ({ answering: true }),
  }
  const outcome = await deliver(messenger, text, (attempt) => heard.push(attempt), clock)
  return { outcome, waits, heard, asked, calls: asked.length }
}

describe('a delivery', () => {
  it('that the carrier takes is one call and no wait', async () => {
    const { outcome, calls, waits, asked } = await delivering(CODE, [SENT], { tookMs: 120 })
    expect(outcome).toEqual({ ...SENT, provider: 'carrier', latencyMs: 120 })
    expect([calls, waits]).toEqual([1, []])
    expect(asked[0]?.text).toBe(CODE)
    expect(asked[0]?.signal).toBeInstanceOf(AbortSignal)
    expect(asked[0]?.signal.aborted).toBe(false)
  })

  it('is heard of call by call', async () => {
    const { heard, outcome } = await delivering(CODE, [THROTTLED, UNAVAILABLE, SENT], {
      tookMs: 30,
    })
    const common = { provider: 'carrier', latencyMs: 30 }
    expect(heard).toEqual([
      { ...THROTTLED, ...common },
      { ...UNAVAILABLE, ...common },
      { ...SENT, ...common },
    ])
    expect(outcome).toEqual(heard[2])
  })

  it('sends the same text every time, with a signal of its own each', async () => {
    const { asked } = await delivering(CODE, [THROTTLED, THROTTLED, SENT])
    expect(asked.map(({ text }) => text)).toEqual([CODE, CODE, CODE])
    expect(new Set(asked.map(({ signal }) => signal)).size).toBe(3)
  })
})

describe('a carrier', () => {
  it.each([
    ['throttles', THROTTLED],
    ['is unavailable', UNAVAILABLE],
  ])('that %s is asked again, for a code and for a message', async (_, refused) => {
    for (const text of [CODE, MESSAGE]) {
      const { outcome, calls } = await delivering(text, [refused, refused, SENT])
      expect(outcome).toMatchObject(SENT)
      expect(calls).toBe(3)
    }
  })

  it('is asked three times and never a fourth', async () => {
    for (const text of [CODE, MESSAGE]) {
      const { outcome, calls } = await delivering(text, [UNAVAILABLE, UNAVAILABLE, THROTTLED])
      expect(outcome).toMatchObject(THROTTLED)
      expect(calls).toBe(3)
    }
  })

  it.each<FailureKind>(['rejected', 'blocked', 'misconfigured', 'throttled', 'unavailable'])(
    'whose answer is %s and not to be repeated is not asked again',
    async (kind) => {
      for (const text of [CODE, MESSAGE]) {
        const { outcome, calls, waits } = await delivering(text, [failure(kind)])
        expect(outcome).toEqual({ ...failure(kind), provider: 'carrier', latencyMs: 0 })
        expect([calls, waits]).toEqual([1, []])
      }
    },
  )

  it.each(['timeout', 'network', 'no_sid', 'http_201'])(
    'that may have accepted (%s) is not asked again',
    async (reason) => {
      for (const text of [CODE, MESSAGE]) {
        const { outcome, calls } = await delivering(text, [failure('unknown', { reason })])
        expect(outcome).toMatchObject({ kind: 'unknown', reason })
        expect(calls).toBe(1)
      }
    },
  )

  it('that answers with its own error is asked once more for a code', async () => {
    expect(await delivering(CODE, [SERVER_ERROR, SENT])).toMatchObject({ outcome: SENT, calls: 2 })
    const twice = await delivering(CODE, [SERVER_ERROR, SERVER_ERROR])
    expect(twice.outcome).toMatchObject(SERVER_ERROR)
    expect(twice.calls).toBe(2)
  })

  it('that answers with its own error is never asked again for a message', async () => {
    const { outcome, calls } = await delivering(MESSAGE, [SERVER_ERROR])
    expect(outcome).toMatchObject(SERVER_ERROR)
    expect(calls).toBe(1)
  })

  it('that times out when asked again is not asked a third time', async () => {
    const { outcome, calls } = await delivering(CODE, [THROTTLED, TIMEOUT])
    expect(outcome).toMatchObject(TIMEOUT)
    expect(calls).toBe(2)
  })
})

describe('where an earlier call may have been accepted', () => {
  it.each([
    ['throttled', failure('throttled')],
    ['unavailable', failure('unavailable')],
    ['misconfigured', failure('misconfigured')],
  ])('a later %s is unknown too: the text is not given back', async (_, later) => {
    const { outcome, heard, calls } = await delivering(CODE, [SERVER_ERROR, later])
    expect(outcome).toMatchObject({ ...later, kind: 'unknown' })
    expect(heard[1]).toMatchObject(later)
    expect(calls).toBe(2)
  })

  it('the outcome stays unknown over all three calls', async () => {
    const { outcome, calls } = await delivering(CODE, [SERVER_ERROR, THROTTLED, UNAVAILABLE])
    expect(outcome).toMatchObject({ ...UNAVAILABLE, kind: 'unknown' })
    expect(calls).toBe(3)
  })

  it('an opt-out or a rejection does not undo that: somebody may hold the code', async () => {
    for (const kind of ['blocked', 'rejected'] as const)
      expect((await delivering(CODE, [SERVER_ERROR, failure(kind)])).outcome).toMatchObject({
        kind: 'unknown',
      })
  })

  it('a later success is a success', async () => {
    expect((await delivering(CODE, [SERVER_ERROR, SENT])).outcome).toMatchObject(SENT)
  })
})

describe('the wait before the next call', () => {
  it.each([
    [0, [0, 0]],
    [0.5, [125, 250]],
    [1 - 2 ** -53, [249, 499]],
  ])('is full jitter under a doubling bound: %d of it is %j ms', async (random, expected) => {
    const { waits } = await delivering(CODE, [THROTTLED, THROTTLED, SENT], { random })
    expect(waits).toEqual(expected)
  })

  it('is what the carrier asks for', async () => {
    const { waits } = await delivering(CODE, [
      { ...THROTTLED, retryAfter: 2 },
      { ...THROTTLED, retryAfter: 0.5 },
      SENT,
    ])
    expect(waits).toEqual([2000, 500])
  })

  it('is given up where it leaves less than three of the fifteen seconds', async () => {
    const inTime = await delivering(CODE, [{ ...THROTTLED, retryAfter: 12 }, SENT])
    expect([inTime.calls, inTime.waits]).toEqual([2, [12_000]])
    const late = { ...THROTTLED, retryAfter: 12.001 }
    const tooLate = await delivering(CODE, [late])
    expect([tooLate.calls, tooLate.waits]).toEqual([1, []])
    expect(tooLate.outcome).toMatchObject(late)
  })

  it('leaves each call ten seconds, and the last one what is left of the fifteen', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout')
    await delivering(
      CODE,
      [{ ...THROTTLED, retryAfter: 4 }, { ...THROTTLED, retryAfter: 3 }, SENT],
      {
        tookMs: 2000,
      },
    )
    expect(timeout.mock.calls).toEqual([[10_000], [9000], [4000]])
  })

  it('counts the time that calls took, and earlier waits', async () => {
    const twoSeconds = { ...THROTTLED, retryAfter: 2 }
    const inTime = await delivering(CODE, [twoSeconds, twoSeconds, SENT], { tookMs: 4000 })
    expect(inTime.calls).toBe(3)
    const tooLate = await delivering(CODE, [twoSeconds, twoSeconds], { tookMs: 4001 })
    expect(tooLate.calls).toBe(2)
    expect(tooLate.outcome).toMatchObject(twoSeconds)
  })

  it.each([600, Number.POSITIVE_INFINITY])('is never %d s', async (retryAfter) => {
    const { calls, waits } = await delivering(CODE, [{ ...THROTTLED, retryAfter }])
    expect([calls, waits]).toEqual([1, []])
  })
})

describe('every sequence of answers', () => {
  const kinds = fc.constantFrom(...FAILURE_KINDS)
  const failures = fc
    .tuple(kinds, fc.boolean(), fc.option(fc.nat({ max: 20 }), { nil: undefined }))
    .map(([kind, retry, retryAfter]) =>
      failure(kind, { retry, ...(retryAfter !== undefined && { retryAfter }) }),
    )
  const answers = fc.array(fc.oneof(failures, fc.constant(SENT)), { minLength: 4, maxLength: 4 })

  it('keeps the promises: three calls, fifteen seconds, no message twice, nothing made better', async () => {
    await fc.assert(
      fc.asyncProperty(
        answers,
        fc.boolean(),
        fc.nat({ max: 5000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (given, isCode, tookMs, random) => {
          const text = isCode ? CODE : MESSAGE
          const { outcome, heard, waits } = await delivering(text, given, { random, tookMs })
          const waited = waits.reduce((sum, ms) => sum + ms, 0)
          const earlier = heard.slice(0, -1)
          const unknowns = heard.filter((attempt) => !attempt.ok && attempt.kind === 'unknown')

          expect(heard.length).toBeLessThanOrEqual(3)
          expect(waited + earlier.length * tookMs).toBeLessThanOrEqual(12_000)
          for (const attempt of earlier) expect(attempt).toMatchObject({ ok: false, retry: true })
          if (!isCode) expect(earlier.some((a) => !a.ok && a.kind === 'unknown')).toBe(false)
          if (unknowns.length > 0 && !outcome.ok) {
            expect(['unknown', 'rejected', 'blocked']).toContain(outcome.kind)
          }
        },
      ),
      { seed: 1, numRuns: 500 },
    )
  })
})

describe('the messenger of a configuration', () => {
  const configOf = (vars: Parameters<typeof readConfig>[0]): Config => {
    const read = readConfig(vars)
    if (!read.ok) throw new Error(JSON.stringify(read.problems))
    return read.config
  }
  const CARRIER = {
    VERGE_SECRET: btoa('thirty-two bytes for these tests'),
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'the auth token',
    TWILIO_FROM_NUMBER: '+15005550006',
  }

  it.each([
    ['the simulation', {}, 'simulation'],
    ['Twilio', CARRIER, 'twilio'],
    ['nobody where sending is switched off', { ...CARRIER, SMS_ENABLED: 'false' }, undefined],
    ['nobody where something is missing', { ...CARRIER, VERGE_SECRET: '' }, undefined],
    ['nobody in production without secrets', { ENVIRONMENT: 'production' }, undefined],
  ])('is %s', (_, vars, name) => {
    expect(messengerOf(configOf(vars))?.name).toBe(name)
  })
})
