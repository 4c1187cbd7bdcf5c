import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { Env, MessageJob } from '../../src/env'
import worker from '../../src/index'
import { broken, carrier, created, refused, TWILIO } from '../carrier'
import {
  AUTHORIZED,
  advanceAlarm,
  caller,
  eventsOf,
  freshNumber,
  HOUR,
  KEY,
  ledgerOf,
  MINUTE,
  pass,
  SECOND,
} from '../gateway'

/** A backend, and the queue that its messages wait in. */
function backend(more: Partial<Env> = {}) {
  const queue: MessageJob[] = []
  const MESSAGES = {
    async sendBatch(messages: { body: MessageJob }[]) {
      queue.push(...messages.map(({ body }) => body))
    },
  }
  const vars = { ...TWILIO, ...KEY, MESSAGES: MESSAGES as never, ...more }
  const call = caller(vars, AUTHORIZED)
  const send = (messages: object[], headers: Record<string, string> = {}) =>
    call('POST', '/v1/messages/batch', { messages }, headers)
  /** The queue delivers these. @returns the ids it is done with, and those that it shall bring again, with the delay */
  const deliver = async (jobs: MessageJob[] = queue, attempts = 1) => {
    const batch = createMessageBatch<MessageJob>(
      'verge-messages',
      jobs.map((body, i) => ({ id: String(i), timestamp: new Date(), attempts, body })),
    )
    const retries = batch.messages.map((message) => vi.spyOn(message, 'retry'))
    const ctx = createExecutionContext()
    await worker.queue(batch, { ...env, ...vars } as Env, ctx)
    const { explicitAcks } = await getQueueResult(batch, ctx)
    const again = retries.flatMap(({ mock }) =>
      mock.calls.map(([options]) => options?.delaySeconds),
    )
    return { done: explicitAcks.length, again }
  }
  const show = async (id: string) => (await call('GET', `/v1/messages/${id}`)).body
  return { call, send, queue, deliver, show }
}

const typesOf = async (to: string) => (await eventsOf(to)).map(({ type }) => type)

/** Says STOP, as the record has it. */
async function stop(to: string) {
  const { key, ledger } = await ledgerOf(to)
  const command = {
    keyword: 'stop',
    provider: 'twilio',
    providerId: '',
    channel: 'sms',
    caller: {},
  }
  await ledger.reply(key, { country: 'GB', masked: '' }, command as never)
}

describe('POST /v1/messages/batch', () => {
  it('answers each at once, in order, and sends them through the queue', async () => {
    const forms = carrier(created)
    const { send, deliver, show } = backend()
    const [one, two] = [freshNumber(), freshNumber()]
    const { status, body } = await send([
      { to: one, body: 'first', client_ref: 'a' },
      { to: '+4479', body: 'nobody' },
      { to: two, body: 'second' },
    ])
    expect(status).toBe(202)
    expect(body).toEqual({
      accepted: 2,
      refused: 1,
      messages: [
        { to: one, client_ref: 'a', id: expect.stringMatching(/^SM4/), status: 'queued' },
        {
          to: '+4479',
          code: 'invalid_phone_number',
          detail: expect.any(String),
          reason: 'too_short',
        },
        { to: two, id: expect.stringMatching(/^SM4/), status: 'queued' },
      ],
    })
    expect(forms).toHaveLength(0)
    expect(await show(body.messages[0].id)).toMatchObject({ status: 'queued' })
    expect(await deliver()).toEqual({ done: 2, again: [] })
    expect(forms.map((form) => [form.get('To'), form.get('Body')])).toEqual([
      [one, 'first'],
      [two, 'second'],
    ])
    expect(await show(body.messages[0].id)).toMatchObject({ status: 'sent' })
  })

  it('sends a thousand once each, though some come twice, are no numbers, or have opted out', async () => {
    const forms = carrier(created)
    const { send, queue, deliver } = backend()
    const good = Array.from({ length: 900 }, freshNumber)
    const stopped = good.slice(0, 50)
    await Promise.all(stopped.map(stop))
    const asked = [
      ...good,
      ...good.slice(100, 150), // the same again
      ...Array.from({ length: 50 }, (_, i) => `+44 nobody ${i}`),
    ].map((to) => ({ to, body: 'Sale.' }))
    const { body } = await send(asked)
    expect([body.accepted, body.refused]).toEqual([900, 100])
    expect(body.messages.map(({ to }: { to: string }) => to)).toEqual(asked.map(({ to }) => to))
    const codes = body.messages.flatMap(({ code }: { code?: string }) => code ?? [])
    expect(codes.filter((code: string) => code === 'opted_out')).toHaveLength(50)
    expect(codes.filter((code: string) => code === 'invalid_phone_number')).toHaveLength(50)
    expect(body.messages[900].id).toBe(body.messages[100].id)

    await deliver(queue.slice(0, 400))
    await deliver() // all of them, those once more
    expect(await deliver(queue, 3)).toEqual({ done: 850, again: [] })
    expect(forms.map((form) => form.get('To')).sort()).toEqual(good.slice(50).sort())
  })

  it('sends once where the queue delivers twice at the same time, and one comes back for the rest', async () => {
    const forms = carrier(created)
    const { send, queue, deliver } = backend()
    await send([{ to: freshNumber(), body: 'x' }])
    const [job] = queue
    const both = await deliver([job, job] as MessageJob[])
    expect(both).toEqual({ done: 1, again: [20] })
    expect(await deliver()).toEqual({ done: 1, again: [] })
    expect(forms).toHaveLength(1)
  })

  it('does not send to who says STOP while the message waits', async () => {
    const forms = carrier(created)
    const { send, deliver } = backend()
    const to = freshNumber()
    await send([{ to, body: 'x' }])
    await stop(to)
    expect(await deliver()).toEqual({ done: 1, again: [] })
    expect(forms).toHaveLength(0)
    expect(await typesOf(to)).toEqual(['message.queued', 'recipient.opted_out', 'message.refused'])
  })

  it('takes a message that no carrier could send again, later each time', async () => {
    carrier(refused(503, 20503))
    const { send, deliver, show } = backend()
    const to = freshNumber()
    const { body } = await send([{ to, body: 'x' }])
    expect(await deliver()).toEqual({ done: 0, again: [20] })
    pass(20 * SECOND)
    expect((await deliver(undefined, 7)).again).toEqual([900])
    expect(await show(body.messages[0].id)).toMatchObject({ status: 'queued' })
    carrier(created)
    pass(15 * MINUTE)
    expect(await deliver()).toEqual({ done: 1, again: [] })
    expect(await show(body.messages[0].id)).toMatchObject({ status: 'sent' })
  })

  it('keeps what waits for a carrier longer than the window that it counts in', async () => {
    carrier(refused(503, 20503))
    const { send, deliver, show } = backend({ SMS_RATE_LIMIT_WINDOW: '60' })
    const to = freshNumber()
    const { body } = await send([{ to, body: 'x' }])
    expect((await deliver()).again).toEqual([20])
    pass(15 * MINUTE)
    await advanceAlarm(to)
    const forms = carrier(created)
    expect(await deliver()).toEqual({ done: 1, again: [] })
    expect(forms).toHaveLength(1)
    expect(await show(body.messages[0].id)).toMatchObject({ status: 'sent' })
  })

  it('does not send again what may have left', async () => {
    const forms = carrier(broken, created)
    const { send, deliver, show } = backend()
    const { body } = await send([{ to: freshNumber(), body: 'x' }])
    expect(await deliver()).toEqual({ done: 1, again: [] })
    expect(await deliver()).toEqual({ done: 1, again: [] })
    expect(forms).toHaveLength(1)
    expect(await show(body.messages[0].id)).toMatchObject({ status: 'unknown' })
  })

  it('does not send again what a Worker had in hand when it died', async () => {
    const forms = carrier(created)
    const { send, queue, deliver, show } = backend()
    const to = freshNumber()
    const { body } = await send([{ to, body: 'x' }])
    const { key, ledger } = await ledgerOf(to)
    await ledger.takeMessage(key, { id: queue[0]?.id ?? '', windowMs: HOUR, caller: {} })
    expect((await deliver()).again).toHaveLength(1)
    pass(30 * SECOND)
    expect(await deliver()).toEqual({ done: 1, again: [] })
    expect(forms).toHaveLength(0)
    expect(await show(body.messages[0].id)).toMatchObject({ status: 'unknown' })
  })

  it('gives up after four hours, and gives back what it counted', async () => {
    const forms = carrier(created)
    const { call, send, deliver, show } = backend({ MESSAGE_RATE_LIMIT_PER_NUMBER: '1' })
    const to = freshNumber()
    const { body } = await send([{ to, body: 'x' }])
    pass(4 * HOUR - 1)
    expect((await call('POST', '/v1/messages', { to, body: 'y' })).status).toBe(429)
    pass(1)
    await advanceAlarm(to)
    await advanceAlarm(to)
    expect(await deliver()).toEqual({ done: 1, again: [] })
    expect(forms).toHaveLength(0)
    expect(await show(body.messages[0].id)).toMatchObject({
      status: 'failed',
      timeline: [{ status: 'queued' }, { status: 'failed', error_code: 'expired' }],
    })
    expect((await call('POST', '/v1/messages', { to, body: 'y' })).status).toBe(202)
  })

  it('counts each against its recipient’s limit', async () => {
    const { send } = backend({ MESSAGE_RATE_LIMIT_PER_NUMBER: '2' })
    const to = freshNumber()
    const { body } = await send(['a', 'b', 'c'].map((text) => ({ to, body: text })))
    expect(body.messages.map(({ code }: { code?: string }) => code)).toEqual([
      undefined,
      undefined,
      'rate_limited',
    ])
  })

  it('answers a batch with the same Idempotency-Key once more, with the same ids', async () => {
    const forms = carrier(created)
    const { send, queue, deliver } = backend()
    const to = freshNumber()
    const batch = [
      { to, body: 'a' },
      { to, body: 'b' },
      { to, body: 'b', client_ref: 'other' },
      { to: freshNumber(), body: 'a' },
    ]
    const idsOf = ({ body }: Awaited<ReturnType<typeof send>>) =>
      body.messages.map(({ id }: { id: string }) => id)
    const first = await send(batch, { 'Idempotency-Key': 'k' })
    expect(new Set(idsOf(first)).size).toBe(4)
    const again = await send(batch, { 'Idempotency-Key': 'k' })
    expect(idsOf(again)).toEqual(idsOf(first))
    await deliver()
    await deliver()
    expect(queue).toHaveLength(8) // those that wait are queued once more: the first call may have died before
    expect(forms).toHaveLength(4)
    expect(idsOf(await send(batch, { 'Idempotency-Key': 'k' }))).toEqual(idsOf(first))
    expect(queue).toHaveLength(8)
    expect(idsOf(await send(batch, { 'Idempotency-Key': 'other' }))).not.toEqual(idsOf(first))
  })

  it('takes back what the queue did not take', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const failing = { sendBatch: () => Promise.reject(new Error('queue is down')) }
    const { call, send } = backend({
      MESSAGES: failing as never,
      MESSAGE_RATE_LIMIT_PER_NUMBER: '1',
    })
    const to = freshNumber()
    const { body } = await send([{ to, body: 'x' }])
    expect(body).toMatchObject({ accepted: 0, messages: [{ to, code: 'temporarily_unavailable' }] })
    expect(log).toHaveBeenCalledOnce()
    carrier(created)
    expect((await call('POST', '/v1/messages', { to, body: 'x' })).status).toBe(202)
  })

  it('says that it accepted what the queue delivered before it failed', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const forms = carrier(created)
    const { deliver } = backend()
    const MESSAGES = {
      async sendBatch(messages: { body: MessageJob }[]) {
        await deliver(messages.map(({ body }) => body))
        throw new Error('no answer')
      },
    }
    const { body } = await backend({ MESSAGES: MESSAGES as never }).send([
      { to: freshNumber(), body: 'x' },
    ])
    expect(forms).toHaveLength(1)
    expect(body).toMatchObject({ accepted: 1, messages: [{ status: 'queued' }] })
  })

  it('leaves what an earlier call has queued, though the queue does not take it once more', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const forms = carrier(created)
    const { send, deliver } = backend()
    const failing = { sendBatch: () => Promise.reject(new Error('queue is down')) }
    const down = backend({ MESSAGES: failing as never })
    const to = freshNumber()
    const batch = [{ to, body: 'x' }]
    const { body } = await send(batch, { 'Idempotency-Key': 'k' })
    const again = await down.send(batch, { 'Idempotency-Key': 'k' })
    expect(again.body.messages[0].code).toBe('temporarily_unavailable')
    expect((await send(batch, { 'Idempotency-Key': 'k' })).body).toEqual(body)
    expect(await deliver()).toEqual({ done: 1, again: [20] }) // both copies at once
    expect(forms).toHaveLength(1)
  })

  it('hands the queue no more at a time than it takes', async () => {
    const sizes: { count: number; bytes: number }[] = []
    const MESSAGES = {
      async sendBatch(messages: { body: MessageJob }[]) {
        const bytes = new TextEncoder().encode(JSON.stringify(messages)).length
        sizes.push({ count: messages.length, bytes })
      },
    }
    const { send } = backend({ MESSAGES: MESSAGES as never })
    const batch = (body: string, count: number) =>
      Array.from({ length: count }, () => ({ to: freshNumber(), body }))
    await send(batch('x', 250))
    expect(sizes.map(({ count }) => count)).toEqual([100, 100, 50])
    await send(batch('৳'.repeat(500), 200))
    expect(Math.max(...sizes.map(({ bytes }) => bytes))).toBeLessThan(256_000)
  })

  it.each([
    [[], 'messages'],
    [Array.from({ length: 1001 }, () => ({ to: '+442079460123', body: 'x' })), 'messages'],
    [[{ to: '+442079460123', body: 'x', template: 'y' }], 'messages.0.body'],
    [[{ to: '+442079460123', body: 'x', client_ref: 'x'.repeat(65) }], 'messages.0.client_ref'],
  ])('refuses as a whole what is no batch', async (messages, path) => {
    const { status, body } = await backend().send(messages)
    expect([status, body.issues?.[0].path]).toEqual([400, path])
  })

  it('takes 1 MiB, where other calls take 16 KiB', async () => {
    const { call, send } = backend()
    const many = Array.from({ length: 100 }, () => ({ to: '+4479', body: 'x'.repeat(1000) }))
    expect((await send(many)).status).toBe(202)
    const text = JSON.stringify({
      messages: [{ to: '+4479', body: 'x', pad: 'x'.repeat(2 ** 20) }],
    })
    expect((await call('POST', '/v1/messages/batch', text)).status).toBe(413)
    expect(
      (await call('POST', '/v1/messages', { to: '+4479', body: 'x'.repeat(20_000) })).status,
    ).toBe(413)
  })

  it('sends nothing, and forgets nothing, while sending is disabled', async () => {
    const forms = carrier(created)
    const { send, queue } = backend()
    await send([{ to: freshNumber(), body: 'x' }])
    const off = backend({ SMS_ENABLED: 'false' })
    expect((await off.send([{ to: freshNumber(), body: 'x' }])).body.code).toBe('sending_disabled')
    expect(await off.deliver(queue)).toEqual({ done: 0, again: [20] })
    expect(forms).toHaveLength(0)
  })
})
