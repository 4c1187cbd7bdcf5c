// Telnyx Messaging. It takes neither a reference nor a validity. https://developers.telnyx.com/api-reference/messages/send-a-message
// Its error codes: https://developers.telnyx.com/docs/messaging/messages/error-codes
import * as z from 'zod/mini'
import type { TelnyxConfig } from '../carrier-config'
import { once } from '../once'
import { perhaps } from '../shapes'
import { answeringOf, ask, carrierId, type Dialect, sentOf } from './answer'
import type { Messenger } from './provider'
import {
  ACCOUNT,
  blocked,
  MISCONFIGURED,
  NOT_FROM_HERE,
  rejected,
  THROTTLED,
  verdicts,
} from './verdict'

const errorBody = once(() =>
  z.object({
    errors: z.tuple([z.object({ code: z.coerce.string() })], z.unknown()),
  }),
)

const DIALECT: Dialect = {
  codeOf: (body) => /^\d{5}$/.exec(errorBody().safeParse(body).data?.errors[0].code ?? '')?.[0],
  requestIdOf: (headers) => headers.get('X-Request-Id') ?? undefined,
  verdictOf: verdicts([
    [rejected('invalid_phone_number'), ['10002', '10016', '40012', '40310']],
    [rejected('not_sms_capable'), ['40001']],
    [rejected('country_not_allowed'), ['40309', '40331']],
    [blocked('opted_out'), ['40300']],
    // Taken for spam: the words or the sender are at fault, hardly the recipient.
    [NOT_FROM_HERE, ['40002', '40003', '40015', '40322']],
    [THROTTLED, ['10011', '40011', '40318']],
    // Balance; account and its level; key and address; the sender and its messaging profile. 40333, a spend limit, is a 429.
    [ACCOUNT, ['20100', '40333']],
    [ACCOUNT, ['10039', '20002', '20006', '20012', '20013', '20014', '20015', '20016', '20017']],
    [ACCOUNT, ['10009']],
    [MISCONFIGURED, ['10005', '10006', '10010', 'http_404']],
    [
      MISCONFIGURED,
      ['40013', '40305', '40306', '40307', '40308', '40311', '40312', '40313', '40314'],
    ],
    [MISCONFIGURED, ['40315', '40320', '40321', '40323', '40325', '40329', '40330']],
  ]),
}

const accepted = once(() =>
  z.pipe(
    z.object({
      data: z.object({ id: carrierId(), parts: perhaps(z.int().check(z.positive())) }),
    }),
    z.transform(({ data: { id, parts } }) => ({
      providerId: id,
      ...(parts && { segments: parts }),
    })),
  ),
)

const balance = once(() =>
  z.pipe(
    z.object({ data: z.object({ record_type: z.literal('balance') }) }),
    z.transform(() => undefined),
  ),
)

export function telnyxMessages({ apiKey, from, baseUrl }: TelnyxConfig): Messenger {
  const authorization = `Bearer ${apiKey}`
  return {
    name: 'telnyx',

    async send(text, signal) {
      const body = JSON.stringify({ from, to: text.to, text: text.body, type: 'SMS' })
      const headers = { authorization, 'content-type': 'application/json' }
      const init = { method: 'POST', headers, body, signal }
      return sentOf(await ask(`${baseUrl}/v2/messages`, init, DIALECT), accepted())
    },

    async ping(signal) {
      const init = { headers: { authorization }, signal }
      return answeringOf(await ask(`${baseUrl}/v2/balance`, init, DIALECT), balance())
    },
  }
}
