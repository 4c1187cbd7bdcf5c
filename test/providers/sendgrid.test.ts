import { describe, expect, it } from 'vitest'
import type { SendGridConfig } from '../../src/carrier-config'
import type { Text } from '../../src/providers/provider'
import { sendGridMail } from '../../src/providers/sendgrid'
import { keepsTheContract } from './contract'
import { never, outside, TEXT, wireOf } from './outside'

const CONFIG: SendGridConfig = {
  from: { email: 'codes@example.com', name: 'Größe & Söhne' },
  apiKey: 'SG.the-key',
  baseUrl: 'https://api.sendgrid.com',
}
const MAIL: Text = {
  ...TEXT,
  to: "o'neil+1@example.com",
  channel: 'email',
  locale: 'de',
  mail: { subject: 'Ihr Bestätigungscode', html: '<p>012345 &amp; mehr</p>' },
}
const LATER = 'temporarily_unavailable'
const ID = '14c5d75ce93.dfd.64b469'

const accepted = (headers: Record<string, string> = { 'X-Message-Id': ID }) =>
  new Response(null, { status: 202, headers })

async function sent(config: Partial<SendGridConfig> = {}) {
  const asked = outside(() => accepted())
  await sendGridMail({ ...CONFIG, ...config }).send(MAIL, never())
  const { body, ...wire } = await wireOf(asked)
  return { ...wire, body: JSON.parse(body) }
}

const answered = (answer: () => Response) => {
  outside(answer)
  return sendGridMail(CONFIG).send(MAIL, never())
}

describe('the request', () => {
  it('is a mail in JSON, text before HTML, with nothing added to it', async () => {
    expect(await sent()).toEqual({
      line: 'POST https://api.sendgrid.com/v3/mail/send',
      headers: { authorization: 'Bearer SG.the-key', 'content-type': 'application/json' },
      body: {
        personalizations: [{ to: [{ email: "o'neil+1@example.com" }] }],
        from: { email: 'codes@example.com', name: 'Größe & Söhne' },
        subject: 'Ihr Bestätigungscode',
        content: [
          { type: 'text/plain', value: MAIL.body },
          { type: 'text/html', value: '<p>012345 &amp; mehr</p>' },
        ],
        tracking_settings: {
          click_tracking: { enable: false },
          open_tracking: { enable: false },
          subscription_tracking: { enable: false },
        },
      },
      redirect: 'manual',
    })
  })

  it('goes to another base URL where one is set', async () => {
    const { line } = await sent({ baseUrl: 'https://api.eu.sendgrid.com' })
    expect(line).toBe('POST https://api.eu.sendgrid.com/v3/mail/send')
  })

  it('has a sender without a name where none is set', async () => {
    const { body } = await sent({ from: { email: 'codes@example.com' } })
    expect(body.from).toEqual({ email: 'codes@example.com' })
  })
})

describe('the answer', () => {
  it('is known by SendGrid’s id of it', async () => {
    const id = '14c5d75ce93_dfd-64b469'
    expect(await answered(() => accepted({ 'X-Message-Id': id }))).toEqual({
      ok: true,
      providerId: id,
    })
    expect(await answered(() => accepted())).toEqual({ ok: true, providerId: ID })
  })

  it('may have been a yes where it is a 202 without an id', async () => {
    expect(await answered(() => accepted({}))).toEqual({
      ok: false,
      kind: 'unknown',
      retry: false,
      refusal: 'temporarily_unavailable',
      reason: 'no_id',
    })
  })

  it.each([
    ['another key', 401, 'misconfigured', false, LATER],
    ['a verified sender', 403, 'misconfigured', false, LATER],
    ['a smaller mail', 413, 'rejected', false, 'could_not_deliver'],
    ['another address', 400, 'rejected', false, 'could_not_deliver'],
    ['another header', 406, 'misconfigured', false, LATER],
  ] as [string, number, string, boolean, string][])(
    'that asks for %s, %i, is %s',
    async (_, status, kind, retry, refusal) => {
      const body = { errors: [{ field: 'to', message: "o'neil+1@example.com is not valid" }] }
      const failure = await answered(() => Response.json(body, { status }))
      expect(failure).toMatchObject({ ok: false, kind, retry, refusal, reason: `http_${status}` })
      expect(JSON.stringify(failure)).not.toContain('neil')
    },
  )
})

keepsTheContract(() => sendGridMail(CONFIG), [])

it.each([401, 403])('a %i is the account’s: no other mail would fare better', async (status) => {
  expect(await answered(() => new Response('', { status }))).toMatchObject({ account: true })
})

describe('a ping', () => {
  const pinged = (answer: () => Response) => {
    const asked = outside(answer)
    return { asked, answering: sendGridMail(CONFIG).ping?.(never()) }
  }

  it('asks what the key may do', async () => {
    const { asked, answering } = pinged(() =>
      Response.json({ scopes: ['alerts.read', 'mail.send'] }),
    )
    expect(await answering).toEqual({ answering: true })
    const { line, headers } = await wireOf(asked)
    expect(line).toBe('GET https://api.sendgrid.com/v3/scopes')
    expect(headers).toEqual({ authorization: 'Bearer SG.the-key' })
  })

  it.each([
    [200, { scopes: ['alerts.read'] }, 'no_mail.send'],
    [200, {}, 'no_mail.send'],
    [401, { errors: [{ message: 'authorization required' }] }, 'http_401'],
    [503, 'busy', 'http_503'],
  ])('is not answered by %i %j', async (status, body, reason) => {
    const { answering } = pinged(() => Response.json(body, { status }))
    expect(await answering).toEqual({ answering: false, reason })
  })
})
