// Compiled in a project that has nothing but the client (client.test.mjs). Not run.
import { type Client, createClient, type Problem, type Verification } from 'verge/client'

const verge: Client = createClient({ baseUrl: 'https://verge.example', apiKey: 'key', fetch })

export async function proves(to: string, code: string): Promise<Verification | string> {
  const checked = await verge.checkVerification(
    { to, code },
    { signal: AbortSignal.timeout(20_000) },
  )
  if (checked.ok) return checked.value
  const { problem } = checked
  const after: number | undefined = problem.retry_after
  switch (problem.code) {
    case 'incorrect_code':
      return `${problem.attempts_remaining} left`
    case 'cooldown':
      return `again in ${after} s`
    case 'unreachable':
      return problem.detail
    // @ts-expect-error no such code
    case 'no_such_code':
      return ''
    default:
      return problem.title
  }
}

/** The shape that other libraries give. */
export async function sendSms(to: string, body: string) {
  const sent = await verge.sendMessage({ to, body }, { idempotencyKey: 'order-1' })
  return sent.ok
    ? { success: true, to: sent.value.to, message_sid: sent.value.id, error_code: null }
    : { success: false, to, message_sid: null, error_code: sent.problem.code }
}

// @ts-expect-error neither `to` nor `id`
verge.checkVerification({ code: '123456' })
// @ts-expect-error both body and template
verge.sendMessage({ to: '+12025550123', body: 'Hi.', template: 'shipped' })
// @ts-expect-error no such channel
verge.startVerification({ to: '+12025550123', channel: 'pigeon' })

export const code: Problem['code'] = 'opted_out'
