import { describe, expect, it } from 'vitest'
import { pointed } from '../../src/providers/json-pointer'

// The document of RFC 6901, section 5.
const RFC = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
}

describe('a JSON pointer', () => {
  it.each<[string, unknown]>([
    ['', RFC],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ])('%j leads where RFC 6901 says', (pointer, value) => {
    expect(pointed(RFC, pointer)).toEqual(value)
  })

  it('reads ~01 as ~1 and not as a slash', () => {
    expect(pointed({ '~1': 'yes', '/': 'no' }, '/~01')).toBe('yes')
  })

  it.each<[unknown, string]>([
    [RFC, '/nothing'],
    [RFC, '/foo/2'],
    [RFC, '/foo/-'],
    [RFC, '/foo/00'],
    [RFC, '/foo/length'],
    [RFC, '/foo/0/0'],
    [RFC, '/foo/0/length'],
    [RFC, '/constructor'],
    [RFC, '/__proto__/toString'],
    [null, '/a'],
    ['text', '/0'],
    [undefined, '/a'],
    [undefined, ''],
  ])('in %j %j leads nowhere', (document, pointer) => {
    expect(pointed(document, pointer)).toBeUndefined()
  })
})
