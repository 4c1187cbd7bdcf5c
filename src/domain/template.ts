// Pure. The words of a code text, by purpose and locale. Each fits one segment: 160 GSM-7 characters, or 70 in UCS-2.

type Words = { code: string; admin: string }

const TEXTS: Record<string, Words> = {
  en: {
    code: 'Your verification code is {code}. Valid for {lifetime}.',
    admin: 'Your admin login code is {code}. Valid for {lifetime}.',
  },
  es: {
    code: 'Su código de verificación es {code}. Válido por {lifetime}.',
    admin: 'Su código de administrador es {code}. Válido por {lifetime}.',
  },
  pt: {
    code: 'O seu código de verificação é {code}. Válido por {lifetime}.',
    admin: 'O seu código de administrador é {code}. Válido por {lifetime}.',
  },
  fr: {
    code: 'Votre code de vérification est {code}. Valable {lifetime}.',
    admin: 'Votre code administrateur est {code}. Valable {lifetime}.',
  },
  de: {
    code: 'Ihr Bestätigungscode ist {code}. Gültig für {lifetime}.',
    admin: 'Ihr Admin-Anmeldecode ist {code}. Gültig für {lifetime}.',
  },
  bn: {
    code: 'আপনার যাচাইকরণ কোড {code}। মেয়াদ {lifetime}।',
    admin: 'আপনার অ্যাডমিন লগইন কোড {code}। মেয়াদ {lifetime}।',
  },
}

const FALLBACK = 'en'
const LANGUAGE_OF: Record<string, string> = {
  ES: 'es',
  MX: 'es',
  CO: 'es',
  AR: 'es',
  PE: 'es',
  CL: 'es',
  EC: 'es',
  GT: 'es',
  BO: 'es',
  DO: 'es',
  HN: 'es',
  PY: 'es',
  SV: 'es',
  NI: 'es',
  CR: 'es',
  PA: 'es',
  UY: 'es',
  VE: 'es',
  BR: 'pt',
  PT: 'pt',
  AO: 'pt',
  MZ: 'pt',
  FR: 'fr',
  SN: 'fr',
  CI: 'fr',
  DE: 'de',
  AT: 'de',
  BD: 'bn',
}

/** The languages that code texts exist in. */
export const LANGUAGES: readonly string[] = Object.keys(TEXTS)

/** The language for a text: asked for (BCP 47, region ignored), else the country's, else English. */
export function languageOf(locale: string | undefined, country: string | null): string {
  const asked = locale?.toLowerCase().split('-')[0]
  if (asked && Object.hasOwn(TEXTS, asked)) return asked
  return LANGUAGE_OF[country ?? ''] ?? FALLBACK
}

/** @param lifetimeMs what is left of it; the text says whole minutes, rounded, at least one */
export function codeText(
  language: string,
  purpose: string,
  { code, lifetimeMs }: { code: string; lifetimeMs: number },
): string {
  const words = TEXTS[language] ?? TEXTS[FALLBACK]
  const text = purpose === 'admin_2fa' ? words?.admin : words?.code
  const lifetime = minutes(language, Math.max(1, Math.round(lifetimeMs / 60_000)))
  return (text ?? '').replace('{code}', code).replace('{lifetime}', lifetime)
}

// Formatting takes longer than all else here; there are few lifetimes and languages.
const formatted = new Map<string, string>()

function minutes(language: string, count: number): string {
  const key = `${language}${count}`
  let text = formatted.get(key)
  if (text === undefined) {
    const options = { style: 'unit', unit: 'minute', unitDisplay: 'long' } as const
    text = new Intl.NumberFormat(language, options).format(count)
    formatted.set(key, text)
  }
  return text
}
