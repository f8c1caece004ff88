import { describe, expect, it } from 'vitest'

import { deriveSeed } from '../../llm/derive-seed.js'
import { type SystemPrompts, SystemPromptChooser } from './system-prompts.js'

/** How often each is drawn in ten thousand rows. */
function countDraws(prompts: SystemPrompts): Readonly<Record<string, number>> {
  const chooser = new SystemPromptChooser(prompts)
  const counts: Record<string, number> = {}
  for (let index = 0; index < 10_000; index++) {
    const { text = '', key } = chooser.choose({}, deriveSeed(7, index + 1))
    const name = `${key ?? ''}:${text}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

const about = (count: number): object =>
  expect.toSatisfy((value: number) => Math.abs(value - count) < 250, `is about ${count}`)

describe('SystemPromptChooser', () => {
  it('draws by weights, which need not add up to 1', () => {
    expect(countDraws('one')).toEqual({ ':one': 10_000 })
    expect(countDraws(['a', 'b'])).toEqual({ ':a': about(5000), ':b': about(5000) })
    expect(countDraws({ x: ['X', 0.1], y: ['Y', 0.2], z: ['Z', 0.7] })).toEqual({
      'x:X': about(1000),
      'y:Y': about(2000),
      'z:Z': about(7000),
    })
    expect(countDraws({ x: ['X', 3], y: ['Y', 1], never: ['N', 0] })).toEqual({
      'x:X': about(7500),
      'y:Y': about(2500),
    })
  })

  it('gives the same row the same one, and a row with a prompt of its own that one', () => {
    const chooser = new SystemPromptChooser({ a: 'A', b: 'B' })
    expect(chooser.choose({}, 5)).toEqual(chooser.choose({ system_prompt: null }, 5))
    expect(chooser.choose({ system_prompt: 'Own.' }, 5)).toEqual({ text: 'Own.', key: null })
    expect(() => chooser.choose({ system_prompt: [] }, 5)).toThrow(expect.objectContaining({ code: 'INVALID_ROW' }))
    expect(new SystemPromptChooser(null).choose({}, 5)).toEqual({ text: undefined, key: null })
  })

  it.each<[string, unknown, RegExp]>([
    ['none', {}, /is empty/],
    ['no text', ['a', ' '], /without a text/],
    ['no weight', { a: ['A', -1] }, /"a" whose weight/],
    ['no chance', { a: ['A', 0] }, /only weights of 0/],
  ])('refuses %s', (_what, prompts, message) => {
    expect(() => new SystemPromptChooser(prompts as SystemPrompts)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
    )
  })
})
