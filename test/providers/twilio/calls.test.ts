import { describe, expect, it } from 'vitest'
import type { TwilioConfig } from '../../../src/carrier-config'
import type { Text } from '../../../src/providers/provider'
import { twilioCalls } from '../../../src/providers/twilio/calls'
import { spoken } from '../../../src/providers/twilio/twiml'
import { basic, never, outside } from '../outside'
import { faultsOf } from './contract'
import { ACCOUNT, API_KEY, HEX, onTheWire, TOKEN, timeRunsOut } from './outside'

const FROM = '+15005550006'
const CONFIG: TwilioConfig = {
  accountSid: ACCOUNT,
  authToken: TOKEN,
  apiKey: null,
  from: FROM,
  messagingServiceSid: `MG${HEX}`,
  baseUrl: 'https://api.twilio.com',
}
const TEXT: Text = {
  id: `SM${HEX}`,
  to: '+442079460123',
  body: 'Your code is 012345. Größe ✓ & more.',
  locale: 'en-GB',
  channel: 'call',
  code: '012345',
  repeatable: true,
  validForSeconds: 600,
  callbackBase: 'https://sms.example.com',
}

const created = (body: unknown = { sid: `CA${HEX}`, status: 'queued' }) =>
  Response.json(body, { status: 201, headers: { 'Twilio-Request-Id': 'RQ1' } })

async function requestOf(config: Partial<TwilioConfig> = {}) {
  const asked = outside(() => created())
  await twilioCalls({ ...CONFIG, ...config }, FROM).send(TEXT, never())
  return onTheWire(asked)
}

const answered = (answer: () => Response | Promise<Response>) => {
  outside(answer)
  return twilioCalls(CONFIG, FROM).send(TEXT, never())
}

describe('a call', () => {
  it('is one form to the calls of the account: what to say comes with it', async () => {
    const { request, form } = await requestOf()
    expect(request.method).toBe('POST')
    expect(request.url).toBe(`https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT}/Calls.json`)
    expect(request.redirect).toBe('manual')
    expect(request.headers.get('Authorization')).toBe(basic(ACCOUNT, TOKEN))
    expect(form).toEqual({ To: TEXT.to, From: FROM, Twiml: spoken(TEXT), Timeout: '20' })
  })

  it('is what Twilio’s own description of the call allows', async () => {
    const { request, params } = await requestOf()
    expect(faultsOf('CreateCall', request, params)).toEqual([])
  })

  it('goes to another base URL, and with an API key, where they are set', async () => {
    const { request } = await requestOf({ baseUrl: 'http://localhost:9000', apiKey: API_KEY })
    expect(request.url).toBe(`http://localhost:9000/2010-04-01/Accounts/${ACCOUNT}/Calls.json`)
    expect(request.headers.get('Authorization')).toBe(basic(API_KEY.sid, API_KEY.secret))
  })

  it('is known by Twilio’s id of it', async () => {
    expect(await answered(created)).toEqual({
      ok: true,
      providerId: `CA${HEX}`,
      requestId: 'RQ1',
    })
  })

  it.each([{}, { sid: `SM${HEX}` }, { sid: 'CA1' }, null, []])(
    'may have been made where a 2xx brings %j: it is not repeated',
    async (body) => {
      expect(await answered(() => created(body))).toMatchObject({
        ok: false,
        kind: 'unknown',
        retry: false,
        reason: 'no_sid',
      })
    },
  )

  it.each([
    [21215, 400, 'rejected', 'country_not_allowed'],
    [21216, 400, 'rejected', 'could_not_deliver'],
    [21217, 400, 'rejected', 'invalid_phone_number'],
    [21211, 400, 'rejected', 'invalid_phone_number'],
    [21210, 400, 'misconfigured', 'temporarily_unavailable'],
    [21219, 400, 'misconfigured', 'temporarily_unavailable'],
    [20003, 401, 'misconfigured', 'temporarily_unavailable'],
    [20429, 429, 'throttled', 'temporarily_unavailable'],
    [20500, 500, 'unknown', 'temporarily_unavailable'],
  ])('is refused with %i, as %i: %s, %s', async (code, status, kind, refusal) => {
    const failure = await answered(() => Response.json({ code, message: 'no' }, { status }))
    expect(failure).toMatchObject({ ok: false, kind, refusal, reason: String(code) })
  })

  it('may have been made where time runs out', async () => {
    const failure = await twilioCalls(CONFIG, FROM).send(TEXT, timeRunsOut())
    expect(failure).toMatchObject({ ok: false, kind: 'unknown', retry: false, reason: 'timeout' })
  })
})
