import { readFileSync } from 'node:fs'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

// Whatever .dev.vars holds is not for the tests: every variable is unset first.
const example = readFileSync('.dev.vars.example', 'utf8')
const unset = Object.fromEntries(
  [...example.matchAll(/^# ([A-Z0-9_]+)=/gm)].map(([, name]) => [name, '']),
)

export default defineConfig(async () => ({
  test: {
    silent: 'passed-only',
    // A machine that is busy is no reason to fail: nothing here waits for the clock.
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                ...unset,
                // Test only: any 32 bytes do.
                VERGE_SECRET: btoa('a secret that only the tests know'),
                TEST_MIGRATIONS: await readD1Migrations('src/migrations'),
              },
            },
          }),
        ],
        test: {
          name: 'worker',
          exclude: ['node_modules/**', 'test/node/**'],
          setupFiles: ['test/setup.ts'],
          restoreMocks: true,
          testTimeout: 60_000,
        },
      },
      // What is made before the Worker is, and what uses it from outside.
      { test: { name: 'node', include: ['test/node/**/*.test.mjs'], testTimeout: 60_000 } },
    ],
  },
}))
