/// <reference types="vite/client" />
import { describe, expect, it } from 'vitest'

const modules = import.meta.glob<string>(['../src/**/*.ts', '!../src/client/built/**'], {
  query: '?raw',
  eager: true,
  import: 'default',
})

/**
 * A floor is a folder of src. The files beside them are `root`, and index.ts, which joins everything, is `index`. Two are no
 * part of the Worker: `openapi`, which makes the document, and `client`.
 */
const floorOf = (path: string) => {
  const [folder, ...rest] = path.split('/')
  if (rest.length > 0) return folder ?? ''
  return path === 'index' ? 'index' : 'root'
}

// Imports only go down, or stay on their floor.
const MAY_IMPORT: Record<string, string[]> = {
  index: ['routes', 'gateway', 'objects', 'providers', 'domain', 'root'],
  routes: ['routes', 'gateway', 'domain', 'root'],
  gateway: ['gateway', 'objects', 'providers', 'domain', 'root'],
  objects: ['objects', 'domain', 'root'],
  providers: ['providers', 'domain', 'root'],
  root: ['root', 'domain'],
  domain: ['domain'],
  openapi: ['openapi', 'root', 'domain'],
  client: ['client'],
}

// What a floor may know of the world outside src. Sub-paths (zod/mini) count as the package.
const PACKAGES: Record<string, string[]> = {
  index: ['hono'],
  routes: ['hono', 'zod'],
  gateway: [],
  objects: ['cloudflare:workers'],
  providers: ['zod', 'aws4fetch'],
  root: ['zod'],
  domain: ['libphonenumber-js'],
  openapi: ['zod', 'package.json'],
  client: [],
}

type Import = { from: string; to: string; typeOnly: boolean }

const IMPORT =
  /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\(\s*'([^']+)'\s*\)/gm

/** `../domain/code` as seen from `providers/chain` → `domain/code` (as is `….js`); a package as it stands. */
function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  const path = from.split('/').slice(0, -1)
  for (const step of specifier.split('/')) {
    if (step === '..') path.pop()
    else if (step !== '.') path.push(step)
  }
  return path.join('/').replace(/\.js$/, '')
}

const importsOf = (from: string, source: string): Import[] =>
  [...source.matchAll(IMPORT)].map(([, type, named, bare, dynamic]) => ({
    from,
    to: resolve(from, named ?? bare ?? dynamic ?? ''),
    typeOnly: type !== undefined,
  }))

const files = Object.entries(modules).map(([path, source]) => ({
  name: path.slice('../src/'.length, -'.ts'.length),
  source,
}))
const names = new Set(files.map(({ name }) => name))
const imports = files.flatMap(({ name, source }) => importsOf(name, source))
const within = imports.filter(({ to }) => names.has(to))
const outward = imports.filter(({ to }) => !names.has(to))
const arrow = ({ from, to }: Import) => `${from} → ${to}`

describe('the sources', () => {
  it('are found, and so are their imports', () => {
    expect(names).toContain('index')
    expect(names).toContain('domain/verification')
    expect(imports.map(arrow)).toContain('domain/verification → domain/code')
    expect(imports.map(arrow)).toContain('objects/ledger → cloudflare:workers')
  })

  it('have every import statement read', () => {
    for (const { name, source } of files) {
      const statements = source.match(/^import\b|^export\b[^'"\n]*\bfrom\s+['"]|\bimport\(/gm) ?? []
      expect(importsOf(name, source), name).toHaveLength(statements.length)
    }
  })

  it('stand on floors that this test knows', () => {
    const unknown = [...names].filter((name) => !(floorOf(name) in MAY_IMPORT))
    expect(unknown).toEqual([])
  })
})

describe('imports', () => {
  // env.ts names the bindings, and a binding has the type of its object.
  const isBindingType = ({ from, to, typeOnly }: Import) =>
    from === 'env' && typeOnly && floorOf(to) === 'objects'

  it('only go down: routes, gateway, objects or providers, domain', () => {
    const upward = within.filter(
      (edge) => !MAY_IMPORT[floorOf(edge.from)]?.includes(floorOf(edge.to)) && !isBindingType(edge),
    )
    expect(upward.map(arrow)).toEqual([])
  })

  it('bring each floor only the packages it may know', () => {
    const strange = outward.filter(({ from, to }) => {
      const allowed = PACKAGES[floorOf(from)] ?? []
      return !allowed.some((name) => to === name || to.startsWith(`${name}/`))
    })
    expect(strange.map(arrow)).toEqual([])
  })

  it('are never circular, but for types', () => {
    const values = within.filter(({ typeOnly }) => !typeOnly)
    const reaches = (from: string, target: string, seen = new Set<string>()): boolean =>
      values.some((edge) => {
        if (edge.from !== from || seen.has(edge.to)) return false
        return edge.to === target || reaches(edge.to, target, seen.add(edge.to))
      })
    expect([...names].filter((name) => reaches(name, name))).toEqual([])
  })
})

describe('the domain', () => {
  // No clock, no randomness, no I/O, no environment. Comments may speak of them.
  const IMPURE =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bcrypto\b|\bfetch\(|\bconsole\b|\bprocess\b|\bscheduler\b|\bset(?:Timeout|Interval)\b|\bawait\b|\basync\b|\bperformance\b/g

  it('is pure', () => {
    const impure = files
      .filter(({ name }) => floorOf(name) === 'domain')
      .flatMap(({ name, source }) => {
        const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '')
        return [...code.matchAll(IMPURE)].map(([word]) => `${name}: ${word}`)
      })
    expect(impure).toEqual([])
  })

  it('says so in the first line of every file', () => {
    const silent = files.filter(
      ({ name, source }) => floorOf(name) === 'domain' && !source.startsWith('// Pure.'),
    )
    expect(silent.map(({ name }) => name)).toEqual([])
  })
})
