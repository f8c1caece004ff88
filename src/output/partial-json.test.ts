import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { PartialJson } from './partial-json.js'

async function states(pieces: readonly string[], partial = new PartialJson()): Promise<readonly string[]> {
  const all: string[] = []
  for (const piece of pieces) all.push(JSON.stringify(await partial.push(piece)) ?? '')
  return all
}

it('gives the whole value at the end, however the text is cut, and never less than before', async () => {
  const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()))
  await fc.assert(
    fc.asyncProperty(value, fc.array(fc.nat(20)), fc.constantFrom(0, 2), async (given, lengths, indent) => {
      const text = JSON.stringify(given, undefined, indent)
      const pieces: string[] = []
      let at = 0
      for (const length of lengths) pieces.push(text.slice(at, (at += length)))
      pieces.push(text.slice(at))
      const seen = (await states(pieces)).filter((state) => state !== '')
      expect(seen.at(-1)).toBe(JSON.stringify(JSON.parse(text)))
      for (const [index, state] of seen.entries())
        expect(state.length).toBeGreaterThanOrEqual(seen[index - 1]?.length ?? 0)
    }),
    { numRuns: 60 },
  )
})

it.each([
  ['no JSON', ['Ada', ' is {"a": 1}'], ['', '']],
  ['what stands after it', ['{"a": 1}', ' and so on', '{}'], ['{"a":1}', '{"a":1}', '{"a":1}']],
  ['wrong JSON, which stays as it was', ['{"a": 1', ', b}', '}'], ['{}', '{"a":1}', '{"a":1}']],
  ['thinking that is cut', ['<thi', 'nk>{"a"', ': 1}'], ['', '', '']],
  ['a fence with a language', ['```js', 'on\n', '[1,', '2]\n```'], ['', '', '[1]', '[1,2]']],
])('reads of %s what there is', async (_name, pieces, expected) => {
  expect(await states(pieces)).toEqual(expected)
})

it('begins anew', async () => {
  const partial = new PartialJson()
  await states(['{"a": '], partial)
  expect(await states(['{"b": 2}'], partial.reset())).toEqual(['{"b":2}'])
})
