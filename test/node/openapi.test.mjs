// What is made of the schemas and committed: the document, the page that shows it, the client's types. `npm run openapi` makes
// them again: it runs this file, which then writes instead of comparing, and builds the client.
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { expect, it } from 'vitest'
import { document } from '../../src/openapi/document'
import { page } from '../../src/openapi/page'
import { types } from '../../src/openapi/types'

const text = `${JSON.stringify(document, null, 2)}\n`
const renew = 'out of date: npm run openapi'

it('is what the schemas and the calls make', async () => {
  await expect(text, renew).toMatchFileSnapshot('../../src/public/openapi.json')
  await expect(page, renew).toMatchFileSnapshot('../../src/public/docs.html')
  await expect(types, renew).toMatchFileSnapshot('../../src/client/types.ts')
})

it('passes the linter', async () => {
  const config = await createConfig({
    extends: ['recommended-strict'],
    rules: {
      // Hono takes /batch before /:id, and the ids have a pattern.
      'no-ambiguous-paths': 'off',
      // Of /health and /v1/status, which take nothing that could be wrong.
      'operation-4xx-response': 'off',
    },
  })
  const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config })
  expect(
    problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]),
  ).toEqual([])
})

it('has a page that loads nothing but its style sheet, and runs nothing', () => {
  expect([...page.matchAll(/\b(?:src|href)="([^#"][^"]*)"/g)].map(([, to]) => to)).toEqual([
    '/docs.css',
    '/openapi.json',
  ])
  expect(page).not.toMatch(/<script|<style|\son\w+=|\sstyle=/)
})
