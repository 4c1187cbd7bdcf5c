import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig(async () => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        bindings: {
          // Test only: any 32 bytes do.
          VERGE_SECRET: btoa('a secret that only the tests know'),
          TEST_MIGRATIONS: await readD1Migrations('src/migrations'),
        },
      },
    }),
  ],
  test: { setupFiles: ['test/setup.ts'], restoreMocks: true, silent: 'passed-only' as const },
}))
