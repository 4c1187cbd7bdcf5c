// The load: keep-alive connections that each have one request under way, and the scenarios driven over them.
// Every answer is checked; one that is wrong ends the run. Counts, not seconds, so that every server does the same work.
import { connect as connectTcp } from 'node:net'

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
    const length = /content-length: (\d+)/i.exec(received.slice(0, head))?.[1]
    if (length === undefined) return settle('reject', new Error(`no length: ${received}`))
    const start = head + 4
    if (received.length < start + Number(length)) return
    settle('resolve', { status: Number(received.slice(9, 12)), body: received.slice(start) })
  }
  const send = (head, body = '') =>
    new Promise((resolve, reject) => {
      if (!socket?.writable) socket = open()
      waiting = { resolve, reject }
      socket.write(`${head} HTTP/1.1\r\n${fixed}${body && entity(body)}\r\n${body}`, 'latin1')
    })

  return {
    get: (path) => send(`GET ${path}`),
    post: (path, body) => send(`POST ${path}`, JSON.stringify(body)),
    close: () => socket?.destroy(),
  }
}

const entity = (body) => `content-type: application/json\r\ncontent-length: ${body.length}\r\n`

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

/** Reads the code at the carrier, which is not timed, and checks it. */
async function approve(connection, to) {
  const { body } = await connection.carrier.get(`/code?to=${encodeURIComponent(to)}`)
  const { code } = JSON.parse(body)
  return expect(200, '"approved"', connection.server.post('/v1/verifications/check', { to, code }))
}

// No code of six digits is this one.
const WRONG = '0000000'
const checkWrong = ({ server }, to) =>
  expect(422, 'incorrect_code', server.post('/v1/verifications/check', { to, code: WRONG }))

const refused = ({ server }, to) =>
  expect(429, 'rate_limited', server.post('/v1/verifications', { to }))

// Numbers in use in the plan of North America, where most verifications of a gateway's test would go. Each number gets at
// most 5 texts and 5 wrong codes per server, so that the default limits hold and records have the size they have in life.
const known = (i) => `+1${4_155_550_000 + i}`
export const fresh = (i) => `+1${4_152_300_000 + i}`
const checked = (i) => `+1${4_153_330_000 + i}`
const spent = (i) => `+1${9_175_550_000 + i}`
const WRONG_CODES = 5
const SPENT_NUMBERS = 64

/** A flow for every known number: the code is compiled, the objects exist, the carrier's connections are open. */
export const warmUp = (connections, count) =>
  drive(connections, count, (connection, i) => flow(connection, known(i)))

export const SCENARIOS = {
  /** send, read the code at the carrier, check it: numbers that were seen before */
  flow: { step: (connection, i) => flow(connection, known(i)), texts: 1 },
  /** send: numbers that were seen before */
  send: { step: (connection, i) => start(connection, known(i)), texts: 1 },
  /** send: each number new */
  cold: { step: (connection, i) => start(connection, fresh(i)), texts: 1 },
  /** wrong codes */
  check: {
    prepare: (connections, count) =>
      drive(connections, Math.ceil(count / WRONG_CODES), (connection, i) =>
        start(connection, checked(i)),
      ),
    step: (connection, i, count) =>
      checkWrong(connection, checked(i % Math.ceil(count / WRONG_CODES))),
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
  // status: signed delivery callbacks, once there is a route that takes them.
}
