// AWS End User Messaging SMS, version 2: one text per call, signed with SigV4.
// https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html
import { AwsV4Signer } from 'aws4fetch'
import * as z from 'zod/mini'
import type { AwsConfig } from '../carrier-config'
import { once } from '../once'
import { perhaps } from '../shapes'
import { answeringOf, ask, carrierId, type Dialect, sentOf } from './answer'
import type { Messenger } from './provider'
import { validityOf } from './validity'
import {
  ACCOUNT,
  BROKEN,
  blocked,
  MISCONFIGURED,
  NOT_FROM_HERE,
  rejected,
  THROTTLED,
  verdicts,
} from './verdict'

const VALIDITY = { min: 5, max: 259_200 }

const REASONS = verdicts([
  [blocked('opted_out'), ['DESTINATION_PHONE_NUMBER_OPTED_OUT']],
  [blocked('send_blocked'), ['DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE']],
  [
    rejected('country_not_allowed'),
    [
      'COUNTRY_NOT_ENABLED',
      'DESTINATION_COUNTRY_BLOCKED',
      'DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION',
    ],
  ],
  [
    NOT_FROM_HERE,
    [
      'COUNTRY_CODE_MISMATCH',
      'INTERNATIONAL_SENDING_NOT_SUPPORTED',
      'INVALID_IDENTITY_FOR_DESTINATION_COUNTRY',
      'NO_ORIGINATION_IDENTITIES_FOUND',
      'PRICE_OVER_THRESHOLD',
      'SENDER_ID_NOT_SUPPORTED',
    ],
  ],
  [THROTTLED, ['ThrottlingException']],
  [BROKEN, ['InternalServerException']],
  [
    ACCOUNT,
    [
      'MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT',
      'ACCOUNT_DISABLED',
      'INSUFFICIENT_ACCOUNT_REPUTATION',
      'AccessDeniedException',
      'ExpiredTokenException',
      'IncompleteSignatureException',
      'InvalidSignatureException',
      'MissingAuthenticationTokenException',
      'UnrecognizedClientException',
    ],
  ],
  [
    MISCONFIGURED,
    [
      // sandbox
      'DESTINATION_PHONE_NUMBER_NOT_VERIFIED',
      'ServiceQuotaExceededException',
      // sender
      'INVALID_ARN',
      'MESSAGE_TYPE_MISMATCH',
      'NUMBER_CAPABILITIES_MISMATCH',
      'RESOURCE_NOT_ACCESSIBLE',
      'RESOURCE_NOT_ACTIVE',
      'ResourceNotFoundException',
      'SENDER_ID_NOT_REGISTERED',
      'SENDER_ID_REQUIRES_REGISTRATION',
      // base URL
      'UnknownOperationException',
      'http_404',
    ],
  ],
])

// `namespace#Type`; some types give a Reason, which says more.
const exception = once(() =>
  z.object({
    __type: perhaps(z.string()),
    Reason: perhaps(z.string()),
  }),
)

const DIALECT: Dialect = {
  codeOf(body) {
    const { Reason = '', __type = '' } = exception().safeParse(body).data ?? {}
    return /^[A-Z_]{1,80}$/.exec(Reason)?.[0] ?? /(?<=^|#)[A-Za-z]{1,64}$/.exec(__type)?.[0]
  },
  requestIdOf: (headers) => headers.get('x-amzn-RequestId') ?? undefined,
  verdictOf: REASONS,
}

const accepted = once(() =>
  z.pipe(
    z.object({ MessageId: carrierId() }),
    z.transform(({ MessageId }) => ({ providerId: MessageId })),
  ),
)

/** SANDBOX or PRODUCTION */
const tier = once(() =>
  z.pipe(
    z.object({ AccountAttributes: z.array(z.object({ Name: z.string(), Value: z.string() })) }),
    z.transform(
      (body) => body.AccountAttributes.find(({ Name }) => Name === 'ACCOUNT_TIER')?.Value,
    ),
  ),
)

export function awsMessages(config: AwsConfig): Messenger {
  const { accessKeyId, secretAccessKey, region, origination, baseUrl } = config
  // aws4fetch keeps the day's signing key here.
  const cache = new Map<string, ArrayBuffer>()

  async function call(action: string, parameters: object, signal: AbortSignal) {
    const { url, method, headers, body } = await new AwsV4Signer({
      accessKeyId,
      secretAccessKey,
      region,
      service: 'sms-voice',
      cache,
      url: `${baseUrl}/`,
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `PinpointSMSVoiceV2.${action}`,
      },
      body: JSON.stringify(parameters),
    }).sign()
    return ask(url.href, { method, headers, body: body ?? null, signal }, DIALECT)
  }

  return {
    name: 'aws',

    async send(text, signal) {
      const parameters = {
        DestinationPhoneNumber: text.to,
        ...(origination && { OriginationIdentity: origination }),
        MessageBody: text.body,
        MessageType: 'TRANSACTIONAL',
        TimeToLive: validityOf(text, VALIDITY),
        Context: { verge_id: text.id },
      }
      return sentOf(await call('SendTextMessage', parameters, signal), accepted())
    },

    async ping(signal) {
      return answeringOf(await call('DescribeAccountAttributes', {}, signal), tier())
    },
  }
}
