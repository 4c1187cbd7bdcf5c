// The delegated engine, end to end: Twilio makes, sends and judges the code; limits, attempts and the record are Verge's.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { AuditEvent } from '../../src/domain/event'
import type { RecipientRecord } from '../../src/domain/record'
import {
  type Call,
  caller,
  freshNumber,
  HOUR,
  ledgerOf,
  MINUTE,
  onlyLedger,
  pass,
  SECOND,
  wrong,
} from '../gateway'
import {
  broken,
  html,
  lost,
  type Reply,
  refused,
  usual,
  VERIFY,
  VERIFY_AND_TEXTS,
  verify,
} from '../verify'

const KEY = { API_KEYS: 'ops:0123456789abcdef' }
const WITH_KEY = { Authorization: 'Bearer 0123456789abcdef' }

const start = (call: Call, to: string, more: object = {}, headers = {}) =>
  call('POST', '/v1/verifications', { to, ...more }, headers)
const check = (call: Call, code: string, target: object) =>
  call('POST', '/v1/verifications/check', { code, ...target })

const times = <T>(count: number, work: () => Promise<T>) =>
  Promise.all(Array.from({ length: count }, work))
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).sort()

/** What the ledger has of a recipient: the record, and the events that have not left yet. */
async function fileOf(to: string) {
  const { key, ledger } = await ledgerOf(to)
  return runInDurableObject(ledger, (_, { storage: { sql } }) => {
    const [row] = sql.exec<{ state: string }>('SELECT state FROM record WHERE key = ?', key)
    const events = sql
      .exec<{ events: string }>('SELECT events FROM outbox ORDER BY seq')
      .toArray()
      .flatMap(({ events }) => JSON.parse(`[${events}]`) as AuditEvent[])
      .filter(({ recipient }) => recipient === key)
    return { record: row && (JSON.parse(row.state) as RecipientRecord), events }
  })
}
const eventsOf = async (to: string) => (await fileOf(to)).events
const typesOf = async (to: string) =>
  (await eventsOf(to)).map(({ type, reason }) => (reason ? `${type} ${reason}` : type))
const recordOf = async (to: string) => {
  const { record } = await fileOf(to)
  if (!record) throw new Error('no record')
  return record
}

const evict = async (to: string) => evictDurableObject((await ledgerOf(to)).ledger)

/** A started verification, and what Twilio has of it. */
async function started(more: object = {}, vars: object = VERIFY) {
  const twilio = verify()
  const call = caller(vars)
  const to = freshNumber()
  const answer = await start(call, to, more)
  expect(answer.status).toBe(201)
  const { code, sid } = twilio.latest(to)
  return { twilio, call, to, id: answer.body.id as string, code, sid }
}

beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0) // no waiting between calls
})

describe('a verification by Twilio', () => {
  it('looks to the client like any other, but for its engine', async () => {
    const twilio = verify()
    const to = freshNumber()
    const answer = await start(caller(VERIFY), to)
    expect(answer).toMatchObject({ status: 201 })
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^VE4[0-9a-f]{31}$/),
      to,
      channel: 'sms',
      channels: ['sms', 'call', 'whatsapp'],
      purpose: 'verify',
      status: 'pending',
      engine: 'delegated',
      expires_at: '2030-01-01T00:10:00.000Z',
      resend_at: '2030-01-01T00:01:00.000Z',
      sends_remaining: 4,
      attempts_remaining: 5,
      simulated: false,
    })
    expect(answer.body.id).not.toBe(twilio.latest(to).sid)
  })

  it('is approved once, and then gone', async () => {
    const { twilio, call, to, id, code } = await started()
    expect(await check(call, code, { to })).toMatchObject({
      status: 200,
      body: { id, to, status: 'approved', engine: 'delegated', attempts_remaining: 4 },
    })
    expect(await check(call, code, { to })).toMatchObject({
      status: 404,
      body: { code: 'no_pending_verification' },
    })
    expect(twilio.calls('check')).toHaveLength(1)
  })

  it('is resent under the same id here and there, with the same code', async () => {
    const { twilio, call, to, id, code, sid } = await started()
    pass(MINUTE)
    expect(await start(call, to)).toMatchObject({ status: 201, body: { id, sends_remaining: 3 } })
    expect(twilio.all(to)).toMatchObject([{ sid, code, sends: 2 }])
    expect(twilio.calls('update')).toEqual([])
    expect((await check(call, code, { to })).status).toBe(200)
  })

  it('is checked by id as well, and the number stays masked', async () => {
    const { twilio, call, to, id, code, sid } = await started()
    expect(await check(call, wrong(code), { id })).toMatchObject({
      status: 422,
      body: { code: 'incorrect_code', attempts_remaining: 4 },
    })
    const masked = `+44******${to.slice(-4)}`
    expect(await check(call, code, { id })).toMatchObject({
      status: 200,
      body: { id, to: masked, status: 'approved' },
    })
    expect(twilio.calls('check').map(({ form }) => Object.fromEntries(form))).toEqual([
      { VerificationSid: sid, Code: wrong(code) },
      { VerificationSid: sid, Code: code },
    ])
    expect(await call('GET', `/v1/verifications/${id}`)).toMatchObject({
      body: { to: masked, status: 'approved' },
    })
  })

  it('expires here at its time, whatever Twilio thinks', async () => {
    const { twilio, call, to, code } = await started({ purpose: 'admin_2fa' })
    pass(5 * MINUTE)
    expect(twilio.pending(to)).toHaveLength(1)
    expect(await check(call, code, { to, purpose: 'admin_2fa' })).toMatchObject({
      status: 410,
      body: { code: 'code_expired' },
    })
    expect(twilio.calls('check')).toEqual([])
  })

  it('that Twilio has forgotten is gone here too, and a new one may start', async () => {
    const { twilio, call, to, id, code } = await started()
    twilio.forget(to)
    const gone = { status: 404, body: { code: 'no_pending_verification' } }
    expect(await check(call, code, { to })).toMatchObject(gone)
    expect(await check(call, code, { to })).toMatchObject(gone)
    expect(twilio.calls('check')).toHaveLength(1)
    expect((await call('GET', `/v1/verifications/${id}`)).body.status).toBe('expired')
    pass(MINUTE)
    const again = await start(call, to)
    expect(again).toMatchObject({ status: 201, body: { attempts_remaining: 5 } })
    expect(again.body.id).not.toBe(id)
    expect((await check(call, twilio.latest(to).code, { to })).status).toBe(200)
    expect(await typesOf(to)).toContain('verification.expired gone')
  })

  it('that Twilio has forgotten goes on with a resend', async () => {
    const { twilio, call, to, id, sid } = await started(
      {},
      { ...VERIFY, OTP_EXPIRATION_MINUTES: '60' },
    )
    pass(10 * MINUTE)
    expect((await start(call, to)).body.id).toBe(id)
    expect(twilio.latest(to).sid).not.toBe(sid)
    expect((await check(call, twilio.latest(to).code, { to })).status).toBe(200)
  })

  it('ends at Twilio when it is canceled', async () => {
    const { twilio, call, to, id, sid } = await started()
    expect(await call('DELETE', `/v1/verifications/${id}`)).toMatchObject({
      status: 200,
      body: { status: 'canceled' },
    })
    expect(twilio.calls('update').map(({ about, form }) => [about, form.get('Status')])).toEqual([
      [sid, 'canceled'],
    ])
    expect(twilio.pending(to)).toEqual([])
    expect((await check(call, twilio.latest(to).code, { id })).status).toBe(404)
  })

  it.each([
    ['fails', refused(503, 20503)],
    ['is lost', broken],
  ])('canceled, never brings its code back though telling Twilio %s', async (_, reply) => {
    const { twilio, call, to, id, code } = await started()
    twilio.answers('update', reply)
    expect((await call('DELETE', `/v1/verifications/${id}`)).status).toBe(200)
    twilio.answers('update', usual)
    pass(MINUTE)
    expect((await start(call, to)).status).toBe(201)
    expect(twilio.latest(to).code).not.toBe(code)
    expect((await check(call, code, { to })).status).toBe(422)
  })

  it('survives the eviction of its ledger between all calls', async () => {
    const { twilio, call, to, id, code } = await started()
    await evict(to)
    expect((await check(call, wrong(code), { to })).body.attempts_remaining).toBe(4)
    await evict(to)
    pass(MINUTE)
    expect((await start(call, to)).body.id).toBe(id)
    await evict(to)
    expect((await check(call, code, { to })).status).toBe(200)
    await evict(to)
    expect((await check(call, code, { to })).status).toBe(404)
    expect(twilio.calls('check')).toHaveLength(2)
  })

  it('leaves its whole life in the audit log, with what Twilio calls it and without what it must not say', async () => {
    const lines: string[] = []
    for (const level of ['log', 'error'] as const)
      vi.spyOn(console, level).mockImplementation((line) => void lines.push(String(line)))
    const { twilio, call, to, id, code, sid } = await started()
    pass(MINUTE)
    await start(call, to)
    await check(call, wrong(code), { to })
    twilio.answers('check', refused(429, 20429), refused(429, 20429), refused(429, 20429), usual)
    await check(call, code, { to })
    await check(call, code, { to })
    await check(call, code, { to })
    const events = await eventsOf(to)
    const provider = 'twilio-verify'
    const failed = { type: 'provider.failed', provider, reason: '20429', status: 'throttled' }
    expect(events).toMatchObject([
      { type: 'verification.started' },
      { type: 'verification.sent', provider, provider_id: sid, provider_request_id: 'RQ1' },
      { type: 'verification.resent' },
      { type: 'verification.sent', provider, provider_id: sid },
      { type: 'verification.check_failed', provider, reason: 'incorrect_code' },
      failed,
      failed,
      failed,
      { type: 'verification.check_refused', provider, reason: 'temporarily_unavailable' },
      { type: 'verification.approved', provider, provider_request_id: 'RQ1' },
      { type: 'verification.check_refused', reason: 'no_pending_verification' },
    ])
    for (const event of events)
      expect(event).toMatchObject({ verification_id: id, purpose: 'verify' })
    const written = JSON.stringify(events) + lines.join('\n')
    for (const secret of [code, wrong(code), to, to.slice(1), VERIFY.TWILIO_AUTH_TOKEN])
      expect(written).not.toContain(secret)
  })

  it('is forgotten at last', async () => {
    const { call, to } = await started()
    pass(MINUTE)
    await start(call, to, { purpose: 'login' })
    const { ledger } = await ledgerOf(to)
    for (let wakes = 0; wakes < 20 && (await fileOf(to)).record; wakes++) {
      pass(10 * MINUTE)
      await runDurableObjectAlarm(ledger)
    }
    expect((await fileOf(to)).record).toBeUndefined()
  })
})

describe('attempts', () => {
  it('are five, and Twilio hears of no sixth', async () => {
    const { twilio, call, to, code } = await started()
    for (const left of [4, 3, 2, 1, 0])
      expect(await check(call, wrong(code), { to })).toMatchObject({
        status: 422,
        body: { code: 'incorrect_code', attempts_remaining: left },
      })
    expect(await check(call, code, { to })).toMatchObject({
      status: 429,
      body: { code: 'too_many_attempts', attempts_remaining: 0, retry_after: 60 },
    })
    expect(twilio.calls('check')).toHaveLength(5)
  })

  it('are three for an administrator', async () => {
    const { twilio, call, to, code } = await started({ purpose: 'admin_2fa' })
    const target = { to, purpose: 'admin_2fa' }
    for (const left of [2, 1, 0])
      expect((await check(call, wrong(code), target)).body.attempts_remaining).toBe(left)
    expect((await check(call, code, target)).status).toBe(429)
    expect(twilio.calls('check')).toHaveLength(3)
  })

  it('are never more than Twilio has, however many the operator allows', async () => {
    const twilio = verify()
    const call = caller({ ...VERIFY, OTP_MAX_ATTEMPTS: '9' })
    expect((await start(call, freshNumber())).body.attempts_remaining).toBe(5)
    expect(twilio.calls('start')).toHaveLength(1)
  })

  it('are spent by a flood, of which Twilio hears five', async () => {
    const { twilio, call, to, code } = await started()
    const answers = await times(20, () => check(call, wrong(code), { to }))
    expect(statuses(answers)).toEqual([...Array(5).fill(422), ...Array(15).fill(429)])
    expect(twilio.calls('check')).toHaveLength(5)
  })

  it('count towards the lock, each of them, also when they come at the same moment', async () => {
    const { call, to, code } = await started()
    await times(5, () => check(call, wrong(code), { to }))
    expect((await recordOf(to)).failures).toHaveLength(5)
  })

  it('count towards the lock though the verification is canceled while Twilio looks', async () => {
    const { twilio, call, to, id, code } = await started()
    const { reply, open } = twilio.gate()
    twilio.answers('check', reply)
    const checks = times(5, () => check(call, wrong(code), { to }))
    await vi.waitFor(() => expect(twilio.calls('check')).toHaveLength(5))
    await call('DELETE', `/v1/verifications/${id}`)
    open()
    for (const { status } of await checks) expect(status).toBe(404)
    expect((await recordOf(to)).failures).toHaveLength(5)
  })

  it('lock the recipient after ten wrong codes', async () => {
    const { twilio, call, to, code } = await started()
    for (let i = 0; i < 5; i++) await check(call, wrong(code), { to })
    pass(MINUTE)
    expect((await start(call, to)).status).toBe(201)
    expect(twilio.latest(to).code).not.toBe(code)
    for (let i = 0; i < 5; i++) await check(call, wrong(twilio.latest(to).code), { to })
    const locked = { status: 429, body: { code: 'locked', retry_after: 900 } }
    expect(await check(call, twilio.latest(to).code, { to })).toMatchObject(locked)
    expect(await start(call, to)).toMatchObject(locked)
    expect(twilio.calls('check')).toHaveLength(10)
    expect(twilio.calls('start')).toHaveLength(2)
  })

  it('approve once of ten right codes at the same moment', async () => {
    const { call, to, code } = await started()
    const answers = await times(10, () => check(call, code, { to }))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await typesOf(to)).filter((type) => type === 'verification.approved')).toHaveLength(1)
    expect((await check(call, code, { to })).status).toBe(404)
  })

  it('approve in whatever order the answers come: one that is late finds the others gone', async () => {
    const { twilio, call, to, id, code } = await started()
    const { reply, open } = twilio.gate()
    twilio.answers('check', reply, usual)
    const first = check(call, code, { to })
    await vi.waitFor(() => expect(twilio.calls('check')).toHaveLength(1))
    expect((await check(call, code, { to })).status).toBe(404)
    open()
    expect(await first).toMatchObject({ status: 200, body: { id, status: 'approved' } })
    expect((await check(call, code, { to })).status).toBe(404)
  })

  it('approve a right code among wrong ones that spend the rest', async () => {
    const { call, to, code } = await started()
    const answers = await Promise.all(
      [wrong(code), wrong(code), code, wrong(code), wrong(code)].map((tried) =>
        check(call, tried, { to }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it.each([
    ['503', refused(503, 20503), 503, 'temporarily_unavailable'],
    ['20429', refused(429, 20429), 503, 'temporarily_unavailable'],
    ['401', refused(401, 20003), 503, 'temporarily_unavailable'],
    ['60212', refused(429, 60212), 429, 'too_many_requests'],
  ])(
    'are given back, once, where Twilio certainly did not look: %s',
    async (_, reply, status, told) => {
      const { twilio, call, to, id, code } = await started()
      for (let i = 0; i < 3; i++) await check(call, wrong(code), { to })
      twilio.answers('check', reply)
      const answer = await check(call, code, { to })
      expect(answer).toMatchObject({ status, body: { code: told } })
      expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/)
      expect((await call('GET', `/v1/verifications/${id}`)).body.attempts_remaining).toBe(2)
      const refusals = (await typesOf(to)).filter((type) => type.includes('check_refused'))
      expect(refusals).toEqual(['verification.check_refused temporarily_unavailable'])
      twilio.answers('check', usual)
      expect((await check(call, code, { to })).status).toBe(200)
    },
  )

  it('say how long to wait, as Twilio does', async () => {
    const { twilio, call, to, code } = await started()
    twilio.answers('check', refused(429, 20429, { 'Retry-After': '40' }))
    expect(await check(call, code, { to })).toMatchObject({
      status: 503,
      body: { retry_after: 40 },
    })
  })

  it.each([
    ['its answer is lost', broken],
    ['it answers HTML', html(502)],
    ['it answers nonsense', () => Response.json({ status: 'approved' })],
    [
      'it approves another',
      (work: () => Response) => {
        work()
        return Response.json({ sid: `VE${'9'.repeat(32)}`, status: 'approved', valid: true })
      },
    ],
    ['it refuses the request as such', refused(400, 60200)],
    ['it refuses for no known reason', refused(400, 99999)],
  ] as [string, Reply][])('stay spent where Twilio may have looked: %s', async (_, reply) => {
    const { twilio, call, to, id, code } = await started()
    twilio.answers('check', reply)
    expect(await check(call, code, { to })).toMatchObject({
      status: 503,
      body: { code: 'temporarily_unavailable', retry_after: 10 },
    })
    expect(twilio.calls('check')).toHaveLength(1)
    expect((await call('GET', `/v1/verifications/${id}`)).body).toMatchObject({
      status: 'pending',
      attempts_remaining: 4,
    })
    const refusals = (await typesOf(to)).filter((type) => type.includes('check_refused'))
    expect(refusals).toHaveLength(1)
  })

  it('run out where Twilio says so first', async () => {
    const { twilio, call, to, code } = await started()
    twilio.answers('check', refused(429, 60202))
    for (let i = 0; i < 2; i++)
      expect(await check(call, code, { to })).toMatchObject({
        status: 429,
        body: { code: 'too_many_attempts', attempts_remaining: 0, retry_after: 60 },
      })
    expect(twilio.calls('check')).toHaveLength(1)
  })

  it('stay spent when the Worker dies before it hears Twilio, and the code may still be right', async () => {
    const { twilio, call, to, id, code } = await started()
    const { key, ledger } = await ledgerOf(to)
    const target = { target: { id }, code, sendLimit: 5, simulated: false, caller: {} }
    expect(await ledger.check(key, target)).toMatchObject({ ok: true, value: { ask: { id } } })
    await evict(to)
    expect((await call('GET', `/v1/verifications/${id}`)).body.attempts_remaining).toBe(4)
    expect((await check(call, code, { to })).status).toBe(200)
    expect(twilio.calls('check')).toHaveLength(1)
  })

  it('are judged once though the ledger is away for a moment', async () => {
    const { to, id, code } = await started()
    const { key, ledger } = await ledgerOf(to)
    let concludes = 0
    const moving = {
      check: (...args: Parameters<typeof ledger.check>) => ledger.check(...args),
      conclude: (...args: Parameters<typeof ledger.conclude>) =>
        ++concludes < 3 ? Promise.reject(new Error('reset')) : ledger.conclude(...args),
    }
    const call = caller({ ...VERIFY, ...onlyLedger(moving) })
    expect((await check(call, code, { to })).status).toBe(200)
    expect(concludes).toBe(3)
    expect(await ledger.show(key, id, 5)).toMatchObject({ value: { status: 'approved' } })
  })
})

describe('a start whose answer was lost', () => {
  it('is pending with an unknown outcome, and checked by number', async () => {
    const twilio = verify()
    twilio.answers('start', lost)
    const call = caller(VERIFY)
    const to = freshNumber()
    const answer = await start(call, to)
    expect(answer).toMatchObject({
      status: 201,
      body: { status: 'pending', send_status: 'unknown', resend_at: '2030-01-01T00:00:00.000Z' },
    })
    expect(twilio.calls('start')).toHaveLength(1)
    const { code } = twilio.latest(to)
    expect(await check(call, wrong(code), { to })).toMatchObject({ status: 422 })
    expect(await check(call, code, { to })).toMatchObject({
      status: 200,
      body: { id: answer.body.id },
    })
    expect(twilio.calls('check').map(({ about }) => about)).toEqual([to, to])
  })

  it('cannot be checked by id, which shows no number, until the code was sent again', async () => {
    const twilio = verify()
    twilio.answers('start', lost, usual)
    const call = caller(VERIFY)
    const to = freshNumber()
    const { id } = (await start(call, to)).body
    const { code } = twilio.latest(to)
    expect(await check(call, code, { id })).toMatchObject({ status: 503 })
    expect(twilio.calls('check')).toEqual([])
    expect((await call('GET', `/v1/verifications/${id}`)).body.attempts_remaining).toBe(5)
    expect((await eventsOf(to)).at(-1)).not.toHaveProperty('provider')
    expect((await start(call, to)).body.id).toBe(id)
    expect(await check(call, code, { id })).toMatchObject({ status: 200 })
  })

  it('ends at Twilio, by number, before another purpose starts', async () => {
    const twilio = verify()
    twilio.answers('start', lost, usual)
    const call = caller(VERIFY)
    const to = freshNumber()
    await start(call, to)
    const { code } = twilio.latest(to)
    expect((await start(call, to, { purpose: 'login' })).status).toBe(201)
    expect(twilio.calls('update').map(({ about }) => about)).toEqual([to])
    expect(twilio.latest(to).code).not.toBe(code)
    expect((await check(call, code, { to })).status).toBe(404)
    expect((await check(call, code, { to, purpose: 'login' })).status).toBe(422)
    expect((await check(call, twilio.latest(to).code, { to })).status).toBe(404)
    expect((await check(call, twilio.latest(to).code, { to, purpose: 'login' })).status).toBe(200)
    pass(MINUTE)
    expect((await start(call, to, { purpose: 'login' })).status).toBe(201)
    expect(twilio.calls('update')).toHaveLength(1)
  })

  it('does not fall through to a text of our own: it may have sent one', async () => {
    const twilio = verify()
    twilio.answers('start', broken)
    const answer = await start(caller(VERIFY_AND_TEXTS), freshNumber())
    expect(answer).toMatchObject({
      status: 201,
      body: { engine: 'delegated', send_status: 'unknown' },
    })
    expect(twilio.calls('text')).toEqual([])
  })

  it('is not asked about while Twilio is still being asked to start it', async () => {
    const twilio = verify()
    const { reply, open } = twilio.gate('after')
    twilio.answers('start', reply)
    const call = caller(VERIFY)
    const to = freshNumber()
    const starting = start(call, to)
    await vi.waitFor(() => expect(twilio.calls('start')).toHaveLength(1))
    expect(await check(call, '000000', { to })).toMatchObject({ status: 503 })
    open()
    const { id } = (await starting).body
    expect((await call('GET', `/v1/verifications/${id}`)).body).toMatchObject({
      status: 'pending',
      attempts_remaining: 5,
    })
  })
})

describe('two purposes of one number', () => {
  it('have one verification at Twilio: starting the second ends the first, there and here', async () => {
    const { twilio, call, to, id, code, sid } = await started()
    const login = await start(call, to, { purpose: 'login' })
    expect(login.status).toBe(201)
    expect(twilio.asked.map(({ kind, about }) => [kind, about])).toEqual([
      ['start', to],
      ['update', sid],
      ['start', to],
    ])
    const second = twilio.latest(to)
    expect(second.sid).not.toBe(sid)
    expect((await call('GET', `/v1/verifications/${id}`)).body.status).toBe('canceled')
    expect(await typesOf(to)).toContain('verification.canceled replaced')

    for (const tried of [code, second.code])
      expect((await check(call, tried, { to })).status).toBe(404)
    expect((await check(call, code, { to, purpose: 'login' })).status).toBe(422)
    expect((await check(call, second.code, { to, purpose: 'login' })).status).toBe(200)
  })

  it('do so too where the first has expired here', async () => {
    const { twilio, call, to, code, sid } = await started({ purpose: 'admin_2fa' })
    pass(5 * MINUTE)
    expect((await start(call, to, { purpose: 'login' })).status).toBe(201)
    expect(twilio.latest(to).sid).not.toBe(sid)
    expect((await check(call, code, { to, purpose: 'login' })).status).toBe(422)
  })

  it('do so too where the first is spent', async () => {
    const { twilio, call, to, code } = await started({ purpose: 'admin_2fa' })
    for (let i = 0; i < 3; i++) await check(call, wrong(code), { to, purpose: 'admin_2fa' })
    await start(call, to, { purpose: 'login' })
    expect(twilio.latest(to).code).not.toBe(code)
  })

  it('leave what was approved alone', async () => {
    const { twilio, call, to, code } = await started()
    await check(call, code, { to })
    await start(call, to, { purpose: 'login' })
    expect(twilio.calls('update')).toEqual([])
  })

  it.each([
    ['Twilio first', 'before'],
    ['Verge first', 'after'],
  ] as const)(
    'that start at the same moment share no code: one of them ends (%s)',
    async (_, when) => {
      const twilio = verify()
      const call = caller(VERIFY)
      const to = freshNumber()
      const { reply, open } = twilio.gate(when)
      twilio.answers('start', reply, usual)
      const first = start(call, to)
      await vi.waitFor(() => expect(twilio.calls('start')).toHaveLength(1))
      const second = await start(call, to, { purpose: 'login' })
      open()
      await first
      expect(second.status).toBe(201)
      const { code } = twilio.latest(to)
      const answers = [
        await check(call, code, { to }),
        await check(call, code, { to, purpose: 'login' }),
        await check(call, code, { to }),
      ]
      expect(statuses(answers)).toEqual([200, 404, 404])
      const { verifications } = await recordOf(to)
      expect(new Set(verifications.map((v) => v.reference)).size).toBe(verifications.length)
      // Nothing of it is left that could stand in a third one's way, or serve it.
      pass(MINUTE)
      await start(call, to, { purpose: 'admin_2fa' })
      expect((await check(call, code, { to, purpose: 'admin_2fa' })).status).not.toBe(200)
    },
  )

  it('that start at the same moment, three of them, share no code', async () => {
    const twilio = verify()
    const purposes = ['verify', 'login', 'admin_2fa']
    const to = freshNumber()
    const call = caller(VERIFY)
    await Promise.all(purposes.map((purpose) => start(call, to, { purpose })))
    const approved = []
    for (const { code } of twilio.all(to))
      for (const purpose of purposes)
        if ((await check(call, code, { to, purpose })).status === 200) approved.push(purpose)
    expect(approved.length).toBeLessThanOrEqual(1) // the last of them may have been ended with the others
    pass(MINUTE)
    await start(call, to)
    expect((await check(call, twilio.latest(to).code, { to })).status).toBe(200)
  })

  it.each([
    ['for certain', refused(503, 20503), 503],
    ['for good', refused(400, 99999), 503],
    ['as it seems', broken, 503],
    ['as HTML', html(502), 503],
  ] as [string, Reply, number][])(
    'never share a code where ending the first fails %s: the second has not left',
    async (_, reply, status) => {
      const { twilio, call, to, code, sid } = await started()
      twilio.answers('update', reply)
      const target = { to, purpose: 'login' }
      expect(await start(call, to, { purpose: 'login' })).toMatchObject({
        status,
        body: { code: 'temporarily_unavailable' },
      })
      expect(twilio.calls('start')).toHaveLength(1)
      expect((await check(call, code, target)).status).toBe(404)
      expect((await recordOf(to)).sends).toHaveLength(1)
      twilio.answers('update', usual)
      expect((await start(call, to, { purpose: 'login' })).status).toBe(201)
      expect(twilio.latest(to).sid).not.toBe(sid)
      expect((await check(call, code, target)).status).toBe(422)
      expect((await check(call, twilio.latest(to).code, target)).status).toBe(200)
    },
  )

  it('start the second where Twilio will not end the first because it is over, and not where it is not', async () => {
    const { twilio, call, to, id, sid } = await started()
    twilio.answers('update', usual, refused(400, 60200))
    await call('DELETE', `/v1/verifications/${id}`)
    expect((await start(call, to, { purpose: 'login' })).status).toBe(201)
    expect(twilio.calls('fetch').map(({ about }) => about)).toEqual([sid])

    const other = await started()
    other.twilio.answers('update', refused(400, 60200))
    expect((await start(other.call, other.to, { purpose: 'login' })).status).toBe(503)
    expect(other.twilio.asked.map(({ kind }) => kind)).toEqual(['start', 'update', 'fetch'])
  })

  it('never share a code where the Worker dies before it ended the first', async () => {
    const { twilio, call, to, code } = await started()
    twilio.answers('update', () => new Promise(() => {}))
    const dying = start(caller(VERIFY), to, { purpose: 'login' })
    await vi.waitFor(() => expect(twilio.calls('update')).toHaveLength(1))
    const target = { to, purpose: 'login' }
    expect((await check(call, code, target)).status).not.toBe(200)
    pass(30 * SECOND)
    await runDurableObjectAlarm((await ledgerOf(to)).ledger)
    expect((await check(call, code, target)).status).toBe(404)
    expect(twilio.calls('check')).toEqual([])
    twilio.answers('update', usual)
    expect((await start(call, to, { purpose: 'login' })).status).toBe(201)
    expect((await check(call, code, target)).status).toBe(422)
    expect((await check(call, twilio.latest(to).code, target)).status).toBe(200)
    void dying
  })

  it('never share a code where one was canceled while Twilio was asked to start it', async () => {
    const twilio = verify()
    const { reply, open } = twilio.gate()
    twilio.answers('start', reply, usual)
    const call = caller(VERIFY)
    const to = freshNumber()
    const starting = start(call, to)
    await vi.waitFor(() => expect(twilio.calls('start')).toHaveLength(1))
    const [first] = (await recordOf(to)).verifications
    await call('DELETE', `/v1/verifications/${first?.id}`)
    open()
    await starting
    const { code } = twilio.latest(to)
    await start(call, to, { purpose: 'login' })
    expect(twilio.latest(to).code).not.toBe(code)
    expect((await check(call, code, { to, purpose: 'login' })).status).toBe(422)
  })

  it('never share a code where one was approved while it was sent again', async () => {
    const { twilio, call, to, code } = await started()
    pass(MINUTE)
    const { reply, open } = twilio.gate('after')
    twilio.answers('start', reply, usual)
    const resending = start(call, to)
    await vi.waitFor(() => expect(twilio.calls('start')).toHaveLength(2))
    expect((await check(call, code, { to })).status).toBe(200)
    open()
    await resending
    const texted = twilio.latest(to).code
    expect(texted).not.toBe(code)
    await start(call, to, { purpose: 'login' })
    expect((await check(call, texted, { to, purpose: 'login' })).status).toBe(422)
  })
})

describe('where Verify cannot start', () => {
  const unable: [string, Reply][] = [
    ['it is unavailable', refused(503, 20503)],
    ['the service does not exist', refused(404, 20404)],
    ['the service lacks what is asked of it', refused(403, 60204)],
    ['its credentials are refused', refused(401, 20003)],
  ]

  it.each(unable)('and %s, Verge makes the code itself, once', async (_, reply) => {
    const twilio = verify()
    twilio.answers('start', reply)
    const call = caller(VERIFY_AND_TEXTS)
    const to = freshNumber()
    const answer = await start(call, to)
    expect(answer).toMatchObject({ status: 201, body: { engine: 'own', sends_remaining: 4 } })
    expect(twilio.calls('text')).toHaveLength(1)
    expect(twilio.calls('start').length).toBeLessThanOrEqual(3)
    const code = twilio.calls('text')[0]?.form.get('Body')?.match(/\d{6}/)?.[0] ?? ''
    expect((await check(call, wrong(code), { to })).status).toBe(422)
    expect((await check(call, code, { to })).body).toMatchObject({
      id: answer.body.id,
      status: 'approved',
      engine: 'own',
    })
    expect(twilio.calls('check')).toEqual([])
    expect((await recordOf(to)).sends).toHaveLength(1)
  })

  it.each(unable)('and %s, nothing was sent where nobody else can', async (_, reply) => {
    const twilio = verify()
    twilio.answers('start', reply)
    const call = caller(VERIFY)
    const to = freshNumber()
    expect(await start(call, to)).toMatchObject({
      status: 503,
      body: { code: 'temporarily_unavailable' },
    })
    expect((await fileOf(to)).record).toBeUndefined()
    twilio.answers('start', usual)
    expect((await start(call, to)).status).toBe(201)
  })

  it('tells the whole story in the audit log', async () => {
    const twilio = verify()
    twilio.answers('start', refused(404, 20404))
    const to = freshNumber()
    await start(caller(VERIFY_AND_TEXTS), to)
    expect((await typesOf(to)).filter((type) => !type.startsWith('provider.rested'))).toEqual([
      'verification.started',
      'provider.failed 20404',
      'verification.send_failed 20404',
      'verification.started',
      'verification.sent',
    ])
  })

  it('says what the carrier says where that fails as well', async () => {
    const twilio = verify()
    twilio.answers('start', refused(503, 20503))
    twilio.answers('text', refused(400, 21610))
    const to = freshNumber()
    expect(await start(caller(VERIFY_AND_TEXTS), to)).toMatchObject({
      status: 403,
      body: { code: 'opted_out' },
    })
    expect((await recordOf(to)).sends).toHaveLength(1)
  })

  it('does not send a WhatsApp or a mail as a text', async () => {
    const twilio = verify()
    twilio.answers('start', refused(503, 20503))
    const call = caller(VERIFY_AND_TEXTS)
    expect((await start(call, freshNumber(), { channel: 'whatsapp' })).status).toBe(503)
    const mailbox = `${crypto.randomUUID()}@example.com`
    expect((await start(call, mailbox, { channel: 'email' })).status).toBe(503)
    expect(twilio.calls('text')).toEqual([])
  })

  it('leaves Verify alone for a while, and comes back to it', async () => {
    const twilio = verify()
    twilio.answers('start', refused(401, 20003))
    const call = caller(VERIFY_AND_TEXTS)
    expect((await start(call, freshNumber())).body.engine).toBe('own')
    expect((await start(call, freshNumber())).body.engine).toBe('own')
    expect(twilio.calls('start')).toHaveLength(1)
    twilio.answers('start', usual)
    pass(5 * MINUTE)
    const to = freshNumber()
    expect((await start(call, to)).body.engine).toBe('delegated')
    expect((await start(call, freshNumber())).body.engine).toBe('delegated')
    expect(await typesOf(to)).toContain('provider.recovered')
  })

  it('asks a resting Verify all the same where nobody else can send', async () => {
    const twilio = verify()
    twilio.answers('start', refused(401, 20003), usual)
    const call = caller(VERIFY)
    expect((await start(call, freshNumber())).status).toBe(503)
    expect((await start(call, freshNumber())).status).toBe(201)
  })

  it('hears of its return also where Verge only reports to it, so that the next rest is an alarm again', async () => {
    const { twilio, call, id } = await started()
    twilio.answers('start', refused(401, 20003))
    await start(call, freshNumber())
    const resting = () => env.CARRIER_HEALTH?.getByName('carriers').resting()
    expect(await resting()).toHaveProperty('twilio-verify')
    pass(5 * MINUTE)
    expect((await call('DELETE', `/v1/verifications/${id}`)).status).toBe(200)
    expect(await resting()).not.toHaveProperty('twilio-verify')
  })

  it('replaces the pending verification by one of its own, whose predecessor ends at Twilio when it is back', async () => {
    const { twilio, call, to, id, code } = await started({}, VERIFY_AND_TEXTS)
    pass(MINUTE)
    twilio.answers('start', refused(503, 20503))
    const own = await start(call, to)
    expect(own).toMatchObject({ status: 201, body: { engine: 'own' } })
    expect(own.body.id).not.toBe(id)
    expect((await check(call, code, { to })).status).toBe(422)
    twilio.answers('start', usual)
    pass(MINUTE)
    expect((await start(call, to, { purpose: 'login' })).body.engine).toBe('delegated')
    expect(twilio.latest(to).code).not.toBe(code)
    expect((await check(call, code, { to, purpose: 'login' })).status).toBe(422)
  })
})

describe('what Twilio refuses', () => {
  it.each([
    // HTTP, Twilio's code → our status and code, and what stays counted
    [403, 60410, 403, 'send_blocked', 1],
    [403, 60605, 403, 'country_not_allowed', 1],
    [403, 60205, 400, 'not_sms_capable', 1],
    [400, 21610, 403, 'opted_out', 1],
    [429, 60203, 429, 'rate_limited', 0],
    [429, 60212, 429, 'too_many_requests', 0],
  ])('is told to the client: HTTP %i code %i is %i %s', async (http, code, status, told, count) => {
    const twilio = verify()
    twilio.answers('start', refused(http, code))
    const to = freshNumber()
    const answer = await start(caller(VERIFY_AND_TEXTS), to)
    expect(answer).toMatchObject({ status, body: { code: told } })
    expect(twilio.asked.map(({ kind }) => kind)).toEqual(['start'])
    expect((await fileOf(to)).record?.sends.length ?? 0).toBe(count)
  })

  it('is told to the client: a number that is none', async () => {
    const twilio = verify()
    const message = 'Invalid parameter `To`: +44'
    twilio.answers('start', () =>
      Response.json({ code: 60200, message, status: 400 }, { status: 400 }),
    )
    expect(await start(caller(VERIFY_AND_TEXTS), freshNumber())).toMatchObject({
      status: 400,
      body: { code: 'invalid_phone_number' },
    })
    expect(twilio.calls('text')).toEqual([])
  })

  it('goes another way where it is the country and the operator lists it', async () => {
    const twilio = verify()
    twilio.answers('start', refused(403, 60605))
    const to = freshNumber()
    const answer = await start(
      caller({ ...VERIFY_AND_TEXTS, ALLOWED_COUNTRIES: 'GB,JE,GG,IM' }),
      to,
    )
    expect(answer).toMatchObject({ status: 201, body: { engine: 'own' } })
    expect((await recordOf(to)).sends).toHaveLength(1)
    const alone = await start(
      caller({ ...VERIFY, ALLOWED_COUNTRIES: 'GB,JE,GG,IM' }),
      freshNumber(),
    )
    expect(alone).toMatchObject({ status: 403, body: { code: 'country_not_allowed' } })
  })
})

describe('an Idempotency-Key', () => {
  const key = { 'Idempotency-Key': 'k' }

  it('replays the start', async () => {
    const twilio = verify()
    const call = caller(VERIFY)
    const to = freshNumber()
    const first = await start(call, to, {}, key)
    const again = await start(call, to, {}, key)
    expect(again.body).toEqual(first.body)
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expect(twilio.calls('start')).toHaveLength(1)
    expect((await start(call, to, { purpose: 'login' }, key)).body.code).toBe(
      'idempotency_mismatch',
    )
  })

  it('replays an unknown outcome, and one that took another way', async () => {
    const twilio = verify()
    const call = caller(VERIFY_AND_TEXTS)
    for (const reply of [lost, refused(503, 20503)]) {
      twilio.answers('start', reply)
      const to = freshNumber()
      const first = await start(call, to, {}, key)
      expect(first.status).toBe(201)
      const again = await start(call, to, {}, key)
      expect(again).toMatchObject({ status: 201, body: first.body })
      expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    }
    expect(twilio.calls('text')).toHaveLength(1)
  })

  it('may try again after a failure', async () => {
    const twilio = verify()
    twilio.answers('start', refused(401, 20003), usual)
    const call = caller(VERIFY)
    const to = freshNumber()
    expect((await start(call, to, {}, key)).status).toBe(503)
    expect((await start(call, to, {}, key)).status).toBe(201)
  })

  it('waits for the first, which is one start of many at the same moment', async () => {
    const twilio = verify()
    const to = freshNumber()
    const answers = await times(10, () => start(caller(VERIFY), to, {}, key))
    for (const { status } of answers) expect([201, 409]).toContain(status)
    expect(twilio.calls('start')).toHaveLength(1)
  })
})

describe('TWILIO_VERIFY_CUSTOM_CODE', () => {
  const CUSTOM = { ...VERIFY, TWILIO_VERIFY_CUSTOM_CODE: 'true' }

  it('has Twilio send the code of Verge, who checks it and then tells Twilio', async () => {
    const { twilio, call, to, id, code, sid } = await started({}, CUSTOM)
    expect(twilio.calls('start')[0]?.form.get('CustomCode')).toBe(code)
    expect(await check(call, wrong(code), { to })).toMatchObject({ status: 422 })
    expect(await check(call, code, { to })).toMatchObject({
      status: 200,
      body: { id, engine: 'delegated', status: 'approved' },
    })
    expect(twilio.calls('check')).toEqual([])
    expect(twilio.calls('update').map(({ about, form }) => [about, form.get('Status')])).toEqual([
      [sid, 'approved'],
    ])
    expect(twilio.latest(to).status).toBe('approved')
  })

  it('answers before Twilio has heard', async () => {
    const { twilio, call, to, code } = await started({}, CUSTOM)
    twilio.answers('update', broken)
    expect((await check(call, code, { to })).status).toBe(200)
    expect((await check(call, code, { to })).status).toBe(404)
  })

  it('sends the same code again', async () => {
    const { twilio, call, to, code } = await started({}, CUSTOM)
    pass(MINUTE)
    await start(call, to)
    expect(twilio.calls('start').map(({ form }) => form.get('CustomCode'))).toEqual([code, code])
  })

  it('keeps a code for each purpose, though Twilio has room for one', async () => {
    const { twilio, call, to, code } = await started({}, CUSTOM)
    await start(call, to, { purpose: 'login' })
    const other = twilio.latest(to).code
    expect(other).not.toBe(code)
    expect((await check(call, other, { to })).status).toBe(422)
    expect((await check(call, code, { to })).status).toBe(200)
    expect((await check(call, other, { to, purpose: 'login' })).status).toBe(200)
  })

  it('keeps both codes also where the two start at the same moment', async () => {
    const twilio = verify()
    const call = caller(CUSTOM)
    const to = freshNumber()
    await Promise.all([start(call, to), start(call, to, { purpose: 'login' })])
    const codes = twilio.calls('start').map(({ form }) => form.get('CustomCode') ?? '')
    const purposes = ['verify', 'login']
    const approved = []
    for (const code of codes)
      for (const purpose of purposes)
        if ((await check(call, code, { to, purpose })).status === 200)
          approved.push([purpose, code])
    expect(approved).toHaveLength(2)
    expect(new Set(approved.map(([purpose]) => purpose)).size).toBe(2)
  })

  it('is checked here though the answer of the start was lost', async () => {
    const twilio = verify()
    twilio.answers('start', lost)
    const call = caller(CUSTOM)
    const to = freshNumber()
    const { id } = (await start(call, to)).body
    expect((await check(call, twilio.latest(to).code, { id })).status).toBe(200)
  })

  it('makes a new verification when it is switched', async () => {
    const { twilio, to, id, code } = await started({}, CUSTOM)
    pass(MINUTE)
    const call = caller(VERIFY)
    const answer = await start(call, to)
    expect(answer.body.id).not.toBe(id)
    expect(twilio.latest(to).code).not.toBe(code)
    expect((await check(call, code, { to })).status).toBe(422)
    expect((await check(call, twilio.latest(to).code, { to })).status).toBe(200)
  })
})

describe('what Twilio is told of', () => {
  const startForm = async (
    vars: object,
    more: object = {},
    headers: Record<string, string> = {},
  ) => {
    const twilio = verify()
    const to = freshNumber()
    const address = { 'CF-Connecting-IP': '203.0.113.7' }
    const answer = await start(caller({ ...VERIFY, ...vars }), to, more, { ...address, ...headers })
    return { to, answer, form: Object.fromEntries(twilio.calls('start')[0]?.form ?? []), twilio }
  }

  it.each(['sms', 'call', 'whatsapp'])('is the channel %s', async (channel) => {
    const { form, to, answer } = await startForm({}, { channel })
    expect(answer).toMatchObject({ status: 201, body: { channel } })
    expect(form).toEqual({ To: to, Channel: channel, DeviceIp: '203.0.113.7' })
  })

  it('is the address of the person, also under the name of the operator’s rate limit', async () => {
    const { form } = await startForm({ TWILIO_VERIFY_RATE_LIMIT_KEY: 'end_user_ip' })
    expect(form).toMatchObject({
      DeviceIp: '203.0.113.7',
      RateLimits: '{"end_user_ip":"203.0.113.7"}',
    })
  })

  it('is the network of one client, where addresses are plenty', async () => {
    const vars = { TWILIO_VERIFY_RATE_LIMIT_KEY: 'end_user_ip' }
    const { form } = await startForm(vars, {}, { 'CF-Connecting-IP': '2001:db8:1:2:3:4:5:6' })
    expect(form).toMatchObject({
      DeviceIp: '2001:db8:1:2:3:4:5:6',
      RateLimits: '{"end_user_ip":"2001:db8:1:2::/64"}',
    })
  })

  it('is no address of a backend that asks with a key', async () => {
    const vars = { ...KEY, TWILIO_VERIFY_RATE_LIMIT_KEY: 'end_user_ip' }
    const { form, to } = await startForm(vars, {}, WITH_KEY)
    expect(form).toEqual({ To: to, Channel: 'sms' })
  })

  it('is a language that it has; one that it refuses is left to it', async () => {
    const { form } = await startForm({}, { locale: 'pt-BR' })
    expect(form).toMatchObject({ Locale: 'pt-BR' })
    const twilio = verify()
    twilio.answers('start', refused(400, 60200), usual)
    expect((await start(caller(VERIFY), freshNumber(), { locale: 'pt-BR' })).status).toBe(201)
    expect(twilio.calls('start').map(({ form }) => form.get('Locale'))).toEqual(['pt-BR', null])
  })

  it('is not said twice where no language was', async () => {
    const twilio = verify()
    twilio.answers('start', refused(400, 60200))
    expect((await start(caller(VERIFY), freshNumber())).status).toBe(503)
    expect(twilio.calls('start')).toHaveLength(1)
  })
})

describe('a mailbox', () => {
  const freshMailbox = () => `ada.lovelace-${crypto.randomUUID().slice(0, 8)}@mail.example.com`

  it('goes the whole way, and is masked where it was not given', async () => {
    const lines: string[] = []
    vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)))
    const twilio = verify()
    const call = caller(VERIFY)
    const to = freshMailbox()
    const answer = await start(call, to, { channel: 'email' })
    expect(answer).toMatchObject({
      status: 201,
      body: { id: expect.stringMatching(/^VE0/), to, channel: 'email', engine: 'delegated' },
    })
    const { id } = answer.body
    expect(Object.fromEntries(twilio.calls('start')[0]?.form ?? [])).toMatchObject({
      To: to,
      Channel: 'email',
    })
    const masked = 'a***@mail.example.com'
    expect((await call('GET', `/v1/verifications/${id}`)).body.to).toBe(masked)
    const { code } = twilio.latest(to)
    expect((await check(call, wrong(code), { id })).status).toBe(422)
    expect((await check(call, code, { to })).body).toMatchObject({ to, status: 'approved' })
    const events = await eventsOf(to)
    expect(events.at(-1)).toMatchObject({ to_masked: masked, country: null, channel: 'email' })
    expect(JSON.stringify(events) + lines.join('\n')).not.toContain('lovelace')
    expect(JSON.stringify(events) + lines.join('\n')).not.toContain(code)
  })

  it('is asked for by its own name where the start was lost, and ended by it', async () => {
    const twilio = verify()
    twilio.answers('start', lost, usual)
    const call = caller(VERIFY)
    const to = freshMailbox()
    await start(call, to, { channel: 'email' })
    const { code } = twilio.latest(to)
    await start(call, to, { channel: 'email', purpose: 'login' })
    expect(twilio.calls('update').map(({ about }) => about)).toEqual([to])
    expect((await check(call, code, { to, purpose: 'login' })).status).toBe(422)
  })

  it('takes no text, and a number no mail', async () => {
    verify()
    const call = caller(VERIFY)
    for (const body of [{ to: freshMailbox() }, { to: freshNumber(), channel: 'email' }])
      expect(await call('POST', '/v1/verifications', body)).toMatchObject({
        status: 400,
        body: { code: 'invalid_request' },
      })
  })
})

describe('time', () => {
  it('is fifteen seconds for all of one start, so that nobody waits for the sum of all carriers', async () => {
    const twilio = verify()
    const slow =
      (ms: number): Reply =>
      () => {
        pass(ms)
        return refused(503, 20503)()
      }
    const timeouts = vi.spyOn(AbortSignal, 'timeout')
    twilio.answers('start', slow(7 * SECOND))
    twilio.answers('text', slow(3 * SECOND))
    expect((await start(caller(VERIFY_AND_TEXTS), freshNumber())).status).toBe(503)
    expect(timeouts.mock.calls.flat()).toEqual([10_000, 8000, 3000])
    expect(twilio.asked.map(({ kind }) => kind)).toEqual(['start', 'start', 'text'])
  })

  it('never frees a sent code from its window', async () => {
    const { twilio, call, to } = await started()
    for (let sends = 1; sends < 5; sends++) {
      pass(10 * MINUTE)
      expect((await start(call, to)).status).toBe(201)
    }
    pass(10 * MINUTE)
    expect(await start(call, to)).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
    expect(twilio.calls('start')).toHaveLength(5)
    pass(HOUR)
    expect((await start(call, to)).status).toBe(201)
  })
})
