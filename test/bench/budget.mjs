// What Verge weighs and what it costs to start, held to their budgets: `npm run budget`, after a build. Part of
// `npm run check`, so that a dependency that breaks a budget is noticed when it arrives; `npm run bench` prints both too.
// Start-up is the CPU of a whole workerd that loads Verge and ends, less one that loads an empty Worker, both by the
// operating system's account of an ended child (Linux and macOS). `wrangler check startup` shows where that time goes,
// but takes some fifteen samples in all: what is 25 ms here is anything from 19 to 37 ms there.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { default as workerd } from 'workerd'
import { worker } from './servers.mjs'

const BUDGET = { gzippedKib: 130, startUpMs: 30 }
// Other work on the machine can only add to a measurement, so the least of many is the one to believe. Ten take a
// second; a busy machine gets more tries.
const FEWEST = 10
const MOST = 40

/** @returns KiB of the minified Worker in that folder */
export function weigh(folder) {
  const bundle = readFileSync(join(folder, 'index.js'))
  return { kib: bundle.length / 1024, gzippedKib: gzipSync(bundle).length / 1024 }
}

/** @returns ms of CPU that loading the Worker in that folder takes; what is needed to measure it is laid beside it */
export function startUp(folder) {
  const empty = lay(folder, 'empty', '', [])
  const verge = lay(folder, 'loaded', `import './index.js'`, ['index.js'])
  let [leastEmpty, leastVerge] = [cpuMs(empty), cpuMs(verge)]
  for (let tries = 1; tries < MOST; tries++) {
    if (tries >= FEWEST && leastVerge - leastEmpty <= BUDGET.startUpMs) break
    leastEmpty = Math.min(leastEmpty, cpuMs(empty))
    leastVerge = Math.min(leastVerge, cpuMs(verge))
  }
  return leastVerge - leastEmpty
}

/** A Worker whose one test does nothing, so that workerd ends as soon as everything is loaded. @returns its config */
function lay(folder, name, imports, modules) {
  const config = join(folder, `${name}.capnp`)
  writeFileSync(join(folder, `${name}.js`), `${imports}\nexport default { test() {} }\n`)
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = ( services = [ (name = "main", worker = .main) ] );
const main :Workerd.Worker = ( ${worker([`${name}.js`, ...modules])} );
`,
  )
  return config
}

/** User and system time of `workerd test`. Node tells neither of a child; bash does, with all its threads, to the ms. */
function cpuMs(config) {
  const timed = 'TIMEFORMAT="%3U %3S"; time "$0" test "$1" 2>&1'
  const env = { ...process.env, LC_ALL: 'C' }
  const child = spawnSync('bash', ['-c', timed, workerd.default, config], { env, encoding: 'utf8' })
  if (child.status !== 0) throw new Error(`workerd did not load ${config}: ${child.stdout}`)
  const [user, system] = child.stderr.trim().split(' ')
  return (Number(user) + Number(system)) * 1000
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, '../../dist')
  const figures = [
    ['bundle, minified and gzipped', weigh(folder).gzippedKib, BUDGET.gzippedKib, 'KiB'],
    ['start-up', startUp(folder), BUDGET.startUpMs, 'ms of CPU'],
  ]
  for (const [what, is, budget, unit] of figures) {
    const line = `${what}: ${is.toFixed(1)} ${unit}; the budget is ${budget}`
    if (is <= budget) console.log(line)
    else console.error(`OVER BUDGET: ${line}`)
  }
  if (figures.some(([, is, budget]) => is > budget)) process.exitCode = 1
}
