import { describe, expect, it, vi } from 'vitest'
import { type Call, caller, freshNumber, MINUTE, pass, SECOND } from '../../gateway'
import {
  AUDIENCE,
  BY_KEYS,
  BY_SECRET,
  claims,
  crafted,
  ISSUER,
  KEYS_AT,
  keySet,
  publishes,
  SECRET,
  signer,
  token,
} from '../../tokens'

const bearer = (jwt: string) => ({ Authorization: `Bearer ${jwt}` })
const cookie = (jwt: string) => ({ Cookie: `theme=dark; access_token=${jwt}; other=x` })

const CHASKI = { COMPAT: 'chaski', ...BY_SECRET }
const send = (call: Call, headers: Record<string, string>) =>
  call('POST', '/api/auth/phone/send-code', undefined, headers)

const statusWith = async (headers: Record<string, string>, vars: object = CHASKI) =>
  (await send(caller(vars), headers)).status

const REFUSED = { status: 401, body: { detail: 'Could not validate credentials' } }
const UNAVAILABLE = {
  status: 503,
  body: { detail: 'The service is unavailable. Try again in 5 seconds.' },
}

describe("an application's token, signed with a secret", () => {
  const user = () => ({ phone_number: freshNumber() })

  it.each([
    ['a bearer', bearer],
    ['a bearer in small letters', (jwt: string) => ({ Authorization: `bearer ${jwt}` })],
    ['a cookie', cookie],
    ['a cookie that has the scheme, too', (jwt: string) => cookie(`"Bearer ${jwt}"`)],
  ])('is taken as %s', async (_, headers) => {
    expect(await statusWith(headers(await token(user())))).toBe(200)
  })

  it('is taken without an issuer and an audience where none is asked for', async () => {
    const vars = { COMPAT: 'chaski', JWT_SECRET: SECRET }
    const jwt = await token({ ...user(), iss: undefined, aud: undefined })
    expect(await statusWith(bearer(jwt), vars)).toBe(200)
    expect(await statusWith(bearer(await token({ ...user(), aud: undefined })), vars)).toBe(200)
  })

  it('is taken where it names several audiences, and this is one', async () => {
    expect(await statusWith(bearer(await token({ ...user(), aud: ['a', AUDIENCE] })))).toBe(200)
    expect(await statusWith(bearer(await token({ ...user(), aud: ['a', 'b'] })))).toBe(401)
  })

  const now = () => Math.floor(Date.now() / 1000)
  const BAD: [string, () => string | Promise<string>][] = [
    ['has expired', () => token({ ...user(), exp: now() - 31 })],
    ['never expires', () => token({ ...user(), exp: undefined })],
    ['expires at a text', () => token({ ...user(), exp: '2099-01-01' })],
    ['is not valid yet', () => token({ ...user(), nbf: now() + 31 })],
    ['is not valid before a text', () => token({ ...user(), nbf: 'now' })],
    ['was issued in the future', () => token({ ...user(), iat: now() + 31 })],
    ['is for another audience', () => token({ ...user(), aud: 'blog' })],
    ['is for no audience', () => token({ ...user(), aud: undefined })],
    ['is of another issuer', () => token({ ...user(), iss: 'https://evil.example/' })],
    ['is of no issuer', () => token({ ...user(), iss: undefined })],
    ['is of a part of the issuer', () => token({ ...user(), iss: ISSUER.slice(0, -1) })],
    ['is unsigned', () => crafted({ alg: 'none', typ: 'JWT' }, claims(user()))],
    ['is unsigned and says otherwise', () => crafted({ alg: 'HS256' }, claims(user()))],
    ['is signed with another secret', () => token(user(), `${SECRET}!`)],
    ['is signed with an empty secret', async () => crafted({ alg: 'HS256' }, claims(user()), 'AA')],
    ['is signed by a key pair of its own', async () => (await signer('RS256')).token(user())],
    ['is no token', () => 'x'],
    ['is of a type that is no text', () => crafted({ alg: 'HS256', typ: { toString: 1 } }, {})],
    [
      'was tampered with',
      async () => {
        const [head, , signature] = (await token(user())).split('.')
        return crafted({}, claims(user())).replace(/^[^.]+/, head ?? '') + signature
      },
    ],
  ]
  it.each(BAD)('is refused where it %s', async (_, make) => {
    const jwt = await make()
    expect(await send(caller(CHASKI), bearer(jwt))).toMatchObject(REFUSED)
    expect(await send(caller(CHASKI), cookie(jwt))).toMatchObject(REFUSED)
  })

  it('is refused where there is none, and the answer says how to give one', async () => {
    const answer = await send(caller(CHASKI), {})
    expect(answer).toMatchObject(REFUSED)
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
    expect(await send(caller(CHASKI), { Authorization: 'Basic dTpw' })).toMatchObject(REFUSED)
  })

  it('is refused where it names an audience and nobody here has a name', async () => {
    const vars = { COMPAT: 'chaski', JWT_SECRET: SECRET }
    expect(await statusWith(bearer(await token(user())), vars)).toBe(401)
  })

  it('has thirty seconds of leeway for clocks, and no more', async () => {
    for (const late of [{ exp: now() - 29 }, { nbf: now() + 30 }, { iat: now() + 30 }])
      expect(await statusWith(bearer(await token({ ...user(), ...late })))).toBe(200)
    expect(await statusWith(bearer(await token({ ...user(), exp: now() - 30 })))).toBe(401)
  })

  it('counts before a bearer for Chaski, and after it for MeStore', async () => {
    const good = () => token(user())
    const both = (first: string, second: string) => ({ ...cookie(first), ...bearer(second) })
    expect(await statusWith(both(await good(), 'x'))).toBe(200)
    expect(await statusWith(both('x', await good()))).toBe(401)
    const mestore = (headers: Record<string, string>) =>
      caller({ ...CHASKI, COMPAT: 'mestore' })(
        'POST',
        '/api/v1/auth/send-verification-sms',
        { otp_type: 'SMS' },
        headers,
      )
    expect((await mestore(both('x', await good()))).status).toBe(200)
    expect((await mestore(both(await good(), 'x'))).status).toBe(401)
    expect((await mestore(cookie(await good()))).status).toBe(200)
  })

  it('has the claims and the cookie that the variables name', async () => {
    const vars = { ...CHASKI, JWT_PHONE_CLAIM: 'https://app.example/tel', JWT_COOKIE: 'session' }
    const jwt = await token({ 'https://app.example/tel': freshNumber() })
    expect(await statusWith({ Cookie: `session=${jwt}` }, vars)).toBe(200)
    expect(await statusWith({ Cookie: `access_token=${jwt}` }, vars)).toBe(401)
    expect(await send(caller(vars), bearer(await token(user())))).toMatchObject({
      status: 400,
      body: { detail: 'No phone number associated with this account' },
    })
  })

  it('leaves why it was refused in the log, and nothing of itself', async () => {
    const jwt = await token({ ...user(), aud: 'blog' })
    const lines = vi.spyOn(console, 'log')
    await send(caller(CHASKI), bearer(jwt))
    const said = lines.mock.calls.flat().join('\n')
    expect(said).toContain('"problem":"token: audience"')
    expect(said).not.toContain(jwt.split('.')[1])
  })
})

describe('a cookie', () => {
  const vars = {
    ...CHASKI,
    ALLOWED_ORIGINS: 'https://app.example',
    PUBLIC_BASE_URL: 'https://api.example',
  }
  const from = async (Origin: string, more: object = {}) =>
    statusWith(
      { ...cookie(await token({ phone_number: freshNumber() })), Origin },
      { ...vars, ...more },
    )

  it('counts for pages of ALLOWED_ORIGINS and of this origin', async () => {
    expect(await from('https://app.example')).toBe(200)
    expect(await from('https://verge.example')).toBe(200)
    expect(await from('https://api.example')).toBe(200)
  })

  it('does not count for any other page, whatever * lets in', async () => {
    for (const origin of ['https://evil.example', 'null', 'https://app.example.evil.example'])
      expect(await from(origin)).toBe(401)
    expect(await from('https://evil.example', { ALLOWED_ORIGINS: '*' })).toBe(401)
  })

  it('is not needed by a page that has a bearer', async () => {
    const jwt = await token({ phone_number: freshNumber() })
    const headers = { ...cookie(jwt), ...bearer(jwt), Origin: 'https://evil.example' }
    expect(await statusWith(headers, vars)).toBe(200)
  })
})

describe('a page of another origin', () => {
  const preflight = (origin: string, ALLOWED_ORIGINS: string, COMPAT = 'chaski') =>
    caller({ ...CHASKI, COMPAT, ALLOWED_ORIGINS })(
      'OPTIONS',
      '/api/auth/phone/send-code',
      undefined,
      {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,x-csrf-token',
      },
    )
  const allowed = ({ headers }: { headers: Headers }) =>
    ['Origin', 'Credentials', 'Headers', 'Methods'].map((name) =>
      headers.get(`Access-Control-Allow-${name}`),
    )

  it('may call with cookies and headers of its own where ALLOWED_ORIGINS names it', async () => {
    const answer = await preflight('https://app.example', 'https://app.example')
    expect(answer.status).toBe(204)
    expect(allowed(answer)).toEqual([
      'https://app.example',
      'true',
      'authorization,x-csrf-token',
      'POST',
    ])
  })

  it('may call without cookies where * does', async () => {
    expect(allowed(await preflight('https://app.example', '*'))).toEqual([
      'https://app.example',
      null,
      'authorization,x-csrf-token',
      'POST',
    ])
  })

  it('may not call otherwise', async () => {
    for (const answer of [
      await preflight('https://evil.example', 'https://app.example'),
      await preflight('https://app.example', 'https://app.example', 'mestore'),
    ])
      expect(allowed(answer)).toEqual([null, null, null, null])
  })

  it('may read refusals, too', async () => {
    const vars = { ...CHASKI, ALLOWED_ORIGINS: 'https://app.example' }
    const answer = await send(caller(vars), { Origin: 'https://app.example' })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('https://app.example')
    expect(answer.headers.get('Access-Control-Allow-Credentials')).toBe('true')
    expect(answer.headers.get('Access-Control-Expose-Headers')).toBe('X-Request-Id,Retry-After')
    expect(answer.headers.get('Vary')).toBe('Origin')
  })
})

describe("an application's token, signed by a key that it publishes", () => {
  const vars = { COMPAT: 'chaski', ...BY_KEYS }
  const user = () => ({ phone_number: freshNumber() })

  it.each(['RS256', 'ES256', 'EdDSA'] as const)('is taken: %s', async (alg) => {
    const { published, token } = await signer(alg)
    publishes(keySet({ kty: 'oct', k: 'AAAA', kid: 'key-1' }, { junk: true }, published))
    expect(await statusWith(bearer(await token(user())), vars)).toBe(200)
  })

  it('need not name its key where one alone fits', async () => {
    const [ec, rsa] = [await signer('ES256', 'key-1'), await signer('RS256', 'key-2')]
    publishes(keySet(ec.published, rsa.published))
    expect(await statusWith(bearer(await ec.nameless(user())), vars)).toBe(200)
    const other = await signer('ES256', 'key-3')
    publishes(keySet(ec.published, other.published))
    expect(await statusWith(bearer(await ec.nameless(user())), vars)).toBe(401)
  })

  it('is asked for once, for all that come within ten minutes', async () => {
    const { published, token } = await signer()
    const asked = publishes(keySet(published))
    const call = caller(vars)
    for (let i = 0; i < 3; i++)
      expect((await send(call, bearer(await token(user())))).status).toBe(200)
    expect(asked.times).toBe(1)
    pass(10 * MINUTE - SECOND)
    expect((await send(call, bearer(await token(user())))).status).toBe(200)
    expect(asked.times).toBe(1)
    pass(SECOND)
    expect((await send(call, bearer(await token(user())))).status).toBe(200)
    expect(asked.times).toBe(2)
  })

  it('is taken by a key that is new, and no more by one that was withdrawn', async () => {
    const [first, second] = [await signer('ES256', 'key-1'), await signer('ES256', 'key-2')]
    const asked = publishes(keySet(first.published), keySet(second.published))
    const call = caller(vars)
    expect((await send(call, bearer(await first.token(user())))).status).toBe(200)
    pass(30 * SECOND)
    expect((await send(call, bearer(await second.token(user())))).status).toBe(200)
    expect(asked.times).toBe(2)
    expect(await send(call, bearer(await first.token(user())))).toMatchObject(REFUSED)
  })

  it('makes an isolate ask for an unknown key every thirty seconds, at most', async () => {
    const [known, unknown] = [await signer('ES256', 'key-1'), await signer('ES256', 'key-2')]
    const asked = publishes(keySet(known.published))
    const call = caller(vars)
    for (let i = 0; i < 3; i++)
      expect(await send(call, bearer(await unknown.token(user())))).toMatchObject(REFUSED)
    expect(asked.times).toBe(1)
    pass(30 * SECOND - 1)
    expect(await send(call, bearer(await unknown.token(user())))).toMatchObject(REFUSED)
    expect(asked.times).toBe(1)
    pass(1)
    expect(await send(call, bearer(await unknown.token(user())))).toMatchObject(REFUSED)
    expect(asked.times).toBe(2)
  })

  it('is asked for once, for all that come at once', async () => {
    const { published, token } = await signer()
    const unknown = await signer('ES256', 'key-2')
    vi.mocked(scheduler.wait).mockImplementation((ms) => new Promise((end) => setTimeout(end, ms)))
    const asked = publishes(async () => {
      await scheduler.wait(20)
      return keySet(published)()
    })
    const call = caller({ ...vars, START_LIMIT: undefined as never })
    const all = async (jwts: Promise<string>[]) => {
      const answers = jwts.map(async (jwt) => (await send(call, bearer(await jwt))).status)
      return new Set(await Promise.all(answers))
    }
    expect(await all(Array.from({ length: 10 }, () => token(user())))).toEqual(new Set([200]))
    expect(asked.times).toBe(1)
    pass(30 * SECOND)
    expect(await all(Array.from({ length: 10 }, () => unknown.token(user())))).toEqual(
      new Set([401]),
    )
    expect(asked.times).toBe(2)
  })

  it('is asked for again where the request that asked has ended before its answer', async () => {
    const { published, token } = await signer()
    const never = new Promise<Response>(() => {})
    const asked = publishes(() => never, keySet(published))
    const call = caller(vars)
    void send(call, bearer(await token(user())))
    await vi.waitUntil(() => asked.times === 1)
    expect((await send(call, bearer(await token(user())))).status).toBe(200)
  })

  const BROKEN: [string, () => Response | Promise<Response>][] = [
    ['does not answer', () => Promise.reject(new TypeError('Network connection lost.'))],
    ['takes too long', () => Promise.reject(new DOMException('late', 'TimeoutError'))],
    ['answers 500', () => new Response('{"keys":[]}', { status: 500 })],
    ['leads elsewhere', () => new Response(null, { status: 302, headers: { Location: KEYS_AT } })],
    ['answers with a page', () => new Response('<html></html>')],
    ['answers without keys', () => Response.json({ keys: 'none' })],
    ['answers at length', () => new Response('x'.repeat(70_000))],
  ]
  it.each(BROKEN)('is 503 where the place of its key %s', async (_, answer) => {
    const { token } = await signer()
    publishes(answer)
    const refused = await send(caller(vars), bearer(await token(user())))
    expect(refused).toMatchObject(UNAVAILABLE)
    expect(refused.headers.get('Retry-After')).toBe('5')
  })

  it('is 503 once its keys are too old and new ones cannot be had; then it is asked again', async () => {
    const { published, token } = await signer()
    const lost = () => new Response(null, { status: 503 })
    const asked = publishes(keySet(published), lost, keySet(published))
    const call = caller(vars)
    expect((await send(call, bearer(await token(user())))).status).toBe(200)
    pass(10 * MINUTE)
    expect(await send(call, bearer(await token(user())))).toMatchObject(UNAVAILABLE)
    expect(await send(call, bearer(await token(user())))).toMatchObject(UNAVAILABLE)
    expect(asked.times).toBe(2)
    pass(5 * SECOND)
    expect((await send(call, bearer(await token(user())))).status).toBe(200)
  })

  it('is refused where it is signed with the public key as if that were a secret', async () => {
    const { published } = await signer('RS256')
    publishes(keySet(published))
    for (const secret of [JSON.stringify(published), String(published.n)]) {
      const header = { alg: 'HS256', typ: 'JWT', kid: published.kid }
      const key = await crypto.subtle.importKey(
        'raw',
        new TextEncoder().encode(secret),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['sign'],
      )
      const content = crafted(header, claims(user())).slice(0, -1)
      const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(content))
      const signature = new Uint8Array(mac).toBase64({ alphabet: 'base64url', omitPadding: true })
      expect(await send(caller(vars), bearer(`${content}.${signature}`))).toMatchObject(REFUSED)
    }
  })

  it('is refused where it is signed with a secret, even one that is published', async () => {
    const k = new TextEncoder().encode(SECRET).toBase64({ alphabet: 'base64url' })
    publishes(keySet({ kty: 'oct', alg: 'HS256', k }))
    expect(await send(caller(vars), bearer(await token(user())))).toMatchObject(REFUSED)
  })

  it('is refused where it is unsigned, of another key, or for somebody else', async () => {
    const { published, token } = await signer()
    const other = await signer()
    publishes(keySet(published))
    for (const jwt of [
      crafted({ alg: 'none', kid: 'key-1' }, claims(user())),
      await other.token(user()),
      await token({ ...user(), aud: 'blog' }),
      await token({ ...user(), iss: 'https://evil.example/' }),
      await token({ ...user(), exp: Math.floor(Date.now() / 1000) - 31 }),
    ])
      expect(await send(caller(vars), bearer(jwt))).toMatchObject(REFUSED)
  })

  it('is refused where its key is published for another algorithm', async () => {
    const { published, token } = await signer('RS256')
    publishes(keySet({ ...published, alg: 'PS256' }))
    expect(await statusWith(bearer(await token(user())), vars)).toBe(401)
    publishes(keySet({ ...published, use: 'enc' }))
    expect(await statusWith(bearer(await token(user())), vars)).toBe(401)
  })
})
