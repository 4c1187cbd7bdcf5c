// Pure. What a recipient writes back. STOP holds every text back, from every carrier, until START; nothing else that it
// writes changes anything, and none of its words are kept.
import { type Caller, clip, type Fact } from './event'
import type { RecipientRecord, Step } from './record'
import { accept, type Result } from './refusal'

// Twilio's own words, which it acts on and answers itself: https://help.twilio.com/articles/223134027
const WORDS = {
  stop: ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'END', 'QUIT', 'REVOKE', 'OPTOUT', 'CANCEL'],
  start: ['START', 'YES', 'UNSTOP'],
  help: ['HELP', 'INFO'],
}

export type Keyword = keyof typeof WORDS

/**
 * The keyword that a reply is as a whole; "stop it" is none. Twilio's OptOutType wins: there the operator has chosen the
 * words, in any language. Doubt goes to silence: STOP counts however it is punctuated, spaced or wide ("Stop.", "opt out"),
 * START only as Twilio takes it, whose own list would stay closed.
 */
export function keywordOf(body: string, optOutType?: string | null): Keyword | null {
  if (optOutType === 'STOP') return 'stop'
  if (optOutType === 'START') return 'start'
  if (optOutType === 'HELP') return 'help'
  const word = body.trim().toUpperCase()
  if (WORDS.start.includes(word)) return 'start'
  const bare = word.normalize('NFKC').replace(/[^\p{L}\p{N}]/gu, '')
  if (WORDS.stop.includes(bare)) return 'stop'
  return WORDS.help.includes(bare) ? 'help' : null
}

/** Whether the recipient itself wants no texts: none may leave for it, through whatever carrier. */
export const isStopped = ({ optOut }: Pick<RecipientRecord, 'optOut'>): boolean => optOut === 'stop'

export type ReplyCommand = {
  /** null: other words */
  keyword: Keyword | null
  provider: string
  /** the provider's own id of the reply; empty where it has none */
  providerId: string
  channel: string
  caller: Caller
}

/** Callbacks are repeated within seconds; a person who changes their mind does not write as often as this. */
const HEARD_MS = 3_600_000
const HEARD = 8

/**
 * Takes a reply. STOP and START leave an event of their own where they change something, every other reply
 * `recipient.replied`. A STOP or START that comes again, by its id, changes nothing and leaves no event: a late copy of an
 * old one does not undo a newer.
 */
export function reply(
  state: RecipientRecord,
  { keyword, provider, providerId, channel, caller }: ReplyCommand,
  now: number,
): Step<Result<null>> {
  const result = accept(null)
  const id = clip(providerId)
  if (state.replies.some((heard) => heard.id === id)) return { state, facts: [], result }
  const fact = (type: Fact['type']): Fact => ({
    type,
    channel,
    provider,
    ...(id && { provider_id: id }),
    reason: keyword ?? 'other',
    ...caller,
  })
  if (keyword !== 'stop' && keyword !== 'start')
    return { state, facts: [fact('recipient.replied')], result }

  const heard = id ? [...state.replies, { id, until: now + HEARD_MS }].slice(-HEARD) : state.replies
  const next = keyword === 'stop' ? optedOut(state) : optedIn(state)
  const type = keyword === 'stop' ? 'recipient.opted_out' : 'recipient.opted_in'
  return {
    state: { ...next, replies: heard },
    facts: [fact(next === state ? 'recipient.replied' : type)],
    result,
  }
}

const optedOut = (state: RecipientRecord): RecipientRecord =>
  isStopped(state) ? state : { ...state, optOut: 'stop' }

/** Whoever said so before, a carrier too, may be asked again: START is the person's latest word. */
function optedIn(state: RecipientRecord): RecipientRecord {
  const isBarred = state.barred?.refusal === 'opted_out'
  if (state.optOut === null && !isBarred) return state
  return { ...state, optOut: null, barred: isBarred ? null : state.barred }
}
