// The client as whoever installs it has it: packed, installed into an empty project, compiled there and run there, over HTTP.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const tsc = join(root, 'node_modules/.bin/tsc')
const project = mkdtempSync(join(tmpdir(), 'verge-client-'))

const example = readFileSync(join(root, '.dev.vars.example'), 'utf8')
const unset = Object.fromEntries(
  [...example.matchAll(/^# ([A-Z0-9_]+)=/gm)].map(([, name]) => [name, '']),
)
const vars = { ...unset, API_KEYS: 'backend:0123456789abcdef' }
const server = createTestHarness({ workers: [{ configPath: join(root, 'wrangler.toml'), vars }] })
let url = ''

beforeAll(async () => {
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', project], {
    cwd: root,
  })
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  await run('npm', ['install', '--offline', '--silent', `./${packed.stdout.trim()}`], {
    cwd: project,
  })
  url = (await server.listen()).url.origin
}, 120_000)

afterAll(async () => {
  await server.close()
  rmSync(project, { recursive: true })
})

describe('the package', () => {
  it('holds what its sources make', async () => {
    const made = join(project, 'made')
    await run(tsc, ['-p', join(root, 'src/client'), '--outDir', made])
    const built = join(root, 'src/client/built')
    expect(readdirSync(made).sort()).toEqual(readdirSync(built).sort())
    for (const name of readdirSync(made))
      expect(readFileSync(join(built, name), 'utf8'), 'out of date: npm run client').toBe(
        readFileSync(join(made, name), 'utf8'),
      )
  })

  it('brings no other package, and of its own the client alone', () => {
    expect(
      readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.')),
    ).toEqual(['verge'])
    const brought = readdirSync(join(project, 'node_modules/verge'), { recursive: true })
    expect(brought.filter((path) => path.startsWith('src')).sort()).toEqual([
      'src',
      'src/client',
      'src/client/built',
      'src/client/built/client.d.ts',
      'src/client/built/client.js',
      'src/client/built/types.d.ts',
      'src/client/built/types.js',
    ])
  })

  it.each(['nodenext', 'bundler'])(
    'has types that need nothing else, resolved by %s',
    async (resolution) => {
      cpSync(join(import.meta.dirname, 'consumer.ts'), join(project, 'consumer.ts'))
      const module = resolution === 'bundler' ? 'esnext' : resolution
      const options = ['--module', module, '--moduleResolution', resolution, '--target', 'es2022']
      const compiled = run(tsc, [...options, '--strict', '--noEmit', 'consumer.ts'], {
        cwd: project,
      })
      // The compiler says what is wrong on its standard output.
      expect(
        await compiled.then(
          ({ stdout }) => stdout,
          ({ stdout }) => stdout,
        ),
      ).toBe('')
    },
  )
})

it('works in Node, against the Worker', async () => {
  writeFileSync(
    join(project, 'main.js'),
    `import { createClient } from 'verge/client'
    const verge = createClient({ baseUrl: '${url}', apiKey: '0123456789abcdef' })
    const to = '+12025550123'
    const started = await verge.startVerification({ to })
    const shown = await verge.simulatorMessages({ to })
    const { code } = shown.value.messages.at(-1)
    const checked = await verge.checkVerification({ to, code })
    const again = await verge.checkVerification({ to, code })
    const sent = await verge.sendMessage({ to, body: 'Hello.' }, { idempotencyKey: 'a' })
    const keyless = await createClient({ baseUrl: '${url}' }).getStatus()
    const nobody = await createClient({ baseUrl: 'http://localhost:1' }).getHealth()
    const aborted = await verge.getHealth({ signal: AbortSignal.abort() })
    const said = [started, checked, again, sent, keyless, nobody, aborted]
    console.log(JSON.stringify(said.map((one) => (one.ok ? one.value.status : one.problem.code))))`,
  )
  const { stdout } = await run(process.execPath, ['main.js'], { cwd: project })
  expect(JSON.parse(stdout)).toEqual([
    'pending',
    'approved',
    'no_pending_verification',
    'sent',
    'unauthorized',
    'unreachable',
    'aborted',
  ])
})

describe('what is served without the Worker', () => {
  it('is the document, for tools anywhere', async () => {
    const answer = await fetch(`${url}/openapi.json`)
    expect(answer.headers.get('Content-Type')).toMatch(/^application\/json/)
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*')
    expect(await answer.text()).toBe(readFileSync(join(root, 'src/public/openapi.json'), 'utf8'))
  })

  it('is the page and its style sheet, which may load nothing else and run nothing', async () => {
    const answer = await fetch(`${url}/docs`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('Content-Security-Policy')).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
    const sheet = await fetch(`${url}/docs.css`)
    expect([sheet.status, sheet.headers.get('Content-Type')]).toEqual([
      200,
      'text/css; charset=utf-8',
    ])
  })

  it('is nothing else: every other path is the Worker’s', async () => {
    for (const path of ['/docs/', '/docs.html', '/_headers', '/']) {
      const answer = await fetch(url + path)
      expect([path, answer.status, (await answer.json()).code]).toEqual([path, 404, 'not_found'])
    }
  })
})
