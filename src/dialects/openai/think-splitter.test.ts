import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { splitThinking, ThinkSplitter } from './think-splitter.js'

function stream(pieces: readonly string[]): { readonly reasoning: string; readonly text: string } {
  let reasoning = ''
  let text = ''
  const splitter = new ThinkSplitter(
    (delta) => (reasoning += delta),
    (delta) => (text += delta),
  )
  for (const piece of pieces) splitter.push(piece)
  splitter.end()
  return { reasoning, text }
}

describe('splitThinking', () => {
  it.each([
    ['<think>\nHm.\n</think>\n\nYes.', 'Hm.', 'Yes.'],
    ['\n <think>Hm.</think>Yes.', 'Hm.', 'Yes.'],
    ['Hm.</think>Yes.', 'Hm.', 'Yes.'],
    ['<think>\nHm', 'Hm', ''],
    ['<think></think>Yes.', '', 'Yes.'],
    ['<think></think>', '', ''],
    ['Yes.', '', 'Yes.'],
    ['', '', ''],
    ['Yes, <think> is a tag.', '', 'Yes, <think> is a tag.'],
    ['<think>a</think>b</think>c', 'a', 'b</think>c'],
    ['<thinking>a', '', '<thinking>a'],
  ])('of %j', (content, reasoning, text) => {
    expect(splitThinking(content)).toEqual({ reasoning, text })
  })
})

describe('ThinkSplitter', () => {
  it('says the same of a stream, however it is cut', () => {
    const piece = fc.constantFrom('<think>', '</think>', '<', '</', 'think', '>', ' ', '\n', 'a', 'b', '🌍')
    fc.assert(
      fc.property(
        fc.constantFrom('<think>', '\n<think>', ''),
        fc.array(piece),
        fc.array(fc.nat()),
        (start, rest, cuts) => {
          // Without an opening tag a stream cannot know that a closing one will come.
          const content = start + rest.join('')
          fc.pre(content.trimStart().startsWith('<think>') || !content.includes('</think>'))
          const ends = [...cuts.map((cut) => cut % (content.length + 1)), content.length].toSorted((a, b) => a - b)
          const pieces = ends.map((end, index) => content.slice(ends[index - 1] ?? 0, end))
          expect(stream(pieces)).toEqual(splitThinking(content))
        },
      ),
      { numRuns: 500, seed: 7 },
    )
  })

  it('holds back only what may be a tag', () => {
    const seen: string[] = []
    const splitter = new ThinkSplitter(
      (delta) => seen.push(`r:${delta}`),
      (delta) => seen.push(`t:${delta}`),
    )
    splitter.push('<think>abc')
    expect(seen).toEqual(['r:abc'])
    splitter.push('d <')
    expect(seen.at(-1)).toBe('r:d')
    splitter.push('b>')
    expect(seen.at(-1)).toBe('r: <b>')
    splitter.push('</think>')
    splitter.push('\nx')
    expect(seen.at(-1)).toBe('t:x')
    splitter.push('</think>')
    expect(seen.at(-1)).toBe('t:</think>')
  })
})
