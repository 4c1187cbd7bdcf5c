// The load: keep-alive connections that each have one request under way, and the scenarios driven over them.
// Every answer is checked; one that is wrong ends the run. Counts, not seconds, so that every server does the same work.
import { createHmac } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { AUTH_TOKEN } from './servers.mjs'

const TIMEOUT_MS = 15_000

/**
 * One HTTP/1.1 connection: as much of a client as loopback needs, and cheap, since it shares its core with the carrier.
 * workerd closes one that rests for five seconds; it is opened again for the next request.
 */
export function connect(port, headers = {}) {
  const fixed = Object.entries({ host: `127.0.0.1:${port}`, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  let socket
  let received = ''
  let waiting = null

  const settle = (how, value) => {
    const settled = waiting
    received = ''
    waiting = null
    settled?.[how](value)
  }
  const open = () => {
    const opened = connectTcp({ port, host: '127.0.0.1', noDelay: true })
    opened.setEncoding('latin1').setTimeout(TIMEOUT_MS, () => {
      if (waiting) opened.destroy(new Error('no answer'))
    })
    const fail = (error) => {
      if (socket === opened) settle('reject', error)
    }
    opened.on('error', fail).on('close', () => fail(new Error('connection closed')))
    opened.on('data', receive)
    return opened
  }
  const receive = (chunk) => {
    received += chunk
    const head = received.indexOf('\r\n\r\n')
    if (head < 0) return
    const status = Number(received.slice(9, 12))
    const length = status === 204 ? 0 : /content-length: (\d+)/i.exec(received.slice(0, head))?.[1]
    if (length === undefined) return settle('reject', new Error(`no length: ${received}`))
    const start = head + 4
    if (received.length < start + Number(length)) return
    settle('resolve', { status, body: received.slice(start) })
  }
  const send = (head, rest = '\r\n') =>
    new Promise((resolve, reject) => {
      if (!socket?.writable) socket = open()
      waiting = { resolve, reject }
      socket.write(`${head} HTTP/1.1\r\n${fixed}${rest}`, 'latin1')
    })

  return {
    get: (path) => send(`GET ${path}`),
    post: (path, body) => send(`POST ${path}`, entity('application/json', JSON.stringify(body))),
    postSigned: (path, form, signature) =>
      send(
        `POST ${path}`,
        `x-twilio-signature: ${signature}\r\n${entity('application/x-www-form-urlencoded', form)}`,
      ),
    close: () => socket?.destroy(),
  }
}

const entity = (type, body) =>
  `content-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`

/** Runs `step(connection, i)` for i below count, spread over the connections. A step resolves to its milliseconds. */
export async function drive(connections, count, step) {
  const times = []
  let next = 0
  const startedAt = performance.now()
  await Promise.all(
    connections.map(async (connection) => {
      while (next < count) times.push(await step(connection, next++))
    }),
  )
  return { times, seconds: (performance.now() - startedAt) / 1000 }
}

async function expect(status, word, answering) {
  const startedAt = performance.now()
  const answer = await answering
  if (answer.status !== status || !answer.body.includes(word))
    throw new Error(`expected ${status} ${word}, got ${answer.status} ${answer.body}`)
  return performance.now() - startedAt
}

export const start = ({ server }, to) =>
  expect(201, '"pending"', server.post('/v1/verifications', { to }))

async function flow(connection, to) {
  return (await start(connection, to)) + (await approve(connection, to))
}

/** What the carrier got last for a number: code, its own id, and where it shall report. */
export async function textTo({ carrier }, to) {
  const { body } = await carrier.get(`/text?to=${encodeURIComponent(to)}`)
  return JSON.parse(body)
}

/** Reads the code at the carrier, which is not timed, and checks it. */
async function approve(connection, to) {
  const { code } = await textTo(connection, to)
  return expect(200, '"approved"', connection.server.post('/v1/verifications/check', { to, code }))
}

// No code of six digits is this one.
const WRONG = '0000000'
const checkWrong = ({ server }, to) =>
  expect(422, 'incorrect_code', server.post('/v1/verifications/check', { to, code: WRONG }))

const refused = ({ server }, to) =>
  expect(429, 'rate_limited', server.post('/v1/verifications', { to }))

/** A carrier's report on a text, signed for the URL that the carrier was given. It is posted to loopback all the same. */
export function callbackOf({ callback, sid }, to, status) {
  const params = {
    ApiVersion: '2010-04-01',
    AccountSid: `AC${'0'.repeat(32)}`,
    From: '+15005550006',
    MessageSid: sid,
    MessageStatus: status,
    SmsSid: sid,
    SmsStatus: status,
    To: to,
  }
  const [url] = callback.split('#') // what follows is for the carrier's own use
  const signed = url + Object.entries(params).toSorted().flat().join('')
  return {
    path: new URL(callback).pathname,
    form: String(new URLSearchParams(params)),
    signature: createHmac('sha1', AUTH_TOKEN).update(signed).digest('base64'),
  }
}

export const report = ({ server }, { path, form, signature }) =>
  expect(204, '', server.postSigned(path, form, signature))

// Numbers in use in the plan of North America, where most verifications of a gateway's test would go. Each number gets at
// most 5 texts and 5 wrong codes per server, so that the default limits hold and records have the size they have in life.
const known = (i) => `+1${4_155_550_000 + i}`
export const fresh = (i) => `+1${4_152_300_000 + i}`
const checked = (i) => `+1${4_153_330_000 + i}`
const reported = (i) => `+1${4_154_440_000 + i}`
const spent = (i) => `+1${9_175_550_000 + i}`
const WRONG_CODES = 5
const SPENT_NUMBERS = 64
const STATUSES = ['sent', 'delivered']

/** A flow for every known number: the code is compiled, the objects exist, the carrier's connections are open. */
export const warmUp = (connections, count) =>
  drive(connections, count, (connection, i) => flow(connection, known(i)))

/**
 * `prepare` runs before anything is measured, and what it resolves to is handed to each step. `texts` is how many texts an
 * operation sends.
 */
export const SCENARIOS = {
  /** send, read the code at the carrier, check it: numbers that were seen before */
  flow: { step: (connection, i) => flow(connection, known(i)), texts: 1 },
  /** send: numbers that were seen before */
  send: { step: (connection, i) => start(connection, known(i)), texts: 1 },
  /** send: each number new */
  cold: { step: (connection, i) => start(connection, fresh(i)), texts: 1 },
  /** wrong codes */
  check: {
    async prepare(connections, count) {
      const numbers = Math.ceil(count / WRONG_CODES)
      await drive(connections, numbers, (connection, i) => start(connection, checked(i)))
      return numbers
    },
    step: (connection, i, numbers) => checkWrong(connection, checked(i % numbers)),
    texts: 0,
  },
  /** starts beyond the hourly limit: what an attack meets */
  refused: {
    prepare: (connections) =>
      drive(connections, SPENT_NUMBERS, async (connection, i) => {
        const to = spent(i)
        for (;;) {
          const { status } = await connection.server.post('/v1/verifications', { to })
          if (status === 429) return 0
          await approve(connection, to) // which ends the cooldown
        }
      }),
    step: (connection, i) => refused(connection, spent(i % SPENT_NUMBERS)),
    texts: 0,
  },
  /** signed callbacks, each of which says more than the last: every text is sent, and then delivered */
  status: {
    async prepare(connections, count) {
      const numbers = Math.ceil(count / STATUSES.length)
      const callbacks = []
      await drive(connections, numbers, async (connection, i) => {
        const to = reported(i)
        await start(connection, to)
        const text = await textTo(connection, to)
        STATUSES.forEach((status, nth) => {
          callbacks[nth * numbers + i] = callbackOf(text, to, status)
        })
      })
      return callbacks
    },
    step: (connection, i, callbacks) => report(connection, callbacks[i]),
    texts: 0,
  },
}
