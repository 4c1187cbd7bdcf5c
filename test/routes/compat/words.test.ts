import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { WIRE } from '../../../src/domain/refusal'
import { CHASKI } from '../../../src/routes/compat/chaski'
import { MESTORE } from '../../../src/routes/compat/mestore'
import { refuseAs, type Said, type System } from '../../../src/routes/compat/system'
import type { HonoEnv } from '../../../src/routes/context'

/** Each refusal with all that it may hold, and no more. */
const SAID: Said[] = [
  ...(Object.keys(WIRE) as (keyof typeof WIRE)[]).map((code) => {
    const { detail } = WIRE[code]
    const names = [...detail.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    return { code, ...Object.fromEntries(names.map((name) => [name, 61])) } as Said
  }),
  { code: 'phone_missing' },
  { code: 'phone_verified' },
  { code: 'mailbox_missing' },
  { code: 'mailbox_malformed' },
  { code: 'mailbox_verified' },
  { code: 'channel_unavailable' },
  { code: 'wrong_otp_type' },
]

async function answerOf(system: System, said: Said) {
  const app = new Hono<HonoEnv>().get('/', (c) => refuseAs(system)(c, said))
  const response = await app.request('/')
  return { status: response.status, text: await response.text() }
}

describe.each([MESTORE, CHASKI])('the words of $name', (system) => {
  it('are there for every refusal, once, and nothing in them is left open', async () => {
    expect(Object.keys(system.words).sort()).toEqual(SAID.map(({ code }) => code).sort())
    for (const said of SAID) {
      const { status, text } = await answerOf(system, said)
      expect(status).toBe(system.words[said.code].status)
      expect(text, said.code).not.toMatch(/undefined|NaN|\{\w+\}/)
    }
  })

  it('make 400 of what a person can mend, and leave the rest what it is', () => {
    const { words } = system
    for (const code of [
      'incorrect_code',
      'no_pending_verification',
      'code_expired',
      'opted_out',
    ] as const)
      expect(words[code].status).toBe(400)
    for (const code of ['unauthorized', 'not_found', 'internal_error', 'not_configured'] as const)
      expect(words[code].status).toBe(WIRE[code].status)
  })
})

it('minutes are rounded up', async () => {
  const { text } = await answerOf(CHASKI, { code: 'locked', retryAfter: 61 })
  expect(JSON.parse(text)).toEqual({ detail: 'Too many wrong codes. Try again in 2 min.' })
})
