import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { FinishReason } from '../../contract/response.js'
import { type InlineThinking, splitThinking, ThinkSplitter } from './think-splitter.js'

const stop: FinishReason = { unified: 'stop', raw: 'stop' }
const length: FinishReason = { unified: 'length', raw: 'length' }

/** What was reported, in the end and on the way. */
function stream(
  pieces: readonly string[],
  thinking: InlineThinking,
  reason: FinishReason | undefined,
): { readonly reasoning: string; readonly text: string; readonly seen: readonly string[] } {
  let reasoning = ''
  let text = ''
  const seen: string[] = []
  const splitter = new ThinkSplitter(
    {
      reasoning(delta) {
        reasoning += delta
        seen.push(`reasoning ${delta}`)
      },
      text(delta) {
        text += delta
        seen.push(`text ${delta}`)
      },
      revise(newText, newReasoning) {
        text = newText
        reasoning = newReasoning ?? ''
        seen.push('revised')
      },
    },
    thinking,
  )
  for (const piece of pieces) splitter.push(piece)
  splitter.end(reason)
  return { reasoning, text, seen }
}

const tagged = [
  ['<think>\nHm.\n</think>\n\nYes.', 'Hm.', 'Yes.'],
  ['\n <think>Hm.</think>Yes.', 'Hm.', 'Yes.'],
  ['Hm.</think>Yes.', 'Hm.', 'Yes.'],
  ['</think>Yes.', '', 'Yes.'],
  ['<think>\nHm', 'Hm', ''],
  ['<think></think>Yes.', '', 'Yes.'],
  ['<think></think>', '', ''],
  ['', '', ''],
  ['<think>a</think>b</think>c', 'a', 'b</think>c'],
] as const

describe('splitThinking', () => {
  it.each(tagged)('of %j, whether thinking is expected or not', (content, reasoning, text) => {
    expect(splitThinking(content, 'possible', stop)).toEqual({ reasoning, text })
    expect(splitThinking(content, 'expected', stop)).toEqual({ reasoning, text })
    expect(splitThinking(content, 'none', stop)).toEqual({ reasoning: '', text: content })
  })

  it.each(['Yes.', ' Yes.', 'Yes, <think> is a tag.', '<thinking>a', 'Write <think>a</think>.'])(
    'leaves %j alone where thinking is possible',
    (content) => {
      expect(splitThinking(content, 'possible', length)).toEqual({ reasoning: '', text: content })
    },
  )

  it('takes expected thinking that a limit cut off as thinking, and any other answer without a tag as text', () => {
    expect(splitThinking(' I must', 'expected', length)).toEqual({ reasoning: 'I must', text: '' })
    expect(splitThinking(' I must', 'expected', undefined)).toEqual({ reasoning: 'I must', text: '' })
    expect(splitThinking(' Yes.', 'expected', stop)).toEqual({ reasoning: '', text: ' Yes.' })
  })
})

describe('ThinkSplitter', () => {
  it('says the same of a stream in the end, however it is cut', () => {
    const piece = fc.constantFrom('<think>', '</think>', '<', '</', 'think', '>', ' ', '\n', 'a', 'b', '🌍')
    fc.assert(
      fc.property(
        fc.constantFrom('<think>', '\n<think>', ''),
        fc.array(piece),
        fc.array(fc.nat()),
        fc.constantFrom<InlineThinking>('none', 'possible', 'expected'),
        fc.constantFrom(stop, length),
        (start, rest, cuts, thinking, reason) => {
          const content = start + rest.join('')
          const ends = [...cuts.map((cut) => cut % (content.length + 1)), content.length].toSorted((a, b) => a - b)
          const pieces = ends.map((end, index) => content.slice(ends[index - 1] ?? 0, end))
          expect(stream(pieces, thinking, reason)).toMatchObject(splitThinking(content, thinking, reason))
        },
      ),
      { numRuns: 2000, seed: 7 },
    )
  })

  it('holds back only what may be a tag', () => {
    expect(stream(['<think>abc', 'd <', 'b>', '</think>', '\nx', '</think>'], 'possible', stop).seen).toEqual([
      'reasoning abc',
      'reasoning d',
      'reasoning  <b>',
      'text x',
      'text </think>',
    ])
    expect(stream(['ab', ' c<', '/d', 'e'], 'possible', stop).seen).toEqual([
      'text ab',
      'text  c',
      'text </d',
      'text e',
    ])
  })

  it('revises text that a lone closing tag shows to be thinking, and expected thinking that none ends', () => {
    expect(stream(['Hm', '.</thi', 'nk>', 'Yes'], 'possible', stop).seen).toEqual([
      'text Hm',
      'text .',
      'revised',
      'text Yes',
    ])
    expect(stream(['Hm', '.</thi', 'nk>', 'Yes'], 'expected', stop).seen).toEqual([
      'reasoning Hm',
      'reasoning .',
      'text Yes',
    ])
    expect(stream(['Yes', '.'], 'expected', stop).seen).toEqual(['reasoning Yes', 'reasoning .', 'revised'])
  })
})
