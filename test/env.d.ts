import type { D1Migration } from 'cloudflare:test'
import type { Env } from '../src/env'

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import('../src/index')
    }
    interface Env extends Env_ {
      TEST_MIGRATIONS: D1Migration[]
    }
  }
}

type Env_ = Env
