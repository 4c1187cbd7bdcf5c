import type { D1Migration } from 'cloudflare:test'
import type { Env } from '../src/env'

declare global {
  /** Node's: whether the module is what was run. */
  interface ImportMeta {
    main?: boolean
  }
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
