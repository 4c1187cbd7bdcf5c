// What a call says, as TwiML: the text of a code, its digits one by one, and all of it once more. Pauses are a verb of their
// own and no markup within the words, since not every voice knows that. https://www.twilio.com/docs/voice/twiml/say
import { escaped } from '../../domain/markup'
import type { Text } from '../provider'
import { sayLanguage } from './locale'

/** Characters that Twilio takes inline. https://www.twilio.com/docs/api/errors/32018 */
const LONGEST = 4000
const PAUSE = '<Pause length="1"/>'

/** Words that are too long to be said twice are left out: the digits are what the call is for. */
export function spoken({
  body,
  code = '',
  locale,
}: Pick<Text, 'body' | 'code' | 'locale'>): string {
  const say = sayIn(sayLanguage(locale))
  const digits = Array.from(code, say).join(PAUSE)
  const words = (code ? body.split(code) : [body]).map(say).join(PAUSE + digits + PAUSE)
  const whole = twice(words)
  return whole.length <= LONGEST ? whole : twice(digits)
}

// Whoever answers needs a moment to hold the phone to the ear.
const twice = (verbs: string): string =>
  `<Response>${PAUSE}${verbs}${PAUSE}${PAUSE}${verbs}</Response>`

/** Nothing for what has neither letter nor digit; a sign that stood behind the code is not read out. */
const sayIn = (language: string) => (words: string) => {
  const said = words
    .replace(NOT_XML, ' ')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .trim()
  return said && `<Say language="${language}">${escaped(said)}</Say>`
}

/** What no XML document may hold, escaped or not; and line breaks, which say nothing. https://www.w3.org/TR/xml/#charsets */
const NOT_XML = /[\p{Cc}\p{Cs}\ufffe\uffff]+/gu
