import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeWordsOf } from '../../src/domain/code-text'
import { localeOf, renderMessage, templatesOf } from '../../src/domain/template'

const { templates: CODES } = codeWordsOf({
  wording: {},
  webOtpHost: undefined,
  appHash: undefined,
  smartEncoding: false,
})

function languageOf(locale: string | undefined, country: string | null): string {
  const template = CODES.get('*')
  if (!template) throw new Error('no words for codes')
  return localeOf(template, { locale, country })
}

describe('the language of a text', () => {
  it('is the one asked for', () => {
    expect(languageOf('pt', 'BD')).toBe('pt')
  })

  it.each(['pt-BR', 'PT-br', 'pt-Latn-PT'])('ignores the region and case of %s', (locale) => {
    expect(languageOf(locale, 'BD')).toBe('pt')
  })

  it.each([
    ['ja', 'BD', 'bn'],
    ['eng', 'FR', 'fr'],
    ['', 'DE', 'de'],
    [undefined, 'MX', 'es'],
  ])('asked for as %s in %s is that of the country: %s', (locale, country, language) => {
    expect(languageOf(locale, country)).toBe(language)
  })

  it.each([
    [undefined, 'JP'],
    [undefined, null],
    ['ja', null],
    ['ja', 'ZZ'],
  ])('is English where neither %s nor %s is known', (locale, country) => {
    expect(languageOf(locale, country)).toBe('en')
  })

  it.each([
    ['es', ['ES', 'MX', 'CO', 'AR', 'PE', 'CL', 'EC', 'GT', 'BO', 'DO', 'HN', 'PY', 'SV', 'NI']],
    ['es', ['CR', 'PA', 'UY', 'VE']],
    ['pt', ['BR', 'PT', 'AO', 'MZ']],
    ['fr', ['FR', 'SN', 'CI']],
    ['de', ['DE', 'AT']],
    ['bn', ['BD']],
    ['ar', ['AE', 'BH', 'DZ', 'EG', 'IQ', 'JO', 'KW', 'LB', 'LY', 'MA', 'MR', 'OM', 'PS', 'QA']],
    ['ar', ['SA', 'SD', 'SY', 'TN', 'YE']],
    ['en', ['US', 'GB', 'IN', 'CH', 'BE', 'CA', 'IL', 'IR', 'PK', 'NP', 'TD']],
  ])('is %s in %s', (language, countries) => {
    expect(countries.map((country) => languageOf(undefined, country))).toEqual(
      countries.map(() => language),
    )
  })

  it('is never a name that every object has', () => {
    expect(languageOf('constructor', null)).toBe('en')
  })
})

describe('the locale of an operator’s text', () => {
  const localeIn = (locales: string[], locale: string | undefined, country: string | null) => {
    const wording = { hello: Object.fromEntries(locales.map((tag) => [tag, tag])) }
    const rendered = renderMessage(templatesOf(wording), {
      template: 'hello',
      variables: {},
      locale,
      country,
    })
    return rendered.ok && rendered.value
  }

  it.each([
    [['en', 'pt', 'pt-BR'], 'pt-BR', 'FR', 'pt-BR', 'the one asked for'],
    [['en', 'pt', 'pt-BR'], 'PT-br', 'FR', 'pt-BR', 'the one asked for, whatever its case'],
    [['en', 'zh', 'zh-Hant'], 'zh-Hant-TW', 'FR', 'zh-Hant', 'ever less of the one asked for'],
    [['en', 'pt', 'pt-BR'], 'pt-PT', 'FR', 'pt', 'the language of the one asked for'],
    [['en', 'fr', 'pt-BR'], 'pt-PT', 'FR', 'fr', 'the country’s, else'],
    [['en', 'ja'], undefined, 'JP', 'ja', 'the country’s, in languages of the operator’s own'],
    [['de', 'en', 'fr'], 'ja', 'JP', 'en', 'English, else'],
    [['de', 'fr'], 'ja', null, 'de', 'the first there is, else'],
    [['nl'], undefined, 'US', 'nl', 'the only one'],
  ])('among %j, asked for %s in %s, is %s: %4$s', (locales, locale, country, is, _) => {
    expect(localeIn(locales, locale, country)).toBe(is)
  })
})

describe('a message', () => {
  const TEMPLATES = templatesOf({
    shipped: {
      en: 'Hi {name}, order {order_2} has shipped.',
      es: '{order_2} enviado. ¡Hola, {name}! {name}',
    },
    closed: { en: 'We are closed today.', es: 'Hoy cerramos hasta {until}.' },
  })
  const SHIPPED = {
    template: 'shipped',
    variables: { name: 'Ada', order_2: '42' } as Record<string, string>,
    locale: undefined as string | undefined,
    country: null,
  }
  const textWith = (name: string) => {
    const variables = { ...SHIPPED.variables, name }
    const rendered = renderMessage(TEMPLATES, { ...SHIPPED, variables })
    return rendered.ok ? rendered.value : ''
  }
  const nameFrom = (name: string) =>
    textWith(name).slice('Hi '.length, -', order 42 has shipped.'.length)

  it('has its variables filled in, in the locale asked for', () => {
    const en = renderMessage(TEMPLATES, SHIPPED)
    expect(en).toEqual({ ok: true, value: 'Hi Ada, order 42 has shipped.' })
    const es = renderMessage(TEMPLATES, { ...SHIPPED, locale: 'es-MX' })
    expect(es).toEqual({ ok: true, value: '42 enviado. ¡Hola, Ada! Ada' })
  })

  const refusedFor = (issues: { path: string; message: string }[]) => ({
    ok: false,
    refusal: { code: 'invalid_request', issues },
  })

  it.each(['delivered', 'constructor', '__proto__', ''])(
    'is refused as %j, unknown',
    (template) => {
      expect(renderMessage(TEMPLATES, { ...SHIPPED, template })).toEqual(
        refusedFor([{ path: 'template', message: 'must be one of shipped, closed' }]),
      )
    },
  )

  it('is refused where there are no templates at all, and says which variable has them', () => {
    expect(renderMessage(templatesOf({}), SHIPPED)).toEqual(
      refusedFor([{ path: 'template', message: 'is unknown: MESSAGE_TEMPLATES has none' }]),
    )
  })

  it('is refused for each variable that is missing, and each that it does not have', () => {
    const variables = { name: 'Ada', order: '42', toString: 'x' } as Record<string, string>
    expect(renderMessage(TEMPLATES, { ...SHIPPED, variables })).toEqual(
      refusedFor([
        { path: 'variables.order_2', message: 'is missing' },
        { path: 'variables.order', message: 'is not in this template' },
        { path: 'variables.toString', message: 'is not in this template' },
      ]),
    )
  })

  it('asks for what any of its locales needs: a caller need not know which will be chosen', () => {
    const closed = { ...SHIPPED, template: 'closed' }
    expect(renderMessage(TEMPLATES, { ...closed, variables: {} })).toEqual(
      refusedFor([{ path: 'variables.until', message: 'is missing' }]),
    )
    const given = renderMessage(TEMPLATES, { ...closed, variables: { until: 'mañana' } })
    expect(given).toEqual({ ok: true, value: 'We are closed today.' })
  })

  it('never has what was filled in looked at again', () => {
    expect(textWith('{order_2}{name}$&$1')).toBe('Hi {order_2}{name}$&$1, order 42 has shipped.')
  })

  it.each([
    ['  Ada \n', 'Ada'],
    ['Ada\r\n\r\n@evil.example #123456', 'Ada @evil.example #123456'],
    ['Ada\u0000\u001b\u0085\u2028\u2029Byron', 'Ada Byron'],
    ['\u202eadA\u2066', 'adA'],
    ['Ada\tByron', 'Ada Byron'],
    ['', ''],
  ])('has %j on one line: %j', (name, line) => {
    expect(nameFrom(name)).toBe(line)
  })

  it.each([
    ['a hundred code points', 'x'.repeat(100), 'x'.repeat(100)],
    ['the 101st', 'x'.repeat(101), 'x'.repeat(100)],
    ['a hundred outside the first plane', '𐎀'.repeat(100), '𐎀'.repeat(100)],
    ['the 101st outside the first plane', '𐎀'.repeat(101), '𐎀'.repeat(100)],
    ['an emoji of five at the end', `${'x'.repeat(96)}👩‍👩‍👧y`, 'x'.repeat(96)],
    ['a space before the end', `${'x'.repeat(99)} y`, 'x'.repeat(99)],
    ['half a surrogate pair', 'a\ud83db', 'a\ufffdb'],
  ])('keeps of %s what fits whole', (_, name, kept) => {
    expect(nameFrom(name)).toBe(kept)
  })

  it('whatever is filled in: one line, a hundred code points, well-formed', async () => {
    await fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const kept = nameFrom(name)
        expect([...kept].length).toBeLessThanOrEqual(100)
        expect(kept).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|^ | $/u)
      }),
    )
  })
})
