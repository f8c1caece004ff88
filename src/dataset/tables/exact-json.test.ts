import { describe, expect, it } from 'vitest'

import { parseExact, stringifyExact, withoutBigints } from './exact-json.js'

describe('exact JSON', () => {
  it.each([
    '{"a":12345678901234567890,"b":[-9223372036854775808,1],"c":"12345678901234567890"}',
    String.raw`{"##\"12345678901234567890":"#12345678901234567890","x":{"y":9007199254740993}}`,
    '[0.1234567890123456,1e+30,9007199254740991,1234567890123456]',
    '[-0.0,{"a":-0.0}]',
    '{"a":null,"b":[],"c":{}}',
  ])('comes back as it was: %s', (text) => {
    expect(stringifyExact(parseExact(text))).toBe(text)
  })

  it('is plain JSON to who knows no long integers', () => {
    const value = parseExact('{"a":[12345678901234567890,1],"b":"x"}')
    expect(withoutBigints(value)).toEqual({ a: ['12345678901234567890', 1], b: 'x' })
  })
})
