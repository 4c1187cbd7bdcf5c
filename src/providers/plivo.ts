// Plivo Messaging. https://www.plivo.com/docs/messaging/api/message/send-a-message
import * as z from 'zod/mini'
import type { PlivoConfig } from '../carrier-config'
import { once } from '../once'
import { answeringOf, ask, carrierId, type Dialect, sentOf } from './answer'
import type { Messenger } from './provider'
import { validityOf } from './validity'
import { MISCONFIGURED, rejected, verdicts } from './verdict'

// https://support.plivo.com/hc/en-us/articles/14814454609561-Message-Expiry
const VALIDITY = { min: 5, max: 10_799 }

const traced = once(() => z.object({ api_id: carrierId() }))

// Errors are prose, without a code: the status is all they tell.
const DIALECT: Dialect = {
  codeOf: () => undefined,
  requestIdOf: (_, body) => traced().safeParse(body).data?.api_id,
  verdictOf: verdicts([
    // So Plivo's own SDKs read it: geo permissions.
    [rejected('country_not_allowed'), ['http_403']],
    [MISCONFIGURED, ['http_404', 'http_405']],
  ]),
}

const accepted = once(() =>
  z.pipe(
    z.object({ message_uuid: z.tuple([carrierId()]) }),
    z.transform(({ message_uuid: [providerId] }) => ({ providerId })),
  ),
)

const account = once(() =>
  z.pipe(
    z.object({ account_type: z.string() }),
    z.transform((body) => body.account_type),
  ),
)

export function plivoMessages({ authId, authToken, from, baseUrl }: PlivoConfig): Messenger {
  const authorization = `Basic ${btoa(`${authId}:${authToken}`)}`
  const root = `${baseUrl}/v1/Account/${authId}`
  return {
    name: 'plivo',

    async send(text, signal) {
      const body = JSON.stringify({
        src: from.replace(/^\+/, ''),
        dst: text.to.replace(/^\+/, ''),
        text: text.body,
        message_expiry: validityOf(text, VALIDITY),
      })
      const headers = { authorization, 'content-type': 'application/json' }
      const init = { method: 'POST', headers, body, signal }
      return sentOf(await ask(`${root}/Message/`, init, DIALECT), accepted())
    },

    async ping(signal) {
      const init = { headers: { authorization }, signal }
      return answeringOf(await ask(`${root}/`, init, DIALECT), account())
    },
  }
}
