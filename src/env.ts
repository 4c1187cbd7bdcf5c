// The bindings of wrangler.toml and the variables of config.ts, as the runtime hands them over.

import type { CarrierHealth } from './objects/carrier-health'
import type { Ledger } from './objects/ledger'
import type { VariableName } from './variables'

export type Bindings = {
  LEDGER: DurableObjectNamespace<Ledger>
  /** absent in the benchmark's bare workerd; then each isolate is on its own */
  CARRIER_HEALTH?: DurableObjectNamespace<CarrierHealth>
  /** ledger outboxes → D1; one message is a JSON array of the events of many commands, and stays text all the way */
  EVENTS: Queue<string>
  AUDIT: D1Database
  /** The platform's rate limits: absent in a bare workerd, where only the exact limits of the ledger hold. */
  START_LIMIT?: RateLimit
  CHECK_LIMIT?: RateLimit
  RECIPIENT_LIMIT?: RateLimit
}

export type Env = Bindings & { [Name in VariableName]?: string }
