// The languages of Twilio Verify's default text. Twilio refuses others; without a Locale it takes the language of the
// number's country, or English. https://www.twilio.com/docs/verify/supported-languages

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
