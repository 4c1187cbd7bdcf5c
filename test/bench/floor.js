// The floor: the least that a verification gateway on Durable Objects can do. It speaks Verge's calls, and knows nothing
// of keys, limits, expiry, hashes, signatures, events or validation. Not a product; a yardstick.
//   start   parse, one object call with one write, one carrier call, answer      refused   the same without the carrier
//   check   parse, one object call with one read and one write, answer        status    parse, one object call with one write, answer
import { DurableObject } from 'cloudflare:workers'

export class Ledger extends DurableObject {
  start(key, code) {
    this.ctx.storage.kv.put(key, code)
  }

  report(key, status) {
    this.ctx.storage.kv.put(key, status)
  }

  check(key, code) {
    const { kv } = this.ctx.storage
    const expected = kv.get(key)
    if (expected !== code) {
      kv.put(key, expected)
      return false
    }
    kv.delete(key)
    return true
  }
}

const OBJECTS = 16 // as many as a zone has ledgers
const REFUSED = '+1917' // the numbers of the scenario `refused`
const AUTHORIZATION = `Basic ${btoa('floor:floor')}`
const CALLBACK = '/webhooks/twilio/status'
const random = new Uint32Array(1)

const ledgerOf = (env, to) => env.LEDGER.getByName(`z${Number(to.slice(1)) % OBJECTS}`)

export default {
  async fetch(request, env) {
    if (request.url.includes(CALLBACK)) {
      const form = new URLSearchParams(await request.text())
      await ledgerOf(env, form.get('To')).report(form.get('MessageSid'), form.get('MessageStatus'))
      return new Response(null, { status: 204 })
    }
    const { to, code } = await request.json()
    const ledger = ledgerOf(env, to)
    if (request.url.endsWith('/check')) {
      const approved = await ledger.check(to, code)
      return approved
        ? Response.json({ status: 'approved' })
        : Response.json({ code: 'incorrect_code' }, { status: 422 })
    }
    const fresh = String(crypto.getRandomValues(random)[0] % 1_000_000).padStart(6, '0')
    await ledger.start(to, fresh)
    if (to.startsWith(REFUSED)) return Response.json({ code: 'rate_limited' }, { status: 429 })
    const sent = await fetch(`${env.TWILIO_BASE_URL}/2010-04-01/Accounts/floor/Messages.json`, {
      method: 'POST',
      headers: {
        authorization: AUTHORIZATION,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `To=%2B${to.slice(1)}&From=%2B15005550006&Body=Your+code+is+${fresh}&StatusCallback=${env.PUBLIC_BASE_URL}${CALLBACK}/SM`,
    })
    const { sid } = await sent.json()
    return Response.json({ id: sid, status: 'pending' }, { status: sent.status })
  },
}
