// Verge: the Worker. Every route stands here or one file away (/docs and /openapi.json are files: src/public); the handlers
// for the queues and the crons below.
import { Hono } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { expireEvents } from './audit'
import type { Env, MessageJob } from './env'
import { gatewayOf } from './gateway/gateway'
import { carryAll, mirror } from './gateway/queues'
import { RECONCILIATION_CRON, reconcile } from './gateway/reconciliation'
import { log } from './log'
import { CHASKI, chaski } from './routes/compat/chaski'
import { MESTORE, mestore } from './routes/compat/mestore'
import { compat } from './routes/compat/system'
import type { HonoEnv } from './routes/context'
import { messages } from './routes/messages'
import {
  browsers,
  configured,
  headers,
  identified,
  onError,
  requestLog,
  upTo,
} from './routes/middleware'
import { operator } from './routes/operator'
import { problem } from './routes/problem'
import { service } from './routes/service'
import { verifications } from './routes/verifications'
import { webhooks } from './routes/webhooks'

export { CarrierHealth } from './objects/carrier-health'
export { Ledger } from './objects/ledger'

const BODY_BYTES = 16 * 1024
const BATCH_BYTES = 1024 * 1024

/** By name for a test that compares its routes with the document's; nobody else asks for it. */
export const app = new Hono<HonoEnv>()
app.use(identified, requestLog, headers, configured)
app.use('/api/v1/auth/*', compat(MESTORE))
app.use('/api/auth/phone/*', compat(CHASKI))
app.use('/v1/verifications/*', browsers)
const usual = upTo(BODY_BYTES)
const large = upTo(BATCH_BYTES)
app.use((c, next) => (c.req.path === '/v1/messages/batch' ? large(c, next) : usual(c, next)))
// Asked only where nothing answers: in front of all, it would cost every request.
const otherMethods = methodNotAllowed({
  app,
  onMethodNotAllowed: (c, methods) =>
    problem(c, { code: 'method_not_allowed', allow: methods.join(', ') }),
})
app.notFound(async (c) => {
  c.res = problem(c, { code: 'not_found' })
  await otherMethods(c, async () => {})
  return c.res
})
app.onError(onError)

const routes = app
  .route('/v1/verifications', verifications) // POST /   POST /check   GET /:id   DELETE /:id
  .route('/v1/messages', messages) //           POST /   POST /batch   GET /:id
  .route('/v1', operator) //                    GET /limits   GET /audit   GET /stats   GET /status
  .route('/webhooks', webhooks) //              POST /twilio/inbound   what carriers report: POST /twilio/status/:id …
  .route('/api/v1/auth', mestore) //            POST /send-verification-(sms|email)   POST /verify-(phone|email)-otp
  .route('/api/auth/phone', chaski) //          POST /send-code   POST /resend-code   POST /verify
  .route('/', service) //                       GET /health   GET /simulator/messages

/** For Hono's typed client. */
export type App = typeof routes

export default {
  fetch: app.fetch,

  /** Ledger outboxes → D1, and messages of a batch → carriers. Each stands for itself: one that fails holds up no other. */
  async queue(batch, env, ctx) {
    const events = batch.messages.filter((message) => typeof message.body === 'string')
    for (const message of events) await mirror(message as Message<string>, env)
    const jobs = batch.messages.filter((message) => typeof message.body !== 'string')
    await carryAll(jobs as Message<MessageJob>[], env, ctx)
  },

  /**
   * Every minute: asks Twilio what callbacks did not tell. Daily: forgets audit events older than AUDIT_RETENTION_DAYS, and
   * what statistics made of them.
   */
  async scheduled({ cron, scheduledTime }, env, ctx) {
    try {
      const gateway = gatewayOf(env)
      if (Array.isArray(gateway)) throw new Error('not configured; see /health')
      if (cron === RECONCILIATION_CRON) return await reconcile(gateway, ctx)
      const deleted = await expireEvents(env.AUDIT, scheduledTime - gateway.config.auditRetentionMs)
      log({ level: 'info', event: 'audit.expired', deleted })
    } catch (error) {
      log({ level: 'error', event: 'scheduled.failed', cron, error: String(error) })
      throw error
    }
  },
} satisfies ExportedHandler<Env, string | MessageJob>
