// npm run bench: what a verification costs in Verge, beside the least that it can cost (floor.js). Loopback only, Linux.
//   npm run bench               rounds of both servers, one at a time, in alternating order; one table; about four minutes
//   npm run bench -- growth     a send when 100, 10,000 and 100,000 recipients have been seen; about six minutes
// Fewer or other runs, by environment:
//   ROUNDS=5  SCENARIOS=flow,send,cold,check,refused  OPERATIONS=3000  CONNECTIONS=32  LATENCY_MS=0 (at the carrier)
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { startUp, weigh } from './budget.mjs'
import { connect, drive, fresh, SCENARIOS, start, warmUp } from './load.mjs'
import {
  build,
  CORES,
  cpuMs,
  HEADERS,
  peakMb,
  pinLoader,
  resetPeak,
  startCarrier,
  startServer,
  stopAll,
  WORK,
} from './servers.mjs'

const number = (name, otherwise) => Number(process.env[name] ?? otherwise)
const ROUNDS = number('ROUNDS', 5)
const OPERATIONS = number('OPERATIONS', 3000)
const CONNECTIONS = number('CONNECTIONS', 32)
const LATENCY_MS = number('LATENCY_MS', 0)
const CHOSEN = (process.env.SCENARIOS ?? Object.keys(SCENARIOS).join()).split(',')
/** No round begins later. */
const LAST_ROUND_MS = 180_000
/** A ledger's alarm sends its events after five seconds. What they cost belongs to the requests that caused them. */
const ALARMS_MS = 5500

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

/** `run` with its cost: a ledger's alarms included, waited for before and after. The floor has none. */
async function measure({ name, pid }, carrier, run) {
  const alarmsMs = name === 'Verge' ? ALARMS_MS : 100
  await sleep(alarmsMs)
  resetPeak(pid)
  const before = { server: cpuMs(pid), carrier: cpuMs(carrier.pid), loader: process.cpuUsage() }
  const { times, seconds } = await run()
  const own = process.cpuUsage(before.loader)
  const busy = (cpuMs(pid) - before.server) / 1000 / seconds
  const loaderMs = (own.user + own.system) / 1000 + cpuMs(carrier.pid) - before.carrier
  await sleep(alarmsMs)
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
  return withServer(name, carrier, {}, async ({ pid, connections }) => {
    await warmUp(connections, OPERATIONS)
    const measured = {}
    for (const scenario of CHOSEN) {
      const { prepare, step, texts } = SCENARIOS[scenario]
      await prepare?.(connections, OPERATIONS)
      const before = await textsAt(carrier)
      measured[scenario] = await measure({ name, pid }, carrier, () =>
        drive(connections, OPERATIONS, (connection, i) => step(connection, i, OPERATIONS)),
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
    await sleep(100) // the settling call comes after the answer
    const started = await counts()
    const asked = await connection.carrier.get(`/code?to=${encodeURIComponent(to)}`)
    const { code } = JSON.parse(asked.body)
    await server.post('/v1/verifications/check', { to, code })
    const checked = await counts()
    await sleep(ALARMS_MS)
    const drained = await counts()
    return { started, checked, drained, forgotten: await counts('?later') }
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
  const all = rounds.flatMap((round) => Object.values(round).flatMap(Object.values))
  const percent = (key) => spread(all.map((measured) => measured[key] * 100))
  console.log(
    `\nserver's core busy ${percent('busy')} %, loader's and carrier's ${percent('loader')} %`,
  )
}

async function compare(carrier) {
  const beganAt = performance.now()
  const rounds = []
  while (rounds.length < ROUNDS && performance.now() - beganAt < LAST_ROUND_MS) {
    const order = rounds.length % 2 === 0 ? ['floor', 'Verge'] : ['Verge', 'floor']
    const round = {}
    for (const name of order) round[name] = await turn(name, carrier)
    rounds.push(round)
    console.error(`round ${rounds.length} of ${ROUNDS}`)
  }
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${CORES} cores; ` +
      `${rounds.length} rounds of ${OPERATIONS} operations over ${CONNECTIONS} connections, ` +
      `${LATENCY_MS} ms at the carrier; medians (least–most)\n`,
  )
  printTable(rounds)

  const { started, checked, drained, forgotten } = await countCalls(carrier)
  const { kib, gzippedKib } = weigh(WORK)
  const verified = started.rowsWritten + checked.rowsWritten
  console.log(`
bundle            ${kib.toFixed(1)} KiB minified, ${gzippedKib.toFixed(1)} KiB gzipped
start-up          ${figure(startUp(WORK))} ms of CPU
ledger calls      start ${started.ledgerCalls} (the second settles, after the answer), check ${checked.ledgerCalls}
carrier calls     start ${started.carrierCalls}, check ${checked.carrierCalls}
rows written      ${verified} per verification (start and settle ${started.rowsWritten}, check ${checked.rowsWritten}), ${drained.rowsWritten} to hand its events on, ${forgotten.rowsWritten} to forget it`)
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
  return withServer('Verge', carrier, { env }, async ({ name, pid, connections }) => {
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
      const batches = []
      for (let i = 0; i < BATCHES; i++)
        batches.push(await measure({ name, pid }, carrier, () => sendTo(BATCH)))
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
