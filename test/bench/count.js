// Verge with its calls and rows counted. Not timed. GET /counts answers with the counts and begins anew;
// GET /counts?later first lets the last ledger that was called live through a day.
import verge, { Ledger as VergeLedger } from './index.js'

const DAY_MS = 86_400_000
let counts = none()
let lastLedger
let aheadMs = 0

function none() {
  return { ledgerCalls: 0, carrierCalls: 0, rowsWritten: 0 }
}

const clock = Date.now
Date.now = () => clock() + aheadMs

const carrier = globalThis.fetch
globalThis.fetch = (...args) => {
  counts.carrierCalls++
  return carrier(...args)
}

export class Ledger extends VergeLedger {
  constructor(ctx, env) {
    countRows(ctx.storage)
    super(ctx, env)
  }

  async later() {
    aheadMs = DAY_MS
    await this.alarm()
    aheadMs = 0
  }
}

/** As the platform bills them: rows and their index entries, and one for each alarm that is set. */
function countRows(storage) {
  const { exec } = storage.sql
  const { setAlarm } = storage
  storage.sql.exec = (...args) => {
    const cursor = exec.apply(storage.sql, args)
    counts.rowsWritten += cursor.rowsWritten
    return cursor
  }
  storage.setAlarm = (...args) => {
    counts.rowsWritten++
    return setAlarm.apply(storage, args)
  }
}

const counted = (stub) =>
  new Proxy(stub, {
    get:
      (_, method) =>
      (...args) => {
        counts.ledgerCalls++
        return stub[method](...args)
      },
  })

const wrapped = new WeakMap()
function wrap(env) {
  let inner = wrapped.get(env)
  if (!inner) {
    const get = (id) => {
      lastLedger = id
      return counted(env.LEDGER.get(id))
    }
    inner = { ...env, LEDGER: { idFromName: (name) => env.LEDGER.idFromName(name), get } }
    wrapped.set(env, inner)
  }
  return inner
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, search } = new URL(request.url)
    if (pathname !== '/counts') return verge.fetch(request, wrap(env), ctx)
    if (search === '?later') await env.LEDGER.get(lastLedger).later()
    const answer = counts
    counts = none()
    return Response.json(answer)
  },
}
