import { describe, expect, it, vi } from 'vitest'
import type { Text } from '../../src/providers/provider'
import { isMagicNumber, simulation } from '../../src/providers/simulation'

const TEXT: Text = {
  id: `SM${'0'.repeat(32)}`,
  to: '+12025550123',
  body: 'Your verification code is 012345. Valid for 10 minutes.',
  channel: 'sms',
  code: '012345',
  repeatable: true,
  validForSeconds: 600,
}

const never = () => new AbortController().signal

/** Sends, and reads the console. */
async function shown(text: Partial<Text> = {}) {
  const console_ = vi.spyOn(console, 'log').mockImplementation(() => {})
  const outcome = await simulation().send({ ...TEXT, ...text }, never())
  return { outcome, printed: console_.mock.calls.map(([line]) => String(line)) }
}

describe('a simulated text', () => {
  it('is sent, under an id like a carrier’s, each time another', async () => {
    const first = await shown()
    const second = await shown()
    expect(first.outcome).toEqual({
      ok: true,
      providerId: expect.stringMatching(/^SM[0-9a-f]{32}$/),
    })
    expect(second.outcome).not.toEqual(first.outcome)
  })

  it('is printed once, in a frame, with number, code, words and time', async () => {
    vi.useFakeTimers({ now: new Date('2026-11-21T10:00:00.000Z'), toFake: ['Date'] })
    const { printed } = await shown()
    expect(printed).toEqual([
      [
        '┌─ not sent: simulation ────────────────────────────────────────┐',
        '│ to    +12025550123 (sms)                                      │',
        '│ code  012345                                                  │',
        '│ text  Your verification code is 012345. Valid for 10 minutes. │',
        '│ time  2026-11-21T10:00:00.000Z                                │',
        '└───────────────────────────────────────────────────────────────┘',
      ].join('\n'),
    ])
  })

  it('without a code is printed without one', async () => {
    const { code: _, ...message } = TEXT
    const console_ = vi.spyOn(console, 'log').mockImplementation(() => {})
    await simulation().send({ ...message, body: 'Hi' }, never())
    const lines = String(console_.mock.calls[0]?.[0]).split('\n')
    expect(lines.map((line) => line.slice(2, 6))).toEqual([' not', 'to  ', 'text', 'time', '────'])
    expect(new Set(lines.map((line) => line.length)).size).toBe(1)
  })

  it('is framed straight, however long it is', async () => {
    for (const body of ['', 'x', 'x'.repeat(30), 'x'.repeat(200), `x\n\n${'x'.repeat(80)}`]) {
      const { printed } = await shown({ body })
      expect(
        new Set(
          printed
            .at(-1)
            ?.split('\n')
            .map((line) => line.length),
        ).size,
      ).toBe(1)
    }
  })

  it('of several lines is shown on as many, one below the other', async () => {
    const { printed } = await shown({ body: 'Code 012345\n\n@acme.example #012345' })
    const rows = printed[0]?.split('\n').map((row) => row.replace(/^│ | *│$/g, ''))
    expect(rows?.slice(3, 6)).toEqual(['text  Code 012345', '', '      @acme.example #012345'])
  })

  it('leaves the machine never', async () => {
    await shown()
    expect(globalThis.fetch).not.toHaveBeenCalled()
  })
})

describe('Twilio’s magic numbers', () => {
  it.each([
    ['+15005550001', 'rejected', 'invalid_phone_number', '21211'],
    ['+15005550002', 'unavailable', 'could_not_deliver', '21612'],
    ['+15005550003', 'rejected', 'country_not_allowed', '21408'],
    ['+15005550004', 'blocked', 'opted_out', '21610'],
    ['+15005550009', 'rejected', 'not_sms_capable', '21614'],
  ])(
    '%s fails as with test credentials, and nothing is printed',
    async (to, kind, refusal, reason) => {
      const { outcome, printed } = await shown({ to })
      expect(outcome).toEqual({ ok: false, kind, retry: false, refusal, reason })
      expect(printed).toEqual([])
    },
  )

  it.each(['+15005550000', '+15005550005', '+15005550006', '+15005550007', '+15005550008'])(
    '%s is a recipient like any other',
    async (to) => {
      expect((await shown({ to })).outcome.ok).toBe(true)
    },
  )

  it('are +1 500 555 and four digits', () => {
    expect(isMagicNumber('+15005550001')).toBe(true)
    expect(isMagicNumber('+15005559999')).toBe(true)
    for (const other of [
      '+1500555000',
      '+150055500011',
      '15005550001',
      '+15005560001',
      '+25005550001',
      '+1500555000a',
      'x+15005550001',
      '+15005550001\n',
    ]) {
      expect(isMagicNumber(other), other).toBe(false)
    }
  })
})

describe('a mail', () => {
  it('is shown with its subject, and without its HTML', async () => {
    const { printed } = await shown({
      to: 'ada@example.com',
      channel: 'email',
      mail: { subject: 'Your verification code', html: '<p>html</p>' },
    })
    const frame = printed.join()
    expect(frame).toContain('│ to    ada@example.com (email)')
    expect(frame).toContain('│ re    Your verification code')
    expect(frame).not.toContain('<p>')
  })
})

describe('a ping of the simulation', () => {
  it('is always answered', async () => {
    expect(await simulation().ping?.(never())).toEqual({ answering: true })
  })
})
