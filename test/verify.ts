// Twilio Verify v2 as its documentation describes it, one service of it, and the Messages API beside it; remembers what it
// was asked. https://www.twilio.com/docs/verify/api/rate-limits-and-timeouts
import { expect, onTestFinished, vi } from 'vitest'
import type { Env } from '../src/env'
import { broken, created, refused, TWILIO } from './carrier'
import { faultsOf, type OperationId } from './providers/twilio/contract'

export { broken, refused }

export const SERVICE = `VA${'2'.repeat(32)}`

/** Twilio Verify and no sender: nobody else can send a code. */
export const VERIFY = {
  TWILIO_ACCOUNT_SID: TWILIO.TWILIO_ACCOUNT_SID,
  TWILIO_AUTH_TOKEN: TWILIO.TWILIO_AUTH_TOKEN,
  TWILIO_VERIFY_SERVICE_SID: SERVICE,
} satisfies Partial<Env>

/** Twilio Verify, and a number that Verge can send from itself. */
export const VERIFY_AND_TEXTS = { ...TWILIO, ...VERIFY } satisfies Partial<Env>

type Kind = 'start' | 'check' | 'update' | 'fetch' | 'text'
type Verification = {
  sid: string
  to: string
  channel: string
  code: string
  status: 'pending' | 'approved' | 'canceled'
  until: number
  sends: number
  checks: number
}

/** Something else than the usual answer; `work` is what Twilio would have done. */
export type Reply = (work: () => Response) => Response | Promise<Response>

/** Twilio did it, and nobody heard. */
export const lost: Reply = (work) => {
  work()
  return broken()
}
export const html =
  (status: number): Reply =>
  () =>
    new Response('<html>', { status })

const LIFE_MS = 10 * 60_000
const SENDS = 5
const CHECKS = 5

const OPERATIONS = {
  start: 'CreateVerification',
  check: 'CreateVerificationCheck',
  update: 'UpdateVerification',
  fetch: 'FetchVerification',
  text: 'CreateMessage',
} as const satisfies Record<Kind, OperationId>

/** Takes the place of the world outside. Whatever Twilio's contract does not allow fails the test. */
export function verify() {
  const verifications: Verification[] = []
  const asked: { kind: Kind; about: string; form: URLSearchParams; url: string }[] = []
  const replies: Record<Kind, Reply[]> = { start: [], check: [], update: [], fetch: [], text: [] }
  const faults: string[] = []
  onTestFinished(() => expect(faults).toEqual([]))

  const shown = ({ sid, to, channel, status, sends }: Verification) => ({
    sid,
    to,
    channel,
    status,
    service_sid: SERVICE,
    account_sid: VERIFY.TWILIO_ACCOUNT_SID,
    valid: status === 'approved',
    lookup: {},
    amount: null,
    payee: null,
    sna: null,
    send_code_attempts: Array.from({ length: sends }, () => ({ attempt_sid: sidOf('VL') })),
    date_created: '2030-01-01T00:00:00Z',
    date_updated: '2030-01-01T00:00:00Z',
  })
  const answer = (status: number, body: unknown) =>
    Response.json(body, { status, headers: { 'Twilio-Request-Id': 'RQ1' } })
  const gone = () => refused(404, 20404)() as Response
  const isPending = (v: Verification) => v.status === 'pending' && v.until > Date.now()
  const find = (target: string | null) =>
    verifications.find((v) => (v.sid === target || v.to === target) && isPending(v))

  const start = (form: URLSearchParams): Response => {
    const to = form.get('To') ?? ''
    let v = find(to)
    if (v && v.sends >= SENDS) return refused(429, 60203)() as Response
    if (!v) {
      const until = Date.now() + LIFE_MS
      v = {
        sid: sidOf('VE'),
        to,
        channel: '',
        code: '',
        status: 'pending',
        until,
        sends: 0,
        checks: 0,
      }
      v.code = digits()
      verifications.push(v)
    }
    v.channel = form.get('Channel') ?? ''
    v.code = form.get('CustomCode') ?? v.code
    v.sends++
    return answer(201, shown(v))
  }
  const check = (form: URLSearchParams): Response => {
    const v = find(form.get('VerificationSid') ?? form.get('To'))
    if (!v) return gone()
    if (v.checks >= CHECKS) return refused(429, 60202)() as Response
    v.checks++
    if (form.get('Code') === v.code) v.status = 'approved'
    return answer(200, shown(v))
  }
  const update = (target: string, form: URLSearchParams): Response => {
    const v = find(target)
    if (!v) return gone()
    v.status = form.get('Status') === 'approved' ? 'approved' : 'canceled'
    return answer(200, shown(v))
  }
  const show = (target: string): Response => {
    const v =
      find(target) ??
      verifications.find(({ sid, status }) => sid === target && status === 'canceled')
    return v ? answer(200, shown(v)) : gone()
  }

  vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
    const url = String(input)
    const method = init?.method ?? 'GET'
    const form = new URLSearchParams(String(init?.body ?? ''))
    const [, target = ''] = /\/Verifications\/(.+)$/.exec(decodeURIComponent(url)) ?? []
    const kind = kindOf(method, url, target)
    faults.push(...faultsOf(OPERATIONS[kind], { method, url }, form))
    const about = target || form.get('VerificationSid') || form.get('To') || ''
    asked.push({ kind, about, form, url })
    const work = (): Response => {
      if (kind === 'start') return start(form)
      if (kind === 'check') return check(form)
      if (kind === 'update') return update(target, form)
      return kind === 'fetch' ? show(target) : (created() as Response)
    }
    const [reply, ...rest] = replies[kind]
    if (rest.length > 0) replies[kind] = rest
    return reply ? reply(work) : work()
  })

  return {
    asked,
    /** How often it was asked for what: `start check update fetch text`. */
    calls: (kind: Kind) => asked.filter((call) => call.kind === kind),
    /** The next answers to calls of a kind; the last one repeats. `usual` is the usual one. */
    answers(kind: Kind, ...next: Reply[]) {
      replies[kind] = next
    },
    /** The latest verification of a recipient, whatever became of it. */
    latest(to: string): Verification {
      const found = verifications.findLast((v) => v.to === to)
      if (!found) throw new Error('Twilio knows no verification of this recipient')
      return found
    },
    all: (to: string) => verifications.filter((v) => v.to === to),
    pending: (to: string) => verifications.filter((v) => v.to === to && isPending(v)),
    /** Twilio forgets a recipient. */
    forget(to: string) {
      for (const v of verifications) if (v.to === to) v.until = 0
    },
    /** What an opened gate lets through. */
    gate,
  }
}

export const usual: Reply = (work) => work()

/** Answers that wait until the gate opens; Twilio does its work when the question comes, or only then. */
function gate(when: 'before' | 'after' = 'before') {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const reply: Reply = async (work) => {
    if (when === 'after') await opened
    const response = work()
    await opened
    return response
  }
  return { reply, open: () => open() }
}

function kindOf(method: string, url: string, target: string): Kind {
  if (url.endsWith('/Messages.json')) return 'text'
  if (url.endsWith('/VerificationCheck')) return 'check'
  if (url.endsWith('/Verifications')) return 'start'
  if (target) return method === 'GET' ? 'fetch' : 'update'
  throw new Error(`nothing of Twilio's: ${method} ${url}`)
}

const sidOf = (prefix: string) => prefix + crypto.randomUUID().replaceAll('-', '')
const digits = () =>
  String((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % 1_000_000).padStart(6, '0')
