// A smoke test against real carriers: the whole Worker, one code from each carrier whose secrets are in the environment, to
// the number in VERGE_LIVE_TO. It costs what those texts cost. Without them it says so and is content.
//   TWILIO_ACCOUNT_SID=… TWILIO_AUTH_TOKEN=… TWILIO_FROM_NUMBER=… VERGE_LIVE_TO=+1… npm run live
import { readFileSync } from 'node:fs'
import { createTestHarness } from 'wrangler'

const example = readFileSync(new URL('../.dev.vars.example', import.meta.url), 'utf8')
const names = [...example.matchAll(/^# ([A-Z0-9_]+)=/gm)].map(([, name]) => name)
const given = Object.fromEntries(
  // What a configured carrier calls its secrets is not ours to know.
  Object.entries(process.env).filter(
    ([name]) =>
      names.includes(name) ||
      [`{secret:${name}}`, `"${name}"`].some((use) => process.env.HTTP_PROVIDERS?.includes(use)),
  ),
)
const unset = Object.fromEntries(names.map((name) => [name, '']))
const to = process.env.VERGE_LIVE_TO

async function withVerge(vars, use) {
  const server = createTestHarness({
    workers: [
      {
        configPath: 'wrangler.toml',
        vars: {
          ...unset,
          VERGE_SECRET: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
          API_KEYS: 'live:0123456789abcdef',
          ...given,
          ...vars,
        },
      },
    ],
  })
  await server.listen()
  const ask = async (method, path, body) => {
    const answer = await server.fetch(path, {
      method,
      headers: { authorization: 'Bearer 0123456789abcdef', 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: await answer.json() }
  }
  try {
    return await use(ask)
  } finally {
    await server.close()
  }
}

const show = (what, ok, more) => console.log(`${ok ? 'passed ' : 'FAILED '} ${what}: ${more}`)
let failed = 0

/** One start over one carrier, and its end. */
async function send(name, vars) {
  await withVerge(vars, async (ask) => {
    const started = await ask('POST', '/v1/verifications', { to })
    const { id, engine, send_status, code, detail } = started.body
    const ok = started.status === 201 && send_status === undefined
    if (!ok) failed++
    show(
      name,
      ok,
      ok ? `sent, engine ${engine}` : `${started.status} ${code ?? send_status} ${detail ?? ''}`,
    )
    if (id) await ask('DELETE', `/v1/verifications/${id}`)
  })
}

if (
  !to ||
  !names.some((name) => /^(TWILIO|VONAGE|AWS|TELNYX|PLIVO|HTTP)_/.test(name) && given[name])
) {
  console.log('skipped: no secrets (a carrier and VERGE_LIVE_TO)')
} else {
  const { providers = [], problem } = await withVerge(
    {},
    async (ask) => (await ask('GET', '/v1/status')).body,
  )
  if (problem) {
    failed++
    show('configuration', false, problem)
  }
  for (const { name, configured, answering, reason } of providers) {
    if (answering === false) failed++
    if (answering !== undefined) show(`${name} answers`, answering, reason ?? 'yes')
    if (!configured || name.startsWith('email:')) continue // VERGE_LIVE_TO is a number
    // The engine is Verge's own wherever a carrier is to be tried by itself.
    const alone = {
      SMS_PROVIDERS: name,
      SMS_ROUTES: '',
      TWILIO_VERIFY_SERVICE_SID: '',
      TWILIO_SERVICE_SID: '',
    }
    await send(name, name === 'twilio-verify' ? {} : alone)
  }
}
process.exit(failed > 0 ? 1 : 0)
