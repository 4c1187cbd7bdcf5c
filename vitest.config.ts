import { readFileSync } from 'node:fs'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

// Whatever .dev.vars holds is not for the tests: every variable is unset first.
const example = readFileSync('.dev.vars.example', 'utf8')
const unset = Object.fromEntries(
  [...example.matchAll(/^# ([A-Z0-9_]+)=/gm)].map(([, name]) => [name, '']),
)

export default defineConfig(async () => ({
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
  // A machine that is busy is no reason to fail: nothing here waits for the clock.
  test: {
    setupFiles: ['test/setup.ts'],
    restoreMocks: true,
    silent: 'passed-only',
    testTimeout: 60_000,
  },
}))
