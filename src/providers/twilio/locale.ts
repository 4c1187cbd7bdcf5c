// The languages that Twilio writes and speaks.

// Those of Twilio Verify's default text. Twilio refuses others; without a Locale it takes the language of the number's
// country, or English. https://www.twilio.com/docs/verify/supported-languages
const TAGS =
  'af ar ca cs da de el en es et fi fr he hi hr hu id it ja kn ko lt mr ms nb nl pl pt pt-BR ro ru sk sv te th tl tr uk vi zh zh-HK'
const BY_LOWER_CASE = new Map(TAGS.split(' ').map((tag) => [tag.toLowerCase(), tag]))

/** Chinese is written in two ways: `zh` is the one of the mainland, and not for who asks for another. */
const SIMPLIFIED = /^zh(-hans)?(-cn|-sg)?$/

/** The tag that Twilio has for a BCP 47 locale: its own, else its language's, else none. */
export function verifyLocale(locale: string | undefined): string | undefined {
  const asked = locale?.toLowerCase() ?? ''
  const [language = ''] = asked.split('-')
  const own = BY_LOWER_CASE.get(asked)
  if (own || (language === 'zh' && !SIMPLIFIED.test(asked))) return own
  return BY_LOWER_CASE.get(language)
}

// What <Say> speaks, without a voice: Twilio has one for each. Of several for a language the first is the one for any other
// region of it. https://www.twilio.com/docs/voice/twiml/say/text-speech#available-voices-and-languages
const SPOKEN =
  'en-US en-AU en-GB en-IN es-ES es-MX pt-BR pt-PT fr-FR fr-CA de-DE bn-IN arb hi-IN it-IT nl-NL pl-PL cs-CZ sk-SK hu-HU ro-RO bg-BG el-GR sv-SE da-DK fi-FI tr-TR ru-RU uk-UA ja-JP ko-KR cmn-CN th-TH vi-VN id-ID'.split(
    ' ',
  )
/** What Twilio calls otherwise than BCP 47. */
const SPOKEN_AS: Record<string, string> = { ar: 'arb', zh: 'cmn' }

/** The `language` of <Say> for a BCP 47 locale: its own, else one of its language, else English. */
export function sayLanguage(locale = ''): string {
  const asked = locale.toLowerCase()
  const [language = ''] = asked.split('-')
  const tag = SPOKEN_AS[language] ?? language
  const own = SPOKEN.find((one) => one.toLowerCase() === asked)
  return own ?? SPOKEN.find((one) => one.split('-')[0] === tag) ?? 'en-US'
}
