// What is measured: Verge as it is deployed and the floor, each in a bare workerd with its state in memory, and what the
// operating system says they used. One process each, on a core of its own where there are two.
import { execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect as connectTcp, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { default as workerd } from 'workerd'

const HERE = import.meta.dirname
const ROOT = join(HERE, '../..')
export const WORK = `/dev/shm/verge-bench-${process.pid}`
const SERVER_CORE = '0'
const LOADER_CORE = '1'
export const CORES = availableParallelism()
const pinned = CORES > 1 && has('taskset')

function has(command) {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** This process, and the carrier that it will start, leave the first core to the server. */
export function pinLoader() {
  if (pinned)
    execFileSync('taskset', ['-a', '-c', '-p', LOADER_CORE, String(process.pid)], {
      stdio: 'ignore',
    })
  return pinned
}

/** Builds Verge as `npm run deploy` does, and lays the Workers of the bench beside it. */
export function build(options = ['--minify']) {
  mkdirSync(WORK, { recursive: true })
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
  execFileSync(
    process.execPath,
    [wrangler, 'deploy', '--dry-run', '--env=', '--outdir', WORK, ...options],
    { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  for (const file of ['floor.js', 'sink.js', 'count.js']) cpSync(join(HERE, file), join(WORK, file))
}

const API_KEY = 'bench-key-0123456789'
/** A backend's calls: with a key, as without the rate-limit bindings, which a bare workerd does not have. */
export const HEADERS = { authorization: `Bearer ${API_KEY}` }

/** The carrier signs its callbacks with it. */
export const AUTH_TOKEN = 'bench'

const variables = (carrierPort) => ({
  ENVIRONMENT: 'production',
  VERGE_SECRET: btoa('32 bytes that only the bench has'),
  API_KEYS: `bench:${API_KEY}`,
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: AUTH_TOKEN,
  TWILIO_FROM_NUMBER: '+15005550006',
  TWILIO_BASE_URL: `http://127.0.0.1:${carrierPort}`,
  PUBLIC_BASE_URL: 'https://verge.example',
  RESEND_COOLDOWN_SECONDS: '1',
})

/** What runs: the modules of each, the first of them the main one. */
const SERVERS = {
  floor: ['floor.js'],
  Verge: ['index.js'],
  counted: ['count.js', 'index.js'],
}

const compatibilityDate = () =>
  /^compatibility_date = "(.+)"/m.exec(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8'))[1]

/** Of workerd's configuration: a Worker's modules, the first of them the main one. */
export const worker = (names) => `compatibilityDate = "${compatibilityDate()}",
    modules = [ ${names.map((name) => `(name = "${name}", esModule = embed "${name}")`).join(', ')} ]`

/**
 * What an isolate has on the platform (https://developers.cloudflare.com/workers/platform/limits/). V8 sizes its young
 * generation by the heap it may have: small ones are collected sooner and faster. How the platform sets V8 is not public;
 * workerd alone sets nothing, as ISOLATE_MB=0 does here.
 */
export const ISOLATE_MB = Number(process.env.ISOLATE_MB ?? 128)

function config({ modules, port, state, env }) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [ ${ISOLATE_MB > 0 ? `"--max-heap-size=${ISOLATE_MB}"` : ''} ],
  services = [
    (name = "main", worker = .main),
    (name = "sink", worker = .sink),
    (name = "loopback", network = (allow = ["local"])),
    (name = "disk", disk = (path = "${state}", writable = true)),
  ],
  sockets = [ (name = "http", address = "127.0.0.1:${port}", http = (), service = "main") ],
);
const sink :Workerd.Worker = ( ${worker(['sink.js'])} );
const main :Workerd.Worker = (
  ${worker(modules)},
  bindings = [
    (name = "LEDGER", durableObjectNamespace = "Ledger"),
    (name = "EVENTS", queue = "sink"),
    ${Object.entries(env)
      .map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)}),`)
      .join('\n    ')}
  ],
  durableObjectNamespaces = [ (className = "Ledger", uniqueKey = "ledger", enableSql = true) ],
  durableObjectStorage = (localDisk = "disk"),
  globalOutbound = "loopback",
);
`
}

const running = new Set()

let stopping = false

function launch(command, args, options) {
  if (stopping) throw new Error('stopped')
  const child = spawn(command, args, options)
  running.add(child)
  child.ended = new Promise((resolve) => child.once('exit', resolve))
  child.once('exit', () => running.delete(child))
  return child
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const patience = setTimeout(() => child.kill('SIGKILL'), 3000)
  await child.ended
  clearTimeout(patience)
}

/** Ends what was started here, and nothing else. */
export async function stopAll() {
  stopping = true
  await Promise.all([...running].map(stop))
  rmSync(WORK, { recursive: true, force: true })
}

/** Starts the loopback carrier. @returns its port */
export async function startCarrier(latencyMs) {
  const child = launch(process.execPath, [join(HERE, 'fake-twilio.mjs')], {
    env: { LATENCY_MS: String(latencyMs) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = await Promise.race([
    child.stdout.take(1).toArray(),
    child.ended.then((code) => Promise.reject(new Error(`the carrier ended: ${code}`))),
  ])
  return { pid: child.pid, port: Number(port) }
}

/** Starts a server with empty state; ready when it listens. `env` adds to or replaces the variables. */
export async function startServer(name, carrierPort, { env = {}, args = [] } = {}) {
  const port = await freePort()
  const state = join(WORK, 'state')
  const log = join(WORK, 'server.log')
  rmSync(state, { recursive: true, force: true })
  mkdirSync(state)
  const file = join(WORK, 'config.capnp')
  const text = config({
    modules: SERVERS[name],
    port,
    state,
    env: { ...variables(carrierPort), ...env },
  })
  writeFileSync(file, text)
  const command = [workerd.default, 'serve', file, ...args]
  const [program, ...rest] = pinned ? ['taskset', '-c', SERVER_CORE, ...command] : command
  // Log lines are part of the work and nobody reads them: written to nothing. What workerd itself says is kept.
  const stderr = openSync(log, 'w')
  const child = launch(program, rest, { stdio: ['ignore', 'ignore', stderr] })
  closeSync(stderr)
  const said = () => readFileSync(log, 'utf8')
  for (let tries = 0; !(await listens(port)); tries++) {
    if (child.exitCode !== null || tries > 2000) throw new Error(`${name} did not start: ${said()}`)
    await sleep(5)
  }
  return { pid: child.pid, port, said, stop: () => stop(child) }
}

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

const listens = (port) =>
  new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1')
    socket.once('connect', () => socket.destroy(resolve(true)))
    socket.once('error', () => resolve(false))
  })

const TICK_MS = 10 // USER_HZ is 100 on every Linux that runs workerd

/** utime + stime of a process with all its threads, in steps of 10 ms. */
export function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [, , , , , , , , , , , utime, stime] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(utime) + Number(stime)) * TICK_MS
}

/** Peak resident memory since the last reset, in MB. */
export const peakMb = (pid) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
export const resetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5')
