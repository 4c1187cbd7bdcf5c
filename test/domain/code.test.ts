import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digitsOf, sameText } from '../../src/domain/code'

/** 16 bytes that hold this number, big-endian, and 16 more that must not matter. */
function bytesOf(number: bigint, rest = 0) {
  const bytes = new Uint8Array(32).fill(rest)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, number >> 64n)
  view.setBigUint64(8, number & 0xffff_ffff_ffff_ffffn)
  return bytes
}

async function derivedCodes(count: number, length: number) {
  const encoder = new TextEncoder()
  const key = await crypto.subtle.importKey(
    'raw',
    encoder.encode('always the same key, so that the sample is'),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  const macs = Array.from({ length: count }, (_, i) =>
    crypto.subtle.sign('HMAC', key, encoder.encode(`VE${i}|login`)),
  )
  return (await Promise.all(macs)).map((mac) => digitsOf(new Uint8Array(mac), length))
}

describe('the digits of a code', () => {
  it('are the number modulo a power of ten', () => {
    expect(digitsOf(bytesOf(1_234_567_890n), 6)).toBe('567890')
    expect(digitsOf(bytesOf(2n ** 128n - 1n), 10)).toBe('1768211455')
  })

  it('keep their leading zeros', () => {
    expect(digitsOf(bytesOf(0n), 6)).toBe('000000')
    expect(digitsOf(bytesOf(42n), 4)).toBe('0042')
    expect(digitsOf(bytesOf(7_000_000n), 6)).toBe('000000')
  })

  it('depend on both halves of the sixteen bytes, and on nothing after them', () => {
    const digits = digitsOf(bytesOf(5n), 10)
    expect(digitsOf(bytesOf(5n + (1n << 64n)), 10)).not.toBe(digits)
    expect(digitsOf(bytesOf(6n), 10)).not.toBe(digits)
    expect(digitsOf(bytesOf(5n, 0xff), 10)).toBe(digits)
  })

  it('read the bytes of a view, not of the buffer below it', () => {
    const buffer = new Uint8Array(48)
    buffer.set(bytesOf(123_456n), 16)
    expect(digitsOf(buffer.subarray(16), 6)).toBe('123456')
  })

  it('are as many as asked for, from 4 to 10, and digits only', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 4, max: 10 }),
        (bytes, length) => {
          expect(digitsOf(bytes, length)).toMatch(new RegExp(`^[0-9]{${length}}$`))
        },
      ),
      { seed: 1 },
    )
  })

  // A fixed key makes a fixed sample: this passes always or never. 27.88 is the 0.1 % point of chi-square with 9 degrees.
  it('are uniform at every position', async () => {
    const codes = await derivedCodes(20_000, 6)
    for (let position = 0; position < 6; position++) {
      const counts = new Array<number>(10).fill(0)
      for (const code of codes) {
        const digit = Number(code[position])
        counts[digit] = (counts[digit] ?? 0) + 1
      }
      const expected = codes.length / 10
      const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
      expect(chiSquare, `position ${position}`).toBeLessThan(27.88)
    }
  })

  it('are uniform as a whole code', async () => {
    // 100 classes of the first two digits: 148.23 is the 0.1 % point of chi-square with 99 degrees.
    const codes = await derivedCodes(20_000, 4)
    const counts = new Map<string, number>()
    for (const code of codes) {
      const pair = code.slice(0, 2)
      counts.set(pair, (counts.get(pair) ?? 0) + 1)
    }
    const expected = codes.length / 100
    const chiSquare = [...counts.values()].reduce(
      (sum, n) => sum + (n - expected) ** 2 / expected,
      0,
    )
    expect(counts.size).toBe(100)
    expect(chiSquare).toBeLessThan(148.23)
  })
})

describe('the comparison of codes', () => {
  it('finds the same code the same', () => {
    expect(sameText('012345', '012345')).toBe(true)
  })

  it.each([
    ['the first digit', '112345'],
    ['a middle digit', '012945'],
    ['the last digit', '012346'],
    ['every digit', '987654'],
    ['one digit less', '01234'],
    ['one digit more', '0123450'],
    ['a lost leading zero', '12345'],
    ['nothing', ''],
    ['digits of another script', '٠١٢٣٤٥'],
  ])('finds a code different by %s', (_, other) => {
    expect(sameText('012345', other)).toBe(false)
    expect(sameText(other, '012345')).toBe(false)
  })

  it('agrees with equality for all strings', () => {
    const digits = fc.stringMatching(/^[0-9]{4,10}$/)
    fc.assert(
      fc.property(digits, digits, (a, b) => {
        expect(sameText(a, b)).toBe(a === b)
        expect(sameText(a, a)).toBe(true)
      }),
      { seed: 1 },
    )
  })

  it('looks at every digit, wherever the first wrong one stands', () => {
    const looks = (wrong: string) => {
      let count = 0
      const watched = new Proxy(new String(wrong), {
        get(target, property) {
          if (property === 'charCodeAt') {
            count++
            return (i: number) => target.charCodeAt(i)
          }
          return Reflect.get(target, property)
        },
      })
      sameText(watched as unknown as string, '012345')
      return count
    }
    expect([looks('912345'), looks('012349'), looks('012345')]).toEqual([6, 6, 6])
  })
})
