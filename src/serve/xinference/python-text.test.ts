import { describe, expect, it } from 'vitest'

import { pythonAsciiJson, pythonJson, pythonList, pythonTypeName } from './python-text.js'

describe('text as Python writes it', () => {
  it('is JSON with spaces, and without what is undefined', () => {
    expect(pythonJson({ a: [1, null, 'é"'], b: { c: true }, d: undefined, e: {} })).toBe(
      '{"a": [1, null, "é\\""], "b": {"c": true}, "e": {}}',
    )
  })

  it('is ASCII where json.dumps makes it so', () => {
    expect(pythonAsciiJson({ a: 'é😀\u007f~' })).toBe('{"a": "\\u00e9\\ud83d\\ude00\\u007f~"}')
  })

  it('is a list of quoted strings', () => {
    expect(pythonList([])).toBe('[]')
    expect(pythonList(['a', "it's", `"it's"`, 'a\\b'])).toBe(String.raw`['a', "it's", '"it\'s"', 'a\\b']`)
  })

  it.each([
    [null, 'NoneType'],
    [[], 'list'],
    ['', 'str'],
    [true, 'bool'],
    [1, 'int'],
    [1.5, 'float'],
    [{}, 'dict'],
  ])('names the type of %j', (value, name) => {
    expect(pythonTypeName(value)).toBe(name)
  })
})
