import * as fc from 'fast-check'
import { SegmentedMessage } from 'sms-segments-calculator'
import { describe, expect, it } from 'vitest'
import { folded, segmentsOf } from '../../src/domain/segments'

/** What Twilio's own calculator says, the judge of all of this. */
const judged = (text: string) => {
  const { segmentsCount, encodingName } = new SegmentedMessage(text)
  return { segments: segmentsCount, encoding: encodingName }
}

describe('a segment', () => {
  // 3GPP TS 23.038, in which € and its like count double; alone, and where several say which each of them is.
  it.each([
    ['160 characters of GSM-7', 'é', 160, 153, 'GSM-7'],
    ['80 of its extension table', '€', 80, 76, 'GSM-7'],
    ['70 of UCS-2', 'ó', 70, 67, 'UCS-2'],
    ['35 outside the first plane', '𐎀', 35, 33, 'UCS-2'],
  ] as const)('is %s, and no more', (_, character, alone, joined, encoding) => {
    const segments = (count: number) => {
      const text = character.repeat(count)
      expect(segmentsOf(text)).toEqual(judged(text))
      return segmentsOf(text)
    }
    expect(segments(alone)).toEqual({ segments: 1, encoding })
    expect(segments(alone + 1)).toEqual({ segments: 2, encoding })
    for (const parts of [2, 3, 4]) {
      expect(segments(joined * parts).segments).toBe(parts)
      expect(segments(joined * parts + 1).segments).toBe(parts + 1)
    }
  })

  it.each(['', '\n', '\r\n', '^{}[]~|\\€\f', '`', 'ç', 'Ç', '\t', '\u00a0', 'e\u0301'])(
    'holds %j as Twilio says',
    (text) => {
      expect(segmentsOf(text)).toEqual(judged(text))
    },
  )

  it('has the encoding that Twilio says for every character of the first plane', () => {
    for (let code = 0; code < 0x1_0000; code++) {
      const text = String.fromCharCode(code)
      if (segmentsOf(text).encoding !== judged(text).encoding) expect.fail(`U+${code.toString(16)}`)
    }
  })

  const GSM_7 = [...'aZ0 é£Δß@\n\r€^{}[]~|\\']
  const UCS_2 = [
    ...['ó', '”', '字', '각', '𐎀', '👍', '🧒', '🇧🇩', '🇬🇧', '❤\ufe0f', '1\ufe0f\u20e3'],
    ...['👍🏽', '👨‍👩‍👧', '👩‍⚕️', '🏳️‍🌈', '🤷🏻‍♀️', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ...['e\u0301', 'o\u0302\u0323', 'রমজা', 'ন', 'যা', 'চা', 'ই', 'ক', 'ক্', 'ষ', 'য়া', 'দ'],
    ...['स', 'त्', 'या', 'प', 'न', 'क्', 'षि', 'رَ', 'م', 'ز', 'ค่ำ', 'ก'],
  ]
  const textOf = (alphabet: string[], maxLength: number) =>
    fc
      .array(fc.constantFrom(...alphabet), { maxLength, size: 'max' })
      .map((characters) => characters.join(''))

  it.each([
    ['GSM-7', textOf(GSM_7, 500)],
    ['UCS-2', textOf(UCS_2, 300)],
    ['both', textOf([...GSM_7, ...UCS_2], 300)],
  ])('parts no character and is filled as Twilio says: %s', async (_, texts) => {
    await fc.assert(
      fc.property(texts, (text) => {
        expect(segmentsOf(text)).toEqual(judged(text))
      }),
      { numRuns: 60 },
    )
  })

  it('is not outgrown by one character with marks without end', () => {
    const text = `e${'\u0301'.repeat(669)}`
    expect(segmentsOf(text)).toEqual({ segments: 10, encoding: 'UCS-2' })
  })

  it('is counted in any text whatever, and never less than its length needs', async () => {
    await fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400, size: 'max' }), (text) => {
        const { segments, encoding } = segmentsOf(text)
        const room = encoding === 'GSM-7' ? [160, 153] : [70, 67]
        const least = text.length <= (room[0] ?? 0) ? 1 : Math.ceil(text.length / (room[1] ?? 1))
        expect(segments).toBeGreaterThanOrEqual(least)
      }),
    )
  })
})

describe('a folded text', () => {
  it.each([
    ['“Hi” – it’s me…', '"Hi" - it\'s me...'],
    ['A\u00a0B\u2003C\u202fD', 'A B C D'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['ＡＣＭＥ：１２３', 'ACME:123'],
    ['e\u0301 n\u0303', 'é ñ'],
    ['3 − 1‑2', '3 - 1-2'],
  ])('of %j is %j', (text, plain) => {
    expect(folded(text)).toBe(plain)
    expect(segmentsOf(plain).encoding).toBe('GSM-7')
  })

  it.each([
    ['has nothing to fold', "Hi, it's me: `no`".replaceAll('`', '^')],
    ['has letters that no look-alike stands for', 'Su “código”'],
    ['is in another script', 'কোড “১২”…'],
    ['has an emoji', 'Hi… 👍'],
    ['would say something else: 11/2', '1½ “hours”'],
  ])('is as it was where it %s', (_, text) => {
    expect(folded(text)).toBe(text)
  })

  // A comma that stands upright stays a comma, and the rest is in the table's comment.
  const APART = /[\p{M}\p{Z}\p{Cc}¼½¾]/u
  const OURS = new Set(
    '\ufe10\ufe11\ufe12\ufe19\ufe55\ufe58\u00ad\u200e\u200f″′‑‒−｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ',
  )

  it('has for every character of the first plane what Twilio’s Smart Encoding has', () => {
    for (let code = 0; code < 0x1_0000; code++) {
      const text = String.fromCharCode(code)
      if (APART.test(text) || OURS.has(text) || text !== text.normalize('NFC')) continue
      const twilio = new SegmentedMessage(text, 'auto', true).graphemes.join('')
      if (folded(text) !== twilio) expect.fail(`U+${code.toString(16)}: ${folded(text)} ${twilio}`)
    }
  })

  it('of any text is in GSM-7, or the text itself; and folded again it is the same', async () => {
    await fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = folded(text)
        expect(once === text || segmentsOf(once).encoding === 'GSM-7').toBe(true)
        expect(folded(once)).toBe(once)
      }),
    )
  })
})
