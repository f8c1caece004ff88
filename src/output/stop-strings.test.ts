import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { StopStrings } from './stop-strings.js'

/** Everything that comes out, and by what it was stopped. */
function run(stops: readonly string[], pieces: readonly string[]): { text: string; stopped: string | undefined } {
  const matcher = new StopStrings(stops)
  let text = ''
  for (const piece of pieces) {
    const match = matcher.push(piece)
    text += match.text
    if (match.stopped !== undefined) return { text, stopped: match.stopped }
  }
  return { text: text + matcher.flush(), stopped: undefined }
}

describe('StopStrings', () => {
  it('lets everything through without stop strings', () => {
    expect(run([], ['a', 'b'])).toEqual({ text: 'ab', stopped: undefined })
    expect(run([''], ['a', 'b'])).toEqual({ text: 'ab', stopped: undefined })
  })

  it('finds a stop string across pieces', () => {
    expect(run(['###'], ['Hello #', '#', '# World'])).toEqual({ text: 'Hello ', stopped: '###' })
  })

  it('holds back only what may begin one', () => {
    const matcher = new StopStrings(['\n\nUser:'])
    expect(matcher.push('Hi.\n').text).toBe('Hi.')
    expect(matcher.push('\nUs').text).toBe('')
    expect(matcher.push('ually').text).toBe('\n\nUsually')
    expect(matcher.flush()).toBe('')
  })

  it('gives back what it held when the text ends', () => {
    expect(run(['END'], ['the EN'])).toEqual({ text: 'the EN', stopped: undefined })
  })

  it('starts over inside a failed match', () => {
    expect(run(['aab'], ['a', 'a', 'a', 'b', 'c'])).toEqual({ text: 'a', stopped: 'aab' })
  })

  it('takes the one that is complete first, and the longer of two', () => {
    expect(run(['abc', 'b'], ['abc'])).toEqual({ text: 'a', stopped: 'b' })
    expect(run(['c', 'bc'], ['abc'])).toEqual({ text: 'a', stopped: 'bc' })
  })

  it('gives the same however the text is cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀') })
    fc.assert(
      fc.property(fc.array(letters), fc.array(letters, { maxLength: 4 }), (pieces, stops) => {
        const whole = pieces.join('')
        const cut = run(stops, pieces)
        expect(cut).toEqual(run(stops, [whole]))
        expect(cut).toEqual(run(stops, whole.split('')))
        for (const stop of stops) if (stop !== '') expect(cut.text).not.toContain(stop)
      }),
    )
  })
})
