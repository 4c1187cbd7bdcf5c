// npm run bench: what a verification costs in Verge, beside the least that it can cost (floor.js). Loopback only, Linux.
//   npm run bench               rounds of both servers, one at a time, in alternating order; one table; four minutes
//   npm run bench -- growth     a send when 100, 10,000 and 100,000 recipients have been seen; five to seven minutes
// Fewer or other runs, by environment:
//   ROUNDS=3  SCENARIOS=flow,send,cold,check,refused,status  OPERATIONS=5000  CONNECTIONS=32  LATENCY_MS=0 (at the carrier)
//   ISOLATE_MB=128 (V8's heap; 0: as workerd has it)
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { startUp, weigh } from './budget.mjs'
import {
  callbackOf,
  connect,
  drive,
  fresh,
  report,
  SCENARIOS,
  start,
  textTo,
  warmUp,
} from './load.mjs'
import {
  build,
  CORES,
  cpuMs,
  HEADERS,
  ISOLATE_MB,
  peakMb,
  pinLoader,
  resetPeak,
  startCarrier,
  startServer,
  stopAll,
  WORK,
} from './servers.mjs'

const number = (name, otherwise) => Number(process.env[name] ?? otherwise)
const ROUNDS = number('ROUNDS', 3)
const OPERATIONS = number('OPERATIONS', 5000)
const CONNECTIONS = number('CONNECTIONS', 32)
const LATENCY_MS = number('LATENCY_MS', 0)
const CHOSEN = (process.env.SCENARIOS ?? Object.keys(SCENARIOS).join()).split(',')
/** No round begins that would end later. */
const ROUNDS_END_MS = 270_000
/** A ledger's alarm sends its events after five seconds. What they cost belongs to the requests that caused them. */
const ALARMS_MS = 5500

/** The settling call comes a moment after the answer, with others. */
const SETTLED_MS = 1000

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
const percentile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1]

async function withServer(name, carrier, options, use) {
  const server = await startServer(name, carrier.port, options)
  const connections = Array.from({ length: CONNECTIONS }, () => ({
    server: connect(server.port, HEADERS),
    carrier: connect(carrier.port),
  }))
  try {
    return await use({ ...server, name, connections })
  } catch (error) {
    throw new Error(`${name}: ${error.message}\n${server.said()}`)
  } finally {
    for (const connection of connections) {
      connection.server.close()
      connection.carrier.close()
    }
    await server.stop()
  }
}

const textsAt = async (carrier) => {
  const connection = connect(carrier.port)
  const { texts } = JSON.parse((await connection.get('/texts')).body)
  connection.close()
  return texts
}

/** Until the alarms are over that earlier requests have set. The floor has none. */
const rest = ({ name }) => sleep(name === 'floor' ? 100 : ALARMS_MS)

/** `run` with its cost, the alarms it sets included. Those of what came before must be over. */
async function measure(server, carrier, run) {
  const { pid } = server
  resetPeak(pid)
  const before = { server: cpuMs(pid), carrier: cpuMs(carrier.pid), loader: process.cpuUsage() }
  const { times, seconds } = await run()
  const own = process.cpuUsage(before.loader)
  const busy = (cpuMs(pid) - before.server) / 1000 / seconds
  const loaderMs = (own.user + own.system) / 1000 + cpuMs(carrier.pid) - before.carrier
  await rest(server)
  return {
    'ops/s': times.length / seconds,
    'p50 ms': percentile(times, 0.5),
    'p99 ms': percentile(times, 0.99),
    'CPU ms/op': (cpuMs(pid) - before.server) / times.length,
    'peak MB': peakMb(pid),
    busy,
    loader: loaderMs / 1000 / seconds,
  }
}

async function turn(name, carrier) {
  return withServer(name, carrier, {}, async (server) => {
    const { connections } = server
    await warmUp(connections, OPERATIONS)
    const prepared = {}
    for (const scenario of CHOSEN)
      prepared[scenario] = await SCENARIOS[scenario].prepare?.(connections, OPERATIONS)
    await rest(server)
    const measured = {}
    for (const scenario of CHOSEN) {
      const { step, texts } = SCENARIOS[scenario]
      const before = await textsAt(carrier)
      measured[scenario] = await measure(server, carrier, () =>
        drive(connections, OPERATIONS, (connection, i) => step(connection, i, prepared[scenario])),
      )
      const sent = (await textsAt(carrier)) - before
      if (sent !== texts * OPERATIONS)
        throw new Error(`${scenario}: ${sent} texts for ${OPERATIONS} operations`)
    }
    return measured
  })
}

/** One verification from its start to its being forgotten, with calls and rows counted. */
async function countCalls(carrier) {
  const to = fresh(0)
  return withServer('counted', carrier, {}, async ({ connections: [connection] }) => {
    const { server } = connection
    const counts = async (query = '') => JSON.parse((await server.get(`/counts${query}`)).body)
    await start(connection, to)
    await sleep(SETTLED_MS)
    const started = await counts()
    const text = await textTo(connection, to)
    await server.post('/v1/verifications/check', { to, code: text.code })
    const checked = await counts()
    await sleep(ALARMS_MS)
    const drained = await counts()
    await report(connection, callbackOf(text, to, 'delivered'))
    const reported = await counts()
    await sleep(ALARMS_MS)
    await counts()
    return { started, checked, drained, reported, forgotten: await counts('?later') }
  })
}

const figure = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))
const spread = (values) =>
  `${figure(median(values))} (${figure(Math.min(...values))}–${figure(Math.max(...values))})`
const row = (cells) => `| ${cells.join(' | ')} |`

function printTable(rounds) {
  const columns = ['ops/s', 'p50 ms', 'p99 ms', 'CPU ms/op', 'peak MB']
  console.log(row(['scenario', '', ...columns, 'CPU', 'p99']))
  console.log(row(['---', '---', ...columns.map(() => '--:'), '--:', '--:']))
  for (const scenario of CHOSEN) {
    const of = (name, column) => rounds.map((round) => round[name][scenario][column])
    const ratio = (column) => {
      const floor = of('floor', column)
      return `${figure(median(of('Verge', column).map((value, i) => value / floor[i])))}×`
    }
    for (const name of ['floor', 'Verge']) {
      const ratios = name === 'floor' ? ['1×', '1×'] : [ratio('CPU ms/op'), ratio('p99 ms')]
      const cells = columns.map((column) => spread(of(name, column)))
      console.log(row([scenario, name, ...cells, ...ratios]))
    }
  }
  console.log()
  const busy = (name, key) =>
    spread(rounds.flatMap((round) => Object.values(round[name]).map((it) => it[key] * 100)))
  for (const name of ['floor', 'Verge'])
    console.log(
      `${name}: server's core busy ${busy(name, 'busy')} %, loader's and carrier's ${busy(name, 'loader')} %`,
    )
}

async function compare(carrier) {
  const beganAt = performance.now()
  const rounds = []
  let longestMs = 0
  while (rounds.length < ROUNDS && performance.now() - beganAt + longestMs < ROUNDS_END_MS) {
    const roundAt = performance.now()
    const order = rounds.length % 2 === 0 ? ['floor', 'Verge'] : ['Verge', 'floor']
    const round = {}
    for (const name of order) round[name] = await turn(name, carrier)
    rounds.push(round)
    longestMs = Math.max(longestMs, performance.now() - roundAt)
    console.error(`round ${rounds.length} of ${ROUNDS}`)
  }
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${CORES} cores; ` +
      `${rounds.length} rounds of ${OPERATIONS} operations over ${CONNECTIONS} connections, ` +
      `${LATENCY_MS} ms at the carrier, ISOLATE_MB=${ISOLATE_MB}; medians (least–most)\n`,
  )
  printTable(rounds)

  const { started, checked, drained, reported, forgotten } = await countCalls(carrier)
  const { kib, gzippedKib } = weigh(WORK)
  const verified = started.rowsWritten + checked.rowsWritten
  console.log(`
bundle            ${kib.toFixed(1)} KiB minified, ${gzippedKib.toFixed(1)} KiB gzipped
start-up          ${figure(startUp(WORK))} ms of CPU
ledger calls      start ${started.ledgerCalls} (the second settles, after the answer), check ${checked.ledgerCalls}, status ${reported.ledgerCalls}
carrier calls     start ${started.carrierCalls}, check ${checked.carrierCalls}, status ${reported.carrierCalls}
rows written      ${verified} per verification (start and settle ${started.rowsWritten}, check ${checked.rowsWritten}), ${drained.rowsWritten} to hand its events on, ${forgotten.rowsWritten} to forget it; a delivery report ${reported.rowsWritten}`)
}

const FEWEST = 100
const MOST = 100_000
const SEEN = [FEWEST, 10_000, MOST]
const BATCHES = 3
const BATCH = 1000
/** The hundred numbers of the warm-up get more texts than the default limit allows; those that are measured get one. */
const KEEPING = { SMS_RATE_LIMIT_PER_NUMBER: '1000' }
const FORGETTING = { ...KEEPING, SMS_RATE_LIMIT_WINDOW: '60', OTP_EXPIRATION_MINUTES: '0.5' }
const FORGOTTEN_MS = 70_000

/** Sends to new numbers, when so many others have been seen. @returns for each size, what each batch cost */
async function grow(carrier, { sizes, env, patienceMs = 0 }) {
  return withServer('Verge', carrier, { env }, async (server) => {
    const { connections } = server
    for (let i = 0; i < OPERATIONS; i += FEWEST) await warmUp(connections, FEWEST)
    let seen = FEWEST
    const sendTo = async (count) => {
      const from = seen
      seen += count
      return drive(connections, count, (connection, i) => start(connection, fresh(from + i)))
    }
    const results = []
    for (const size of sizes) {
      if (seen < size) {
        await sendTo(size - seen)
        await sleep(patienceMs)
      }
      await rest(server)
      const batches = []
      for (let i = 0; i < BATCHES; i++)
        batches.push(await measure(server, carrier, () => sendTo(BATCH)))
      results.push(batches)
      console.error(`${size} seen`)
    }
    return results
  })
}

async function printGrowth(carrier) {
  const kept = await grow(carrier, { sizes: SEEN, env: KEEPING })
  const [forgotten] = await grow(carrier, {
    sizes: [MOST],
    env: FORGETTING,
    patienceMs: FORGOTTEN_MS,
  })
  const cells = (batches) =>
    ['CPU ms/op', 'p99 ms', 'peak MB'].map((key) => spread(batches.map((batch) => batch[key])))
  console.log(row(['recipients seen', '', 'CPU ms/send', 'p99 ms', 'peak MB']))
  console.log(row(['--:', '---', '--:', '--:', '--:']))
  SEEN.forEach((size, i) => {
    console.log(row([size, 'kept', ...cells(kept[i])]))
  })
  console.log(row([MOST, 'forgotten again', ...cells(forgotten)]))
}

let failed = false
const ended = async () => {
  await stopAll()
  process.exit(failed ? 1 : 0)
}
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    failed = true
    void ended()
  })

try {
  pinLoader()
  build()
  const carrier = await startCarrier(LATENCY_MS)
  if (process.argv[2] === 'growth') await printGrowth(carrier)
  else await compare(carrier)
} catch (error) {
  failed = true
  console.error(error)
}
await ended()
