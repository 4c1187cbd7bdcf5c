// Over which channels a recipient could get a code: by the engine, by what is configured, and by the kind of number. And
// what the code is sent as over each.
import type { Config } from '../config'
import { codeMail } from '../domain/code-mail'
import { type Code, codeText, codeTextInFull } from '../domain/code-text'
import { refuseChannel } from '../domain/phone'
import type { Channel } from '../domain/record'
import type { Gateway } from './gateway'
import type { Recipient } from './recipients'

export const channelsFor = (
  { chain, config }: Gateway,
  { phone, isMailbox }: Recipient,
): Channel[] =>
  chain.channels.filter(
    (channel) =>
      isMailbox === (channel === 'email') &&
      !(phone && refuseChannel(phone, channel, config.allowedCountries)),
  )

/** The last lines that phones look for are of use in an SMS alone. */
export function wordsOf({ codeWords }: Config, channel: Channel, code: Code) {
  if (channel === 'sms') return { body: codeText(codeWords, code) }
  if (channel === 'email') return codeMail(codeWords, code)
  return codeTextInFull(codeWords, code)
}
