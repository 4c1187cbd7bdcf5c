// The bindings of wrangler.toml and the variables of config.ts, as the runtime hands them over.

import type { Caller } from './domain/event'
import type { CarrierHealth } from './objects/carrier-health'
import type { Ledger } from './objects/ledger'
import type { VariableName } from './variables'

/** One message on its way through the queue: the only place where number and words are kept, until it is sent. */
export type MessageJob = {
  id: string
  to: string
  country: string | null
  masked: string
  body: string
  /** this Worker's own origin, where receipts may go */
  origin: string
  caller: Caller
}

export type Bindings = {
  LEDGER: DurableObjectNamespace<Ledger>
  /** absent in the benchmark's bare workerd; then each isolate is on its own */
  CARRIER_HEALTH?: DurableObjectNamespace<CarrierHealth>
  /** ledger outboxes → D1; one message is a JSON array of the events of many commands, and stays text all the way */
  EVENTS: Queue<string>
  /** messages of a batch, each until it is sent */
  MESSAGES: Queue<MessageJob>
  AUDIT: D1Database
  /** sends mail, where wrangler.toml has it */
  EMAIL?: SendEmail
  /** The platform's rate limits: absent in a bare workerd, where only the exact limits of the ledger hold. */
  START_LIMIT?: RateLimit
  CHECK_LIMIT?: RateLimit
  RECIPIENT_LIMIT?: RateLimit
}

export type Env = Bindings & { [Name in VariableName]?: string }
