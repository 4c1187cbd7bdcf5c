// Twilio Voice: one call that reads a code aloud. https://www.twilio.com/docs/voice/api/call-resource
import * as z from 'zod/mini'
import type { TwilioConfig } from '../../carrier-config'
import { once } from '../../once'
import { matching } from '../../shapes'
import type { Messenger } from '../provider'
import { accountClient, requestIdOf, unclear } from './client'
import { spoken } from './twiml'

const created = once(() => z.object({ sid: matching(/^CA[0-9a-fA-F]{32}$/) }))

/** Twilio adds five. Longer, and a mailbox would answer, where others may hear the code. */
const RING_SECONDS = 20

/** @param from the number that calls, E.164 */
export function twilioCalls(config: TwilioConfig, from: string): Messenger {
  const client = accountClient(config)
  return {
    name: 'twilio:call',

    async send(text, signal) {
      const form = { To: text.to, From: from, Twiml: spoken(text), Timeout: String(RING_SECONDS) }
      const answer = await client.post('/Calls.json', form, signal)
      if (!answer.ok) return answer
      const call = created().safeParse(answer.body)
      // To call again could call twice.
      if (!call.success) return unclear('no_sid', answer)
      return { ok: true, providerId: call.data.sid, ...requestIdOf(answer) }
    },
  }
}
