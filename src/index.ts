// Verge: the Worker. Every route stands here or one file away; the handlers for the queue and the daily sweep below.
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { appendEvents, expireEvents } from './audit'
import { readConfig } from './config'
import type { Env } from './env'
import { log } from './log'
import type { HonoEnv } from './routes/context'
import { browsers, configured, headers, onError, requestLog } from './routes/middleware'
import { operator } from './routes/operator'
import { problem } from './routes/problem'
import { service } from './routes/service'
import { verifications } from './routes/verifications'
import { webhooks } from './routes/webhooks'

export { CarrierHealth } from './objects/carrier-health'
export { Ledger } from './objects/ledger'

const BODY_BYTES = 16 * 1024

const app = new Hono<HonoEnv>()
app.use(requestId(), requestLog, headers, configured)
app.use(
  methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) =>
      problem(c, { code: 'method_not_allowed', allow: methods.join(', ') }),
  }),
)
app.use('/v1/verifications/*', browsers)
app.use(
  bodyLimit({ maxSize: BODY_BYTES, onError: (c) => problem(c, { code: 'payload_too_large' }) }),
)
app.notFound((c) => problem(c, { code: 'not_found' }))
app.onError(onError)

const routes = app
  .route('/v1/verifications', verifications) // POST /   POST /check   GET /:id   DELETE /:id
  .route('/v1', operator) //                    GET /limits   GET /audit   GET /status
  .route('/webhooks', webhooks) //              POST /twilio/status/:id
  .route('/', service) //                       GET /health   GET /simulator/messages

/** For Hono's typed client. */
export type App = typeof routes

export default {
  fetch: app.fetch,

  /** Ledger outboxes → D1. Each message stands for itself, so one that D1 refuses holds up no other. */
  async queue(batch, env) {
    for (const message of batch.messages) {
      try {
        await appendEvents(env.AUDIT, message.body)
        message.ack()
      } catch (error) {
        log({
          level: 'error',
          event: 'audit.delayed',
          attempts: message.attempts,
          error: String(error),
        })
        message.retry({ delaySeconds: Math.min(3600, 5 * 2 ** message.attempts) })
      }
    }
  },

  /** Daily: forgets audit events older than AUDIT_RETENTION_DAYS. */
  async scheduled(controller, env) {
    const configuration = readConfig(env)
    if (!configuration.ok) throw new Error('not configured; see /health')
    const deleted = await expireEvents(
      env.AUDIT,
      controller.scheduledTime - configuration.config.auditRetentionMs,
    )
    log({ level: 'info', event: 'audit.expired', deleted })
  },
} satisfies ExportedHandler<Env, string>
