import { describe, expect, it } from 'vitest'
import type { Env } from '../../src/env'
import { accepted, broken, carrier, carriers, created, refused, TELNYX, TWILIO } from '../carrier'
import {
  AUTHORIZED,
  advanceAlarm,
  caller,
  eventsOf,
  freshNumber,
  HOUR,
  KEY,
  MINUTE,
  pass,
  SECOND,
} from '../gateway'

const backend = (vars: Partial<Env> = {}) => caller({ ...TWILIO, ...KEY, ...vars }, AUTHORIZED)

const typesOf = async (to: string) => (await eventsOf(to)).map(({ type }) => type)

describe('POST /v1/messages', () => {
  it('sends a text and says what it is billed as', async () => {
    const forms = carrier(created)
    const call = backend()
    const to = freshNumber()
    const answer = await call('POST', '/v1/messages', { to, body: 'Your parcel is here.' })
    expect(answer).toMatchObject({
      status: 202,
      body: {
        id: expect.stringMatching(/^SM4[0-9a-f]{31}$/),
        to,
        status: 'sent',
        segments: 1,
        encoding: 'GSM-7',
        simulated: false,
      },
    })
    expect(Object.fromEntries(forms[0] ?? [])).toMatchObject({
      To: to,
      Body: 'Your parcel is here.',
      StatusCallback: `https://verge.example/webhooks/twilio/status/${answer.body.id}#rc=3&rp=all`,
    })
    expect(await typesOf(to)).toEqual(['message.queued', 'message.sent'])
  })

  it('fills in a template of the operator, in the language asked for', async () => {
    const forms = carrier(created)
    const call = backend({
      MESSAGE_TEMPLATES: JSON.stringify({
        shipped: { en: 'Hi {name}, it has shipped.', es: 'Hola {name}, ya va en camino.' },
      }),
    })
    const request = { to: freshNumber(), template: 'shipped', variables: { name: 'Ana' } }
    expect((await call('POST', '/v1/messages', { ...request, locale: 'es-CO' })).status).toBe(202)
    expect(forms[0]?.get('Body')).toBe('Hola Ana, ya va en camino.')
    const unknown = await call('POST', '/v1/messages', { ...request, template: 'lost' })
    expect(unknown).toMatchObject({ status: 400, body: { issues: [{ path: 'template' }] } })
  })

  it('sends every carrier a text that can be encoded', async () => {
    const asked = carriers({ telnyx: [accepted.telnyx] })
    const call = backend({ ...TELNYX, SMS_PROVIDERS: 'telnyx' })
    await call('POST', '/v1/messages', { to: freshNumber(), body: 'half \ud83d' })
    expect(JSON.parse(asked[0]?.text ?? '')).toMatchObject({ text: 'half \ufffd' })
  })

  it.each([
    ['variables', { template: 'named', variables: { name: ' ' } }],
    ['body', { body: '\u200b' }],
  ])('refuses a text of which nothing is left (%s)', async (path, content) => {
    const forms = carrier(created)
    const call = backend({
      SMART_ENCODING: 'true',
      MESSAGE_TEMPLATES: JSON.stringify({ named: { en: '{name}' } }),
    })
    const answer = await call('POST', '/v1/messages', { to: freshNumber(), ...content })
    expect(answer).toMatchObject({ status: 400, body: { issues: [{ path }] } })
    expect(forms).toHaveLength(0)
  })

  it('refuses a text over the segment limit before it is paid for', async () => {
    const forms = carrier(created)
    const call = backend({ MESSAGE_MAX_SEGMENTS: '2' })
    const send = (body: string) => call('POST', '/v1/messages', { to: freshNumber(), body })
    expect((await send('a'.repeat(306))).body).toMatchObject({ segments: 2, encoding: 'GSM-7' })
    expect(await send('a'.repeat(307))).toMatchObject({
      status: 400,
      body: { code: 'message_too_long', segments: 3, max_segments: 2 },
    })
    expect((await send('ñandú ó'.repeat(19))).body).toMatchObject({ encoding: 'UCS-2' })
    expect(forms).toHaveLength(2)
  })

  it.each([
    [{ body: 'x', template: 'y' }, 'body'],
    [{}, 'body'],
    [{ body: ' ' }, 'body'],
    [{ body: 'x', variables: {} }, 'variables'],
    [{ body: 'x', locale: 'es' }, 'locale'],
    [{ body: 'x', channel: 'sms' }, ''],
    [{ body: 'x'.repeat(1601) }, 'body'],
    [{ template: 'y', variables: { name: 7 } }, 'variables.name'],
  ])('refuses %j', async (words, path) => {
    const answer = await backend()('POST', '/v1/messages', { to: freshNumber(), ...words })
    expect(answer).toMatchObject({ status: 400, body: { issues: [{ path }] } })
  })

  it('takes no mailbox, no landline and no country that is not listed', async () => {
    const call = backend({ ALLOWED_COUNTRIES: 'GB' })
    const code = async (to: string) =>
      (await call('POST', '/v1/messages', { to, body: 'x' })).body.code
    expect(await code('ana@example.com')).toBe('invalid_request')
    expect(await code('+442079460123')).toBe('not_sms_capable')
    expect(await code('+12025550123')).toBe('country_not_allowed')
  })

  it('needs a key, and a sender', async () => {
    const request = { to: freshNumber(), body: 'x' }
    expect((await caller({ ...TWILIO, ...KEY })('POST', '/v1/messages', request)).status).toBe(401)
    const { TWILIO_FROM_NUMBER: _, ...account } = TWILIO
    const verify = { TWILIO_VERIFY_SERVICE_SID: `VA${'1'.repeat(32)}` }
    const bare = caller({ ...account, ...verify, ...KEY }, AUTHORIZED)
    expect(await bare('POST', '/v1/messages', request)).toMatchObject({
      status: 503,
      body: { code: 'not_configured', detail: expect.stringContaining('TWILIO_FROM_NUMBER') },
    })
  })

  it('has a window of its own: codes and messages never use up each other', async () => {
    carrier(created)
    const call = backend({ MESSAGE_RATE_LIMIT_PER_NUMBER: '2', SMS_RATE_LIMIT_PER_NUMBER: '1' })
    const to = freshNumber()
    const send = () => call('POST', '/v1/messages', { to, body: 'x' })
    expect((await send()).status).toBe(202)
    pass(MINUTE)
    expect((await send()).status).toBe(202)
    expect(await send()).toMatchObject({
      status: 429,
      body: { code: 'rate_limited', retry_after: 3540 },
    })
    expect((await call('POST', '/v1/verifications', { to })).status).toBe(201)
    const limits = await call('GET', `/v1/limits?to=${encodeURIComponent(to)}`)
    expect(limits.body).toMatchObject({
      sends: { used: 1, remaining: 0 },
      messages: { used: 2, limit: 2, remaining: 0, resets_at: '2030-01-01T01:00:00.000Z' },
    })
    pass(59 * MINUTE - 1)
    expect((await send()).status).toBe(429)
    pass(1)
    expect((await send()).status).toBe(202)
  })

  it('sends exactly one of N at once where one is left', async () => {
    const forms = carrier(created)
    const call = backend({ MESSAGE_RATE_LIMIT_PER_NUMBER: '1' })
    const to = freshNumber()
    const all = await Promise.all(
      Array.from({ length: 8 }, () => call('POST', '/v1/messages', { to, body: 'x' })),
    )
    expect(all.map(({ status }) => status).sort()).toEqual([202, ...Array(7).fill(429)])
    expect(forms).toHaveLength(1)
  })

  it('answers a repeated Idempotency-Key once more, and sends once', async () => {
    const forms = carrier(created)
    const call = backend()
    const to = freshNumber()
    const send = (body: string, key = 'k1') =>
      call('POST', '/v1/messages', { to, body }, { 'Idempotency-Key': key })
    const first = await send('one')
    const again = await send('one')
    expect(again.body.id).toBe(first.body.id)
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expect(first.headers.get('Idempotent-Replayed')).toBeNull()
    expect(await send('two')).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } })
    const start = await call('POST', '/v1/verifications', { to }, { 'Idempotency-Key': 'k1' })
    expect(start).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } })
    expect(forms).toHaveLength(1)
    pass(10 * MINUTE)
    expect((await send('two')).status).toBe(202)
    expect(forms).toHaveLength(2)
  })

  it('keeps no word of it', async () => {
    carrier(created)
    const to = freshNumber()
    await backend()(
      'POST',
      '/v1/messages',
      { to, body: 'secret words' },
      { 'Idempotency-Key': 'k' },
    )
    expect(JSON.stringify(await eventsOf(to))).not.toMatch(/secret|words/)
  })
})

describe('a message whose outcome nobody knows', () => {
  const both = { ...TELNYX, SMS_PROVIDERS: 'twilio,telnyx' }

  it('is sent at most once, counted, and said to be unknown', async () => {
    const asked = carriers({ twilio: [broken], telnyx: [accepted.telnyx] })
    const call = backend(both)
    const to = freshNumber()
    const answer = await call('POST', '/v1/messages', { to, body: 'x' })
    expect(answer).toMatchObject({ status: 202, body: { status: 'unknown' } })
    expect(asked.map(({ provider }) => provider)).toEqual(['twilio'])
    expect(await typesOf(to)).toEqual(['message.queued', 'provider.failed', 'message.send_unknown'])
    const { body } = await call('GET', `/v1/messages/${answer.body.id}`)
    expect(body).toMatchObject({ status: 'unknown' })
  })

  it('is not sent twice by a 500 either', async () => {
    const asked = carriers({ twilio: [refused(500, 20500)], telnyx: [accepted.telnyx] })
    const answer = await backend(both)('POST', '/v1/messages', { to: freshNumber(), body: 'x' })
    expect(answer).toMatchObject({ status: 202, body: { status: 'unknown' } })
    expect(asked).toHaveLength(1)
  })

  it('goes on to the next carrier where the operator wants it so', async () => {
    const asked = carriers({ twilio: [broken], telnyx: [accepted.telnyx] })
    const call = backend({ ...both, MESSAGE_REPEAT_UNKNOWN: 'true' })
    const answer = await call('POST', '/v1/messages', { to: freshNumber(), body: 'x' })
    expect(answer).toMatchObject({ status: 202, body: { status: 'sent' } })
    expect(asked.map(({ provider }) => provider)).toEqual(['twilio', 'telnyx'])
  })

  it('goes on in any case where it was certainly not sent', async () => {
    const asked = carriers({ twilio: [refused(401, 20003)], telnyx: [accepted.telnyx] })
    const answer = await backend(both)('POST', '/v1/messages', { to: freshNumber(), body: 'x' })
    expect(answer).toMatchObject({ status: 202, body: { status: 'sent' } })
    expect(asked.map(({ provider }) => provider)).toEqual(['twilio', 'telnyx'])
  })
})

describe('a message that was not sent', () => {
  it('is given back where no carrier could', async () => {
    carrier(refused(401, 20003))
    const call = backend({ MESSAGE_RATE_LIMIT_PER_NUMBER: '1' })
    const to = freshNumber()
    const send = () => call('POST', '/v1/messages', { to, body: 'x' }, { 'Idempotency-Key': 'k' })
    expect(await send()).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } })
    carrier(created)
    expect((await send()).status).toBe(202)
  })

  it('stays counted where the carrier refused it', async () => {
    carrier(refused(400, 21614))
    const call = backend({ MESSAGE_RATE_LIMIT_PER_NUMBER: '1' })
    const to = freshNumber()
    const send = () => call('POST', '/v1/messages', { to, body: 'x' })
    expect(await send()).toMatchObject({ status: 400, body: { code: 'not_sms_capable' } })
    expect(await send()).toMatchObject({ status: 429 })
    expect(await typesOf(to)).toEqual([
      'message.queued',
      'provider.failed',
      'message.send_failed',
      'message.refused',
    ])
  })
})

describe('GET /v1/messages/{id}', () => {
  it('shows the timeline, in simulation too: sent, and delivered a moment later', async () => {
    const call = caller()
    const to = freshNumber()
    const { body } = await call('POST', '/v1/messages', { to, body: 'x' })
    const show = async () => (await call('GET', `/v1/messages/${body.id}`)).body
    expect(await show()).toMatchObject({ status: 'sent', to: expect.stringMatching(/^\+44\*+/) })
    pass(2 * SECOND)
    expect(await show()).toEqual({
      id: body.id,
      to: expect.stringMatching(/^\+44\*{6}\d{4}$/),
      status: 'delivered',
      segments: 1,
      encoding: 'GSM-7',
      simulated: true,
      timeline: [
        { status: 'queued', at: '2030-01-01T00:00:00.000Z' },
        { status: 'sent', at: '2030-01-01T00:00:00.000Z', provider: 'simulation' },
        { status: 'delivered', at: '2030-01-01T00:00:02.000Z', provider: 'simulation' },
      ],
    })
    await advanceAlarm(to)
    expect(await typesOf(to)).toEqual([])
  })

  it('shows it from the audit log when the record has forgotten it', async () => {
    carrier(created)
    const call = backend()
    const to = freshNumber()
    const { body } = await call('POST', '/v1/messages', { to, body: 'x' })
    await advanceAlarm(to)
    pass(2 * HOUR)
    const { body: shown } = await call('GET', `/v1/messages/${body.id}`)
    expect(shown).toEqual({
      id: body.id,
      to: expect.stringMatching(/^\+44\*{6}\d{4}$/),
      status: 'sent',
      segments: 1,
      simulated: false,
      timeline: [
        { status: 'queued', at: '2030-01-01T00:00:00.000Z' },
        { status: 'sent', at: '2030-01-01T00:00:00.000Z', provider: 'twilio' },
      ],
    })
  })

  it('knows the texts of codes from the audit log', async () => {
    carrier(created)
    const call = backend()
    const to = freshNumber()
    await call('POST', '/v1/verifications', { to })
    const [{ message_id } = {}] = await eventsOf(to)
    await advanceAlarm(to)
    const { body } = await call('GET', `/v1/messages/${message_id}`)
    expect(body).toMatchObject({ status: 'sent', timeline: [{ status: 'queued' }, {}] })
  })

  it.each(['SM40000000000000000000000000000000', 'SM1', 'VE40000000000000000000000000000000'])(
    'does not find %s',
    async (id) => {
      expect((await backend()('GET', `/v1/messages/${id}`)).status).toBe(404)
    },
  )
})
