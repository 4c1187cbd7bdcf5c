import { expect, it } from 'vitest'
import { app } from '../src/index'
import { CALLS } from '../src/openapi/calls'
import { FIELDS } from '../src/openapi/fields'
import { ANSWERS, jsonSchemaOf, QUERIES, REQUESTS, type SchemaName } from '../src/openapi/schemas'

it('has every route that is mounted, and no other', () => {
  // What is for all methods is middleware. A route without a path of its own has none, rather than a slash.
  // Routes of older systems (COMPAT) are described by those systems.
  const routes = app.routes.filter(
    ({ method, path }) => method !== 'ALL' && !path.startsWith('/api/'),
  )
  const mounted = routes.map(({ method, path }) => `${method} ${path.replace(/(.)\/$/, '$1')}`)
  expect(Object.keys(CALLS).sort()).toEqual([...new Set(mounted)].sort())
})

it('gives each call a name of its own', () => {
  const ids = Object.values(CALLS).map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

it('speaks of no field that does not exist', () => {
  const names = Object.keys({ ...REQUESTS, ...QUERIES, ...ANSWERS }) as SchemaName[]
  const said = JSON.stringify(names.map(jsonSchemaOf))
  const silent = Object.values(FIELDS).filter(
    ({ description }) => description && !said.includes(JSON.stringify(description)),
  )
  expect(silent).toEqual([])
})
