/// <reference types="vite/client" />
// What three other systems had, row by row: a module for order verification, a Twilio SMS library, a gateway of several
// carriers. Each row is tested in depth where it belongs; here it is found by the name it had.
import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import example from '../../../.dev.vars.example?raw'
import readme from '../../../README.md?raw'
import { createClient } from '../../../src/client/client'
import { CODE_WORDING } from '../../../src/domain/code-text'
import type { Env } from '../../../src/env'
import {
  accepted,
  broken,
  carrier,
  carriers,
  codeIn,
  created,
  LOCAL,
  refused,
  TELNYX,
  TWILIO,
  VONAGE,
} from '../../carrier'
import {
  AUTHORIZED,
  advanceAlarm,
  caller,
  codeShown,
  eventsOf,
  freshNumber,
  HOUR,
  KEY,
  ledgerOf,
  MINUTE,
  onlyLedger,
  pass,
  wrong,
} from '../../gateway'
import live from '../../live.mjs?raw'

const backend = (vars: Partial<Env> = {}) => caller({ ...TWILIO, ...KEY, ...vars }, AUTHORIZED)

type Call = ReturnType<typeof caller>
const start = (call: Call, to: string, more: object = {}) =>
  call('POST', '/v1/verifications', { to, ...more })
const check = (call: Call, to: string, code: string) =>
  call('POST', '/v1/verifications/check', { to, code })

describe('order verification: send a 6-digit random code over Twilio; verify it', () => {
  it('is a start and a check', async () => {
    const [form] = [carrier(created)]
    const call = caller(TWILIO)
    const to = freshNumber()
    expect((await start(call, to)).status).toBe(201)
    const code = codeIn(form[0])
    expect(code).toMatch(/^\d{6}$/)
    expect((await check(call, to, code)).body.status).toBe('approved')
  })
})

describe('order verification: codes with expiry, cleaned up after 10 minutes', () => {
  it('expire then, and an hour later nothing is left of the number', async () => {
    const call = caller()
    const to = freshNumber()
    await start(call, to)
    const code = await codeShown(call, to)
    pass(10 * MINUTE)
    expect((await check(call, to, code)).body.code).toBe('code_expired')
    await advanceAlarm(to)
    pass(HOUR)
    await advanceAlarm(to)
    const { key, ledger } = await ledgerOf(to)
    const records = await runInDurableObject(ledger, (_, { storage: { sql } }) =>
      sql.exec('SELECT 1 FROM record WHERE key = ?', key).toArray(),
    )
    expect(records).toEqual([])
  })
})

describe('order verification: duplicate phone number scenarios', () => {
  it('send the same code under the same id, after the cooldown', async () => {
    const call = caller()
    const to = freshNumber()
    const first = await start(call, to)
    const code = await codeShown(call, to)
    expect((await start(call, to)).body.code).toBe('cooldown')
    pass(MINUTE)
    expect((await start(call, to)).body.id).toBe(first.body.id)
    expect(await codeShown(call, to)).toBe(code)
  })
})

describe('order verification: at most 5 SMS per phone per hour', () => {
  it('is exact', async () => {
    const call = backend({ RESEND_COOLDOWN_SECONDS: '1' })
    carrier(created)
    const to = freshNumber()
    const codes = []
    for (let i = 0; i < 6; i++) {
      const { status, body } = await start(call, to)
      codes.push(body.code ?? status)
      pass(2 * 1000)
    }
    expect(codes).toEqual([201, 201, 201, 201, 201, 'rate_limited'])
  })
})

describe('order verification: E.164 validation', () => {
  it.each(['12025550123', '+1202555', '+1 555 nobody', ''])('refuses %j', async (to) => {
    expect((await start(caller(), to)).status).toBe(400)
  })
})

describe('order verification: errors', () => {
  it('have a code each: bad number, Twilio failure, storage failure, wrong or expired code', async () => {
    const call = caller(TWILIO)
    expect((await start(call, '+1202555')).body.code).toBe('invalid_phone_number')
    carrier(refused(401, 20003))
    expect((await start(call, freshNumber())).body.code).toBe('temporarily_unavailable')
    const away = onlyLedger({ start: () => Promise.reject(new Error('away')) })
    const lost = caller({ ...TWILIO, ...away })
    expect(await start(lost, freshNumber())).toMatchObject({
      status: 503,
      body: { code: 'temporarily_unavailable' },
    })
    const simulated = caller()
    const to = freshNumber()
    await start(simulated, to)
    const code = await codeShown(simulated, to)
    expect((await check(simulated, to, wrong(code))).body.code).toBe('incorrect_code')
  })
})

describe('order verification: all operations logged', () => {
  it('are events, with the number masked', async () => {
    const call = caller()
    const to = freshNumber()
    await start(call, to)
    await check(call, to, await codeShown(call, to))
    const events = await eventsOf(to)
    expect(events.map(({ type }) => type)).toEqual([
      'verification.started',
      'verification.sent',
      'verification.approved',
    ])
    expect(JSON.stringify(events)).not.toContain(to.slice(1))
  })
})

describe('order verification, Twilio SMS library: credentials and configuration', () => {
  it('come from variables alone: account SID, auth token, from number, optional service SID', () => {
    for (const name of [...Object.keys(TWILIO), 'TWILIO_VERIFY_SERVICE_SID'])
      expect(example).toContain(`# ${name}=`)
  })
})

describe('Twilio SMS library: send_sms(config, phone, message)', () => {
  it('is sendMessage of the client, whose values are those of its result', async () => {
    const call = backend()
    const verge = createClient({
      baseUrl: 'https://verge.example',
      fetch: async (url, { method, headers, body }) => {
        const { pathname, search } = new URL(url)
        const answer = await call(method, pathname + search, body, headers)
        return { ...answer, text: async () => JSON.stringify(answer.body) }
      },
    })
    carrier(created)
    const to = freshNumber()
    const sent = await verge.sendMessage({ to, body: 'Your parcel is here.' })
    expect(sent).toMatchObject({ ok: true, value: { to, id: expect.stringMatching(/^SM/) } })
    const refusedOne = await verge.sendMessage({ to: '+1202555', body: 'x' })
    expect(refusedOne).toMatchObject({
      ok: false,
      problem: { code: 'invalid_phone_number', detail: expect.any(String) },
    })
  })
})

describe('Twilio SMS library: start_verification(…, channel = sms)', () => {
  it.each(['sms', 'call', 'whatsapp'])('takes %s', async (channel) => {
    expect((await start(caller(), freshNumber(), { channel })).body.channel).toBe(channel)
  })
  it('takes email', async () => {
    const to = `ada${crypto.randomUUID()}@example.com`
    expect((await start(caller(), to, { channel: 'email' })).body.channel).toBe('email')
  })
})

describe('Twilio SMS library: check_verification', () => {
  it('has the statuses pending, approved, canceled, and expired and max attempts besides', async () => {
    const statuses = []
    const call = caller()
    const show = async (id: string) => (await call('GET', `/v1/verifications/${id}`)).body.status
    for (const end of ['pending', 'approved', 'canceled', 'max', 'expired']) {
      const to = freshNumber()
      const { body } = await start(call, to)
      const code = await codeShown(call, to)
      if (end === 'approved') await check(call, to, code)
      if (end === 'canceled') await call('DELETE', `/v1/verifications/${body.id}`)
      if (end === 'max') for (let i = 0; i < 5; i++) await check(call, to, wrong(code))
      if (end === 'expired') pass(10 * MINUTE)
      statuses.push(await show(body.id))
    }
    expect(statuses).toEqual(['pending', 'approved', 'canceled', 'max_attempts_reached', 'expired'])
  })
})

describe('Twilio SMS library: domain errors', () => {
  it('are codes with their fields: retry-after of a limit, and the code of Twilio in the log', async () => {
    const call = caller()
    const to = freshNumber()
    await start(call, to)
    expect((await start(call, to)).body).toMatchObject({ code: 'cooldown', retry_after: 60 })
    const refusing = caller(TWILIO)
    carrier(refused(400, 21408))
    const other = freshNumber()
    expect((await start(refusing, other)).body.code).toBe('country_not_allowed')
    expect(await eventsOf(other)).toContainEqual(expect.objectContaining({ reason: '21408' }))
  })
})

describe('Twilio SMS library, gateway of carriers: tests against a real account, with real numbers', () => {
  it('run where credentials are, and say so where none are', () => {
    expect(live).toContain('VERGE_LIVE_TO')
    expect(live).toContain('skipped: no secrets')
  })
})

describe('gateway of carriers: providers to choose from', () => {
  it.each([
    ['twilio', TWILIO, created],
    ['telnyx', TELNYX, accepted.telnyx],
    ['vonage', VONAGE, accepted.vonage],
    ['http:local', LOCAL, accepted.local],
  ] as const)('are named by SMS_PROVIDERS: %s', async (name, vars, reply) => {
    const asked = carriers({ [name]: [reply] })
    expect((await start(caller({ ...vars, SMS_PROVIDERS: name }), freshNumber())).status).toBe(201)
    expect(asked.map(({ provider }) => provider)).toEqual([name])
  })
})

describe('gateway of carriers: code templates', () => {
  it('are these words, in English and Bengali', async () => {
    const { '*': any, admin_2fa: admin } = CODE_WORDING
    expect(any.en).toBe('Your verification code is {code}. Valid for {lifetime}.')
    expect(admin.en).toBe('Your admin login code is {code}. Valid for {lifetime}.')
    expect([any.bn, admin.bn].every((text) => /\p{Script=Bengali}/u.test(text))).toBe(true)
    const forms = carrier(created)
    await start(caller(TWILIO), freshNumber(), { purpose: 'admin_2fa' })
    expect(forms[0]?.get('Body')).toMatch(/^Your admin login code is \d{6}. Valid for 5 minutes.$/)
  })
})

describe('gateway of carriers: retry with back-off, fallback, failed attempts logged', () => {
  it('goes on to the next carrier, with the same code and an event for each failure', async () => {
    const asked = carriers({ twilio: [broken], telnyx: [accepted.telnyx] })
    const to = freshNumber()
    const vars = { ...TWILIO, ...TELNYX, SMS_PROVIDERS: 'twilio,telnyx' }
    expect((await start(caller(vars), to)).status).toBe(201)
    expect(new Set(asked.map(({ code }) => code)).size).toBe(1)
    expect((await eventsOf(to)).map(({ type }) => type)).toContain('provider.failed')
  })
})

describe('gateway of carriers: rate limiting documented', () => {
  it('is a table of the README', () => {
    expect(readme).toContain('| texts per number | 5 in any hour')
  })
})

describe('gateway of carriers: delivery tracking, delivery rate and cost per provider and region', () => {
  it('is GET /v1/stats by provider and by country', async () => {
    carrier(created)
    const call = backend()
    for (const by of ['provider', 'country']) {
      const { status, body } = await call('GET', `/v1/stats?by=${by}`)
      expect([status, Object.keys(body.total)]).toEqual([
        200,
        expect.arrayContaining(['sends', 'delivered', 'delivery_rate', 'cost']),
      ])
    }
  })
})

describe('gateway of carriers: a queue for high volume', () => {
  it('is POST /v1/messages/batch', async () => {
    const MESSAGES = { sendBatch: async () => {} } as never
    const messages = [{ to: freshNumber(), body: 'Sale.' }]
    const { status, body } = await backend({ MESSAGES })('POST', '/v1/messages/batch', { messages })
    expect([status, body.accepted]).toEqual([202, 1])
  })
})

describe('gateway of carriers: purposes', () => {
  it('are a list of the operator’s: customer and manager, registration and login, admin second factor', async () => {
    const PURPOSES = 'customer_signup,customer_login,manager_signup,manager_login,admin_2fa'
    const call = caller({ PURPOSES })
    for (const purpose of PURPOSES.split(','))
      expect((await start(call, freshNumber(), { purpose })).body.purpose).toBe(purpose)
    expect((await start(call, freshNumber(), { purpose: 'verify' })).status).toBe(400)
  })
})
