// The own engine over Twilio, end to end: what leaves, what comes back, and what the client is told.
import { runDurableObjectAlarm } from 'cloudflare:test'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { broken, carrier, codeIn, created, refused, TWILIO } from '../carrier'
import {
  type Call,
  caller,
  codeShown,
  freshNumber,
  ledgerOf,
  MINUTE,
  onlyLedger,
  pass,
  SECOND,
} from '../gateway'

const start = (call: Call, to: string, headers = {}) =>
  call('POST', '/v1/verifications', { to }, headers)
/** Lifted where a send counts as lost. */
const resendAt = async (to: string) => {
  const { key, ledger } = await ledgerOf(to)
  const limits = await ledger.limits(key, 5)
  return limits.ok ? limits.value.verifications[0]?.resendAt : limits
}
const used = async (to: string) => {
  const { key, ledger } = await ledgerOf(to)
  const limits = await ledger.limits(key, 5)
  return limits.ok ? limits.value.sends.length : limits
}

/** Numbers that have their records in one ledger. */
async function neighbours(count: number) {
  const first = freshNumber()
  const { ledger } = await ledgerOf(first)
  const numbers = [first]
  while (numbers.length < count) {
    const other = freshNumber()
    if ((await ledgerOf(other)).ledger.id.equals(ledger.id)) numbers.push(other)
  }
  return { ledger, numbers }
}

describe('a text over Twilio', () => {
  it('carries the code that is then approved', async () => {
    const forms = carrier(created)
    const call = caller(TWILIO)
    const to = freshNumber()
    const started = await start(call, to)
    expect(started).toMatchObject({ status: 201, body: { engine: 'own', simulated: false, to } })
    expect(forms.map((form) => Object.fromEntries(form))).toEqual([
      {
        To: to,
        From: TWILIO.TWILIO_FROM_NUMBER,
        Body: expect.stringMatching(/^Your verification code is \d{6}\. Valid for 10 minutes\.$/),
        ValidityPeriod: '600',
        StatusCallback: expect.stringMatching(
          /^https:\/\/verge\.example\/webhooks\/twilio\/status\/SM4[0-9a-f]{31}#rc=3&rp=all$/,
        ),
      },
    ])
    const checked = await call('POST', '/v1/verifications/check', { to, code: codeIn(forms[0]) })
    expect(checked).toMatchObject({ status: 200, body: { status: 'approved' } })
  })

  it('has the operator’s words, folded, and the last line that pages and apps look for', async () => {
    const forms = carrier(created)
    const CODE_TEMPLATES = '{"*": {"en": "“Acme”: {code}…", "es": "Código {code}"}}'
    const call = caller({
      ...TWILIO,
      CODE_TEMPLATES,
      SMART_ENCODING: 'true',
      WEBOTP_HOST: 'app.acme.example',
      ANDROID_APP_HASH: 'FA+9qCX9VSu',
    })
    const to = freshNumber()
    await start(call, to)
    const code = codeIn(forms[0])
    expect(forms[0]?.get('Body')).toBe(
      `"Acme": ${code}...\n\n@app.acme.example #${code} FA+9qCX9VSu`,
    )
    const checked = await call('POST', '/v1/verifications/check', { to, code })
    expect(checked).toMatchObject({ status: 200, body: { status: 'approved' } })
  })

  it('is one for 50 simultaneous starts', async () => {
    const forms = carrier(created)
    const to = freshNumber()
    const answers = await Promise.all(Array.from({ length: 50 }, () => start(caller(TWILIO), to)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(49)
    expect(forms).toHaveLength(1)
  })

  it('lives as long as its code: a resend has what is left', async () => {
    const forms = carrier(created)
    const call = caller(TWILIO)
    const to = freshNumber()
    await start(call, to)
    pass(4 * MINUTE)
    await start(call, to)
    expect(forms.map((form) => form.get('ValidityPeriod'))).toEqual(['600', '360'])
    expect(codeIn(forms[1])).toBe(codeIn(forms[0]))
  })

  it('calls back at PUBLIC_BASE_URL', async () => {
    const forms = carrier(created)
    await start(caller({ ...TWILIO, PUBLIC_BASE_URL: 'https://sms.acme.example' }), freshNumber())
    expect(forms[0]?.get('StatusCallback')).toMatch(/^https:\/\/sms\.acme\.example\/webhooks\//)
  })
})

describe('a carrier that refuses', () => {
  const REFUSALS: [number, number, number, string, number][] = [
    // HTTP, Twilio's code → our status and code, and what stays counted
    [400, 21211, 400, 'invalid_phone_number', 1],
    [400, 21614, 400, 'not_sms_capable', 1],
    [400, 21408, 403, 'country_not_allowed', 1],
    [400, 21610, 403, 'opted_out', 1],
    [400, 30450, 403, 'send_blocked', 1],
    [400, 21618, 502, 'could_not_deliver', 0],
    [400, 60200, 503, 'temporarily_unavailable', 0],
    [429, 60203, 429, 'rate_limited', 0],
    [429, 60212, 429, 'too_many_requests', 0],
    [400, 21612, 502, 'could_not_deliver', 0],
    [400, 99999, 502, 'could_not_deliver', 1],
    [401, 20003, 503, 'temporarily_unavailable', 0],
    [400, 21606, 503, 'temporarily_unavailable', 0],
  ]
  it.each(REFUSALS)(
    'HTTP %i code %i is told as %i %s, counted %i',
    async (http, code, status, told, count) => {
      const forms = carrier(refused(http, code))
      const to = freshNumber()
      const answer = await start(caller(TWILIO), to)
      expect(answer).toMatchObject({ status, body: { code: told } })
      expect(forms).toHaveLength(1)
      expect(await used(to)).toBe(count)
      expect(JSON.stringify(answer.body)).not.toContain(String(code))
    },
  )

  it('says opted_out in the limits until a text goes through', async () => {
    const call = caller(
      { ...TWILIO, API_KEYS: 'ops:0123456789abcdef' },
      { Authorization: 'Bearer 0123456789abcdef' },
    )
    const to = freshNumber()
    const optedOut = async () =>
      (await call('GET', `/v1/limits?to=${encodeURIComponent(to)}`)).body.opted_out
    carrier(refused(400, 21610))
    await start(call, to)
    expect(await optedOut()).toBe(true)
    pass(MINUTE)
    carrier(created)
    await start(call, to)
    expect(await optedOut()).toBe(false)
  })
})

describe('a carrier that fails', () => {
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0) // no waiting between calls
  })

  it('is asked again where it never processed the request', async () => {
    const forms = carrier(refused(429, 20429), refused(503, 20503), created)
    expect((await start(caller(TWILIO), freshNumber())).status).toBe(201)
    expect(forms).toHaveLength(3)
    expect(new Set(forms.map(String)).size).toBe(1)
  })

  it('gives the send back when it certainly did not leave: a client may try again at once', async () => {
    const call = caller(TWILIO)
    const to = freshNumber()
    carrier(refused(429, 20429, { 'Retry-After': '40' }))
    const answer = await start(call, to)
    expect(answer).toMatchObject({
      status: 503,
      body: { code: 'temporarily_unavailable', retry_after: 40 },
    })
    expect(answer.headers.get('Retry-After')).toBe('40')
    expect(await used(to)).toBe(0)
    carrier(created)
    expect(await start(call, to)).toMatchObject({ status: 201, body: { sends_remaining: 4 } })
  })

  it('leaves a pending verification and no cooldown when nobody knows whether it took the text', async () => {
    const forms = carrier(broken)
    const call = caller(TWILIO)
    const to = freshNumber()
    const answer = await start(call, to)
    expect(answer).toMatchObject({
      status: 201,
      body: { status: 'pending', send_status: 'unknown', resend_at: '2030-01-01T00:00:00.000Z' },
    })
    expect(forms).toHaveLength(1)
    const again = carrier(created)
    expect(await start(call, to)).toMatchObject({
      status: 201,
      body: { id: answer.body.id, sends_remaining: 3 },
    })
    expect(codeIn(again[0])).toBe(codeIn(forms[0]))
    expect(
      (await call('POST', '/v1/verifications/check', { to, code: codeIn(forms[0]) })).status,
    ).toBe(200)
  })

  it('is asked once more after a 5xx with an answer: the code is the same', async () => {
    const html = () => new Response('<html>', { status: 502 })
    const forms = carrier(html, html, created)
    expect((await start(caller(TWILIO), freshNumber())).body.send_status).toBe('unknown')
    expect(forms).toHaveLength(2)
    expect(forms[0]?.get('Body')).toBe(forms[1]?.get('Body'))
  })

  it('is not asked again after a 201 that says nothing', async () => {
    const forms = carrier(() => new Response('<html>ok</html>', { status: 201 }))
    expect((await start(caller(TWILIO), freshNumber())).body.send_status).toBe('unknown')
    expect(forms).toHaveLength(1)
  })

  it.each([`SM${'0'.repeat(150_000)}`, 'SM1', 7, null])(
    'is not believed with a sid like %.9s',
    async (sid) => {
      const forms = carrier(() => Response.json({ sid }, { status: 201 }))
      expect((await start(caller(TWILIO), freshNumber())).body.send_status).toBe('unknown')
      expect(forms).toHaveLength(1)
    },
  )

  it('may say failed in a 201', async () => {
    const sid = `SM${'0'.repeat(32)}`
    carrier(() => Response.json({ sid, status: 'failed', error_code: 21610 }, { status: 201 }))
    expect(await start(caller(TWILIO), freshNumber())).toMatchObject({
      status: 403,
      body: { code: 'opted_out' },
    })
  })

  it('replays an unknown outcome as it was', async () => {
    carrier(broken)
    const call = caller(TWILIO)
    const to = freshNumber()
    const first = await start(call, to, { 'Idempotency-Key': 'k' })
    const again = await start(call, to, { 'Idempotency-Key': 'k' })
    expect(again.body).toEqual(first.body)
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
  })
})

it('settles as unknown what a Worker left that died between persist and settle', async () => {
  const call = caller(TWILIO)
  const to = freshNumber()
  const { key, ledger } = await ledgerOf(to)
  // The Worker dies in the carrier call: nothing after it ever runs.
  carrier(() => new Promise(() => {}))
  const dying = start(call, to)
  await vi.waitFor(async () => expect(await used(to)).toBe(1))
  expect(await start(caller(TWILIO), to)).toMatchObject({ status: 429, body: { code: 'cooldown' } })
  pass(30 * SECOND)
  await runDurableObjectAlarm(ledger)
  expect(await ledger.limits(key, 5)).toMatchObject({
    value: { sends: [expect.anything()], verifications: [{ resendAt: Date.now() }] },
  })
  carrier(created)
  expect((await start(caller(TWILIO), to)).status).toBe(201)
  void dying
})

it('never approves a code that was shown on the console before the carrier was configured', async () => {
  const to = freshNumber()
  await start(caller(), to)
  const code = await codeShown(caller(), to)
  const answer = await caller(TWILIO)('POST', '/v1/verifications/check', { to, code })
  expect(answer).toMatchObject({ status: 404, body: { code: 'no_pending_verification' } })
})

it('settles the sends to one ledger together', async () => {
  carrier(created)
  const { ledger, numbers } = await neighbours(5)
  const settled: number[] = []
  const counting = {
    start: (...args: Parameters<typeof ledger.start>) => ledger.start(...args),
    settle: (...args: Parameters<typeof ledger.settle>) => {
      settled.push(args[0].length)
      return ledger.settle(...args)
    },
  }
  let gathered = () => {}
  vi.mocked(scheduler.wait).mockImplementation(
    () => new Promise((resolve) => (gathered = () => resolve())),
  )
  const call = caller({ ...TWILIO, ...onlyLedger(counting) })
  const starts = numbers.map((to) => start(call, to))
  await vi.waitFor(async () => {
    for (const to of numbers) expect(await used(to)).toBe(1)
    expect(fetch).toHaveBeenCalledTimes(5)
  })
  gathered()
  for (const answer of await Promise.all(starts)) expect(answer.status).toBe(201)
  expect(settled).toEqual([5])
  pass(30 * SECOND)
  await runDurableObjectAlarm(ledger)
  for (const to of numbers) expect(await resendAt(to)).toBeGreaterThan(Date.now())
})

it('settles what a request that came to its end early should have carried', async () => {
  carrier(created)
  const { ledger, numbers } = await neighbours(2)
  const [first = '', second = ''] = numbers
  const call = caller({ ...TWILIO })
  vi.mocked(scheduler.wait).mockReturnValueOnce(new Promise(() => {}))
  const ended = start(call, first)
  await vi.waitFor(() => expect(scheduler.wait).toHaveBeenCalledTimes(1))
  pass(2 * SECOND)
  expect((await start(call, second)).status).toBe(201)
  pass(28 * SECOND)
  await runDurableObjectAlarm(ledger)
  for (const to of numbers) expect(await resendAt(to)).toBeGreaterThan(Date.now())
  void ended
})

it('settles again where the ledger was away for a moment', async () => {
  carrier(created)
  const to = freshNumber()
  const { key, ledger } = await ledgerOf(to)
  let settles = 0
  const moving = {
    start: (...args: Parameters<typeof ledger.start>) => ledger.start(...args),
    settle: (...args: Parameters<typeof ledger.settle>) => {
      settles++
      return settles < 3 ? Promise.reject(new Error('reset')) : ledger.settle(...args)
    },
  }
  const call = caller({ ...TWILIO, ...onlyLedger(moving) })
  expect((await start(call, to)).status).toBe(201)
  expect(settles).toBe(3)
  pass(30 * SECOND)
  await runDurableObjectAlarm(ledger)
  const resendAt = Date.parse('2030-01-01T00:01:00Z')
  expect(await ledger.limits(key, 5)).toMatchObject({
    value: { sends: [expect.anything()], verifications: [{ resendAt }] },
  })
})
