// Twilio Verify v2: Twilio makes, sends and checks the code, or sends one of Verge's. One request per call, never a second.
// https://www.twilio.com/docs/verify/api/verification and https://www.twilio.com/docs/verify/api/verification-check
import * as z from 'zod/mini'
import type { TwilioVerifyConfig } from '../../carrier-config'
import { once } from '../../once'
import { matching } from '../../shapes'
import type { Checked, Failure, Verifier, VerifyRequest, VerifyTarget } from '../provider'
import { type Answer, type Form, requestIdOf, twilioClient, unclear } from './client'
import { verifyLocale } from './locale'

const verification = once(() =>
  z.object({
    sid: matching(/^VE[0-9a-fA-F]{32}$/),
    to: z.nullish(z.string()),
    status: z.string(),
  }),
)
const check = once(() => z.extend(verification(), { valid: z.nullish(z.boolean()) }))
const service = once(() => z.object({ sid: z.string() }))
const address = once(() => z.union([z.ipv4(), z.ipv6()]))

// What each status means to someone who brings a code. A status that is not here means nothing, least of all approved.
const RESULTS = new Map<string, Checked['result']>([
  ['approved', 'approved'],
  ['pending', 'pending'],
  ['max_attempts_reached', 'spent'],
  ['canceled', 'gone'],
  ['deleted', 'gone'],
  ['expired', 'gone'],
  ['failed', 'gone'],
])

export function twilioVerify(config: TwilioVerifyConfig): Verifier {
  const client = twilioClient(config, `${config.baseUrl}/v2/Services/${config.serviceSid}`)
  return {
    name: 'twilio-verify',

    async start(request, signal) {
      const answer = await client.post('/Verifications', startForm(config, request), signal)
      if (!answer.ok) return answer
      const { data } = verification().safeParse(answer.body)
      if (!data || (data.to && !isSame(data.to, request.to))) return unclear('nonsense', answer)
      return { ok: true, reference: data.sid, ...requestIdOf(answer) }
    },

    async check(target, code, signal) {
      const whose = 'to' in target ? { To: target.to } : { VerificationSid: target.reference }
      const answer = await client.post('/VerificationCheck', { ...whose, Code: code }, signal)
      const requestId = requestIdOf(answer)
      if (isGone(answer)) return { ok: true, result: 'gone', ...requestId }
      if (isSpent(answer)) return { ok: true, result: 'spent', ...requestId }
      if (!answer.ok) return answer
      const { data } = check().safeParse(answer.body)
      const result = RESULTS.get(data?.status ?? '')
      // `valid` is the older word for approved; where the two disagree neither is believed.
      const contradicts = data?.valid != null && data.valid !== (result === 'approved')
      if (!data || !result || contradicts || !isOf(target, data)) return unclear('nonsense', answer)
      return { ok: true, result, ...requestId }
    },

    async update(target, status, signal) {
      const answer = await client.post(pathOf(target), { Status: status }, signal)
      if (isGone(answer)) return { ok: true }
      if (!answer.ok) return answer
      const { data } = verification().safeParse(answer.body)
      if (!data || data.status === 'pending' || !isOf(target, data))
        return unclear('nonsense', answer)
      return { ok: true }
    },

    async fetch(target, signal) {
      const answer = await client.get(pathOf(target), signal)
      if (isGone(answer)) return { ok: true, status: null }
      if (!answer.ok) return answer
      const { data } = verification().safeParse(answer.body)
      if (!data || !isOf(target, data)) return unclear('nonsense', answer)
      return { ok: true, status: data.status }
    },

    async ping(signal) {
      const answer = await client.get('', signal)
      if (!answer.ok) return { answering: false, reason: answer.reason }
      const found = service().safeParse(answer.body).data?.sid === config.serviceSid
      return found
        ? { answering: true, account: 'service found' }
        : { answering: false, reason: 'nonsense' }
    },
  }
}

function startForm(config: TwilioVerifyConfig, request: VerifyRequest): Form {
  const { to, channel, code, clientIp, client, locale } = request
  const { rateLimitKey, templateSid } = config
  const sms = channel === 'sms'
  const templates = sms || channel === 'call'
  return {
    To: to,
    Channel: channel,
    CustomCode: code,
    CustomFriendlyName: config.friendlyName,
    // Calls, WhatsApp and templates have fewer languages, and which ones cannot be known here: Twilio chooses.
    Locale: sms && !templateSid ? verifyLocale(locale) : undefined,
    TemplateSid: templates ? templateSid : undefined,
    TemplateCustomSubstitutions: templates ? config.templateSubstitutions : undefined,
    AppHash: sms ? config.appHash : undefined,
    RiskCheck: sms ? config.riskCheck : undefined,
    // Twilio refuses what is no address().
    DeviceIp: address().safeParse(clientIp).data,
    RateLimits: rateLimitKey && client && JSON.stringify({ [rateLimitKey]: client }),
    Tags: config.tags,
  }
}

const pathOf = (target: VerifyTarget) =>
  `/Verifications/${encodeURIComponent('to' in target ? target.to : target.reference)}`

/** Whether an answer is about what was asked: another's approval proves nothing. */
const isOf = (target: VerifyTarget, { sid, to }: z.infer<ReturnType<typeof verification>>) =>
  'to' in target ? isSame(to ?? '', target.to) : sid === target.reference

/** Of mailboxes Twilio may change the case. */
const isSame = (to: string, asked: string) => to.toLowerCase() === asked.toLowerCase()

// Twilio forgets what was approved, has expired or was never started, and answers all three alike.
const isGone = (answer: Answer | Failure) => !answer.ok && answer.reason === '20404'
const isSpent = (answer: Answer | Failure) => !answer.ok && answer.reason === '60202'
