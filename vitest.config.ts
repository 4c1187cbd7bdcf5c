import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { VARIABLE_NAMES } from './src/config'

export default defineConfig(async () => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        bindings: {
          // Whatever .dev.vars holds is not for the tests.
          ...Object.fromEntries(VARIABLE_NAMES.map((name) => [name, ''])),
          // Test only: any 32 bytes do.
          VERGE_SECRET: btoa('a secret that only the tests know'),
          TEST_MIGRATIONS: await readD1Migrations('src/migrations'),
        },
      },
    }),
  ],
  test: { setupFiles: ['test/setup.ts'], restoreMocks: true, silent: 'passed-only' as const },
}))
