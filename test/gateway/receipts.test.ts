import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it, vi } from 'vitest'
import type { RecipientRecord } from '../../src/domain/record'
import type { Env } from '../../src/env'
import { accepted, carrier, created, LOCAL, type Reply, TWILIO, VONAGE } from '../carrier'
import { type Call, caller, eventsOf, freshNumber, ledgerOf } from '../gateway'
import { claimsFor, SIGNATURE_SECRET, tokenOf } from '../vonage'

const FORM = 'application/x-www-form-urlencoded'
const SIGNED = { ...VONAGE, VONAGE_SIGNATURE_SECRET: SIGNATURE_SECRET }

/** A carrier that reports under a secret, which its tests may set; the URL of the report travels with the text. */
const RECEIPT = {
  secret: 'LOCAL_TOKEN',
  header: 'X-Token',
  status: '/state',
  statuses: { ACCEPTD: 'sent', UNDELIV: 'undelivered', DELIVRD: 'delivered', SEEN: 'read' },
  error: '/err',
  text: '/ref',
  to: '/msisdn',
  id: '/id',
}
const IN_QUERY = { ...RECEIPT, header: undefined, query: 'token' }
const LOCAL_TOKEN = 'a token of the gateway &+'

function local(receipt: object = RECEIPT, others: object = {}) {
  const { local } = JSON.parse(LOCAL.HTTP_PROVIDERS)
  const form = { to: '{to}', text: '{text}', ref: '{ref}', dlr: '{callback}' }
  const reporting = { ...local, form, receipt }
  return { HTTP_PROVIDERS: JSON.stringify({ local: reporting, ...others }), LOCAL_TOKEN }
}

/** A text that was sent, and what its carrier was asked. */
async function sent(vars: Partial<Env> & { LOCAL_TOKEN?: string }, reply: Reply) {
  carrier(reply)
  const call = caller(vars as Partial<Env>)
  const to = freshNumber()
  expect((await call('POST', '/v1/verifications', { to })).status).toBe(201)
  const asked = String(vi.mocked(globalThis.fetch).mock.calls.at(-1)?.[1]?.body)
  return { call, to, asked }
}

/** Its delivery, as the audit log will have it. */
const deliveryOf = async (to: string) =>
  (await eventsOf(to)).filter(({ type }) => type === 'delivery.updated')

/** The last word on it, as the record has it. */
async function statusOf(to: string) {
  const { key, ledger } = await ledgerOf(to)
  return runInDurableObject(ledger, (_, { storage: { sql } }) => {
    const [row] = sql.exec<{ state: string }>('SELECT state FROM record WHERE key = ?', key)
    return row && (JSON.parse(row.state) as RecipientRecord).sends.map(({ status }) => status)
  })
}

const pathOf = (url: string) => {
  const { pathname, search } = new URL(url)
  return pathname + search
}

const ordersOf = <T>(items: T[]): T[][] =>
  items.length < 2
    ? [items]
    : items.flatMap((first, at) => ordersOf(items.toSpliced(at, 1)).map((rest) => [first, ...rest]))

/** With the first once more, after all that came since. */
const again = <T>(order: T[]) => [...order, ...order.slice(0, 1)]

/** The lines of the log while something is done. */
async function logOf(work: () => Promise<unknown>) {
  const lines: string[] = []
  for (const method of ['log', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((line) => void lines.push(String(line)))
  await work()
  return lines
}

describe('what Vonage reports of a text', () => {
  async function sentByVonage(vars: Partial<Env> = SIGNED) {
    const { call, to, asked } = await sent(vars, accepted.vonage)
    const { webhook_url, client_ref } = JSON.parse(asked)
    const path = webhook_url ? pathOf(webhook_url) : `/webhooks/vonage/status/${client_ref}`
    const report = async (said: object, options: Parameters<typeof tokenOf>[1] = {}) => {
      const usual = { message_uuid: 'U-1', to: to.slice(1), client_ref }
      const body = JSON.stringify({ ...usual, ...said })
      const token = await tokenOf(await claimsFor(body), options)
      return call('POST', path, body, { Authorization: `Bearer ${token}` })
    }
    return { call, to, path, asked: JSON.parse(asked), report }
  }

  it('comes where the text said, and is filed', async () => {
    const { report, to, asked } = await sentByVonage()
    expect(asked).toMatchObject({
      webhook_url: `https://verge.example/webhooks/vonage/status/${asked.client_ref}`,
      webhook_version: 'v1',
    })
    const usage = { currency: 'EUR', price: '0.0333' }
    const sms = { count_total: '1' }
    const error = { type: 'https://developer.vonage.com/api-errors/messages#1240' }
    expect((await report({ status: 'submitted', usage, sms })).status).toBe(204)
    expect((await report({ status: 'rejected', error })).status).toBe(204)
    const common = { message_id: asked.client_ref, provider: 'vonage', provider_id: 'U-1' }
    expect(await deliveryOf(to)).toEqual([
      expect.objectContaining({
        ...common,
        status: 'submitted',
        segments: 1,
        cost: '0.0333',
        currency: 'EUR',
      }),
      expect.objectContaining({ ...common, status: 'rejected', reason: '1240' }),
    ])
  })

  it('ends in the same state in whatever order it comes, however often', async () => {
    for (const order of ordersOf(['submitted', 'rejected', 'delivered', 'read'])) {
      const { report, to } = await sentByVonage()
      for (const status of again(order)) expect((await report({ status })).status).toBe(204)
      expect([order, await statusOf(to)]).toEqual([order, ['read']])
    }
  })

  it('is asked for only under PUBLIC_BASE_URL, where that is set, and never without the secret', async () => {
    const { asked } = await sentByVonage({ ...SIGNED, PUBLIC_BASE_URL: 'https://sms.acme.example' })
    expect(asked.webhook_url).toMatch(/^https:\/\/sms\.acme\.example\/webhooks\/vonage\/status\/SM/)
    expect((await sentByVonage(VONAGE)).asked).not.toHaveProperty('webhook_url')
  })

  it('is logged with the number masked', async () => {
    const { report, to } = await sentByVonage()
    const lines = await logOf(() => report({ status: 'delivered' }))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('"route":"/webhooks/vonage/status/:id"')
    expect(lines[0]).toContain(`"to":"+44******${to.slice(-4)}"`)
  })

  it('is refused where another secret signed it, without any effect but a line in the log', async () => {
    const { report, to } = await sentByVonage()
    const lines = await logOf(async () =>
      expect(await report({ status: 'delivered' }, { secret: 'another' })).toMatchObject({
        status: 403,
        body: { code: 'invalid_signature' },
      }),
    )
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 'info', status: 403, outcome: 'invalid_signature' }),
    ])
    expect(lines[0]).not.toContain(to.slice(-4))
    expect(await deliveryOf(to)).toEqual([])
  })

  it('is asked for again where it is not signed, and has no effect', async () => {
    const { call, path, to } = await sentByVonage()
    const answer = await call('POST', path, { message_uuid: 'U-1', status: 'delivered' })
    expect(answer).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } })
    expect(answer.headers.get('Retry-After')).toBe('60')
    expect(await deliveryOf(to)).toEqual([])
  })

  it('is refused where no secret is set, and so in simulation', async () => {
    const path = `/webhooks/vonage/status/SM4${'0'.repeat(31)}`
    const body = JSON.stringify({ message_uuid: 'U-1', status: 'delivered' })
    for (const secret of ['undefined', 'null', ' ']) {
      const Authorization = `Bearer ${await tokenOf(await claimsFor(body), { secret })}`
      for (const vars of [{}, VONAGE])
        expect((await caller(vars)('POST', path, body, { Authorization })).status).toBe(403)
    }
    expect((await caller()('POST', path, body)).status).toBe(403)
  })

  it('is refused where it says too much or nothing', async () => {
    const { report } = await sentByVonage()
    expect((await report({ status: 'delivered', more: 'x'.repeat(16 * 1024) })).status).toBe(413)
    expect(await report({ status: null })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    })
  })

  it('has nothing for ids of the wrong shape, nor for GET', async () => {
    const call = caller(SIGNED)
    expect((await call('POST', '/webhooks/vonage/status/SM1', {})).status).toBe(404)
    expect((await call('GET', `/webhooks/vonage/status/SM4${'0'.repeat(31)}`)).status).toBe(405)
  })
})

describe('what a configured carrier reports of a text', () => {
  async function sentByLocal(receipt: object = RECEIPT, others: object = {}) {
    const { call, to, asked } = await sent(local(receipt, others), accepted.local)
    const form = new URLSearchParams(asked)
    const id = form.get('ref') ?? ''
    return { call, to, id, path: pathOf(form.get('dlr') ?? ''), events: () => deliveryOf(to) }
  }
  const WITH_TOKEN = { 'X-Token': LOCAL_TOKEN }

  it('comes where the text said, and is filed', async () => {
    const { call, to, id, path, events } = await sentByLocal()
    expect(path).toBe(`/webhooks/http/local/status/${id}`)
    const said = { state: 'UNDELIV', err: 'E1', msisdn: to.slice(1), id: 'G-1' }
    expect((await call('POST', path, said, WITH_TOKEN)).status).toBe(204)
    expect(await events()).toEqual([
      expect.objectContaining({
        message_id: id,
        provider: 'http:local',
        provider_id: 'G-1',
        status: 'undelivered',
        reason: 'E1',
      }),
    ])
  })

  it('may be a form, a query by POST, or a query by GET', async () => {
    const { call, path, events } = await sentByLocal()
    const inForm = { ...WITH_TOKEN, 'Content-Type': FORM }
    const answers = [
      await call('POST', path, 'state=ACCEPTD', inForm),
      await call('POST', `${path}?state=UNDELIV`, undefined, WITH_TOKEN),
      await call('GET', `${path}?state=DELIVRD`, undefined, WITH_TOKEN),
    ]
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204])
    expect((await events()).map(({ status }) => status)).toEqual([
      'sent',
      'undelivered',
      'delivered',
    ])
  })

  it('ends in the same state in whatever order it comes, however often', async () => {
    for (const order of ordersOf(['ENROUTE', 'UNDELIV', 'DELIVRD', 'SEEN'])) {
      const { call, path, to } = await sentByLocal()
      for (const state of again(order))
        expect((await call('POST', path, { state }, WITH_TOKEN)).status).toBe(204)
      expect([order, await statusOf(to)]).toEqual([order, ['read']])
    }
  })

  it('is proven by a secret in the query, which goes out with the text and into no log', async () => {
    const lines = await logOf(async () => {
      const { call, path, events } = await sentByLocal(IN_QUERY)
      expect(path).toContain(`?${new URLSearchParams({ token: LOCAL_TOKEN })}`)
      expect((await call('GET', `${path}&state=DELIVRD`)).status).toBe(204)
      expect((await call('GET', `${path}x&state=SEEN`)).status).toBe(403)
      expect((await call('GET', path)).status).toBe(400)
      expect((await call('DELETE', path)).status).toBe(405)
      expect((await events()).map(({ status }) => status)).toEqual(['delivered'])
      expect(JSON.stringify(await events())).not.toContain('token')
    })
    expect(lines.length).toBeGreaterThan(4)
    expect(lines.join()).not.toMatch(/a( |\+|%20)token/)
    expect(lines.join()).not.toContain('token=')
  })

  it('comes to one URL for all texts, where the gateway names the text itself', async () => {
    const { call, id, events } = await sentByLocal()
    const path = '/webhooks/http/local/status'
    expect((await call('POST', path, { state: 'ACCEPTD', ref: id }, WITH_TOKEN)).status).toBe(204)
    const query = `?state=DELIVRD&ref=${id}`
    expect((await call('GET', path + query, undefined, WITH_TOKEN)).status).toBe(204)
    expect((await events()).map(({ status }) => status)).toEqual(['sent', 'delivered'])
    for (const ref of [undefined, '', 'SM1', id.slice(-20), ` ${id}`, [id]])
      expect(await call('POST', path, { state: 'SEEN', ref }, WITH_TOKEN)).toMatchObject({
        status: 400,
        body: { issues: [{ path: 'text', message: 'must be the id of a text' }] },
      })
  })

  it('keeps a status that is not mapped, no longer than it may be', async () => {
    const { call, path, events } = await sentByLocal()
    await call('POST', path, { state: 'x'.repeat(500) }, WITH_TOKEN)
    expect((await events()).map(({ status }) => status)).toEqual(['x'.repeat(64)])
  })

  it('is refused with a wrong secret, without any effect', async () => {
    const { call, path, events } = await sentByLocal()
    const wrong = [{}, { 'X-Token': 'wrong' }, { Authorization: LOCAL_TOKEN }]
    for (const headers of wrong)
      for (const at of [path, '/webhooks/http/local/status'])
        expect(await call('POST', at, { state: 'DELIVRD' }, headers as never)).toMatchObject({
          status: 403,
          body: { code: 'invalid_signature' },
        })
    expect(await events()).toEqual([])
  })

  it('is not proven by the secret of another carrier', async () => {
    const other = {
      url: 'https://sms.other.example/send',
      form: { to: '{to}', text: '{text}' },
      receipt: { ...RECEIPT, secret: 'OTHER_TOKEN' },
    }
    const vars = { ...local(RECEIPT, { other }), OTHER_TOKEN: 'the token of another' }
    const call: Call = caller(vars as Partial<Env>)
    const id = `SM4${'0'.repeat(31)}`
    const report = (name: string, token: string) =>
      call('POST', `/webhooks/http/${name}/status/${id}`, { state: 'SEEN' }, { 'X-Token': token })
    expect((await report('local', vars.OTHER_TOKEN)).status).toBe(403)
    expect((await report('other', LOCAL_TOKEN)).status).toBe(403)
    expect((await report('other', vars.OTHER_TOKEN)).status).toBe(204)
  })

  it('has nothing for carriers that do not exist or report nothing, nor for ids of the wrong shape', async () => {
    const id = `SM4${'0'.repeat(31)}`
    const post = (vars: object, path: string) =>
      caller(vars as Partial<Env>)('POST', path, { state: 'SEEN', ref: id }, WITH_TOKEN)
    for (const path of [`/webhooks/http/local/status/${id}`, '/webhooks/http/local/status']) {
      expect((await post(LOCAL, path)).status).toBe(404)
      expect((await post({}, path)).status).toBe(404)
      expect((await post(local(), path)).status).toBe(204)
      for (const name of ['nobody', 'vonage', 'toString', '%00'])
        expect((await post(local(), path.replace('local', name))).status).toBe(404)
    }
    expect((await post(local(), '/webhooks/http/local/status/SM1')).status).toBe(404)
  })

  it('does no harm whatever it is', async () => {
    const { call, path, to } = await sentByLocal()
    const bodies = [
      '',
      '\0',
      '{',
      '[]',
      'null',
      '"x"',
      '['.repeat(9000),
      '{"state":{"a":1}}',
      '%ff=%',
    ]
    for (const body of bodies) expect((await call('POST', path, body, WITH_TOKEN)).status).toBe(400)
    expect((await call('POST', path, 'x'.repeat(16 * 1024 + 1), WITH_TOKEN)).status).toBe(413)
    expect(await deliveryOf(to)).toEqual([])
  })
})

it('files what Twilio reports in the same state in whatever order it comes', async () => {
  const { getExpectedTwilioSignature } = await import('twilio/lib/webhooks/webhooks')
  for (const order of ordersOf(['queued', 'sent', 'undelivered', 'delivered'])) {
    const { call, to, asked } = await sent(TWILIO, created)
    const [url = ''] = (new URLSearchParams(asked).get('StatusCallback') ?? '').split('#')
    for (const MessageStatus of again(order)) {
      const params = { MessageSid: 'SM1', To: to, MessageStatus }
      const signature = getExpectedTwilioSignature(TWILIO.TWILIO_AUTH_TOKEN, url, params)
      const headers = { 'Content-Type': FORM, 'X-Twilio-Signature': signature }
      const body = String(new URLSearchParams(params))
      expect((await call('POST', pathOf(url), body, headers)).status).toBe(204)
    }
    expect([order, await statusOf(to)]).toEqual([order, ['delivered']])
  }
})
