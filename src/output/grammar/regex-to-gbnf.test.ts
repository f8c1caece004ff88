import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Gbnf } from '../../../test/support/gbnf.js'
import { choiceToGbnf } from './choice-to-gbnf.js'
import { regexToGbnf } from './regex-to-gbnf.js'

const patterns = [
  String.raw`\d{4}-\d{2}-\d{2}`,
  String.raw`^(0[1-9]|1[0-2])/\d{2}$`,
  String.raw`[a-zA-Z_]\w*`,
  String.raw`[^\s"\\]+`,
  String.raw`(?:ab|a)(?<tail>b?c){2,3}`,
  String.raw`\x41\u0042\u{1F600}\uD83D\uDE00?`,
  String.raw`a*?b+?c??`,
  String.raw`(a*)*b`,
  String.raw`((a|b?)+c?)*`,
  String.raw`[\w.-]+@[\w-]+\.[a-z]{2,}`,
  String.raw`\p{Lu}\p{Ll}*`,
  String.raw`[\]\-\\^a-c]{0,4}`,
  String.raw`(^a|b)c$|d`,
  String.raw`.{3}`,
  String.raw`[0-9]{70,200}`,
  '(a{2,3}){0,4}',
  '(a{2}){0,2}b',
  '((a{0,2}){3}){1,2}',
  'a{1,2}a*a{3}',
  '(?:a?)?(?:(?:b+){2,})?',
  '',
  'a||b',
]

describe('the grammar of a regular expression', () => {
  it.each(patterns)('%j matches what it matches', (pattern) => {
    const regex = new RegExp(`^(?:${pattern})$`, 'u')
    const gbnf = new Gbnf(regexToGbnf(pattern).grammar)
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (stream) => {
        const text = gbnf.write(() => stream.next().value as number)
        expect(text).toMatch(regex)
        expect(gbnf.accepts(text)).toBe(true)
      }),
      { seed: 1, numRuns: 50 },
    )
  })

  // Without those that fast-check cannot make texts of: anchors inside, properties, escaped surrogates, nothing at all.
  it.each(patterns.filter((pattern) => pattern !== '' && !/\(\^|\\p|\\uD83D|\{70/.test(pattern)))(
    '%j is matched by what matches it',
    (pattern) => {
      const gbnf = new Gbnf(regexToGbnf(pattern).grammar)
      fc.assert(
        fc.property(fc.stringMatching(new RegExp(`^(?:${pattern})$`, 'u'), { size: 'small' }), (text) => {
          expect(gbnf.accepts(text)).toBe(true)
        }),
        { seed: 2, numRuns: 50 },
      )
    },
  )

  it.each(patterns)('%j tells other texts from its own', (pattern) => {
    const regex = new RegExp(`^(?:${pattern})$`, 'u')
    const gbnf = new Gbnf(regexToGbnf(pattern).grammar)
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('abcdZ019-/_@."\\]^ \n')), maxLength: 12 }),
        (text) => {
          expect(gbnf.accepts(text)).toBe(regex.test(text))
        },
      ),
      { seed: 3, numRuns: 200 },
    )
  })

  it.each([
    ['(?=a)b', 'a lookahead'],
    ['(?!a)b', 'a lookahead'],
    ['(?<=a)b', 'a lookbehind'],
    ['(?<!a)b', 'a lookbehind'],
    [String.raw`(a)\1`, 'a reference'],
    [String.raw`(?<x>a)\k<x>`, 'a reference'],
    [String.raw`\bword\b`, 'a word boundary'],
    ['a(b|^c)d', 'an anchor'],
    ['(((ab?){1,20}c?){1,20}d?){1,20}', 'repetitions'],
  ])('%j is refused, by name', (pattern, name) => {
    expect(() => regexToGbnf(pattern)).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_OPTION',
        option: 'structuredOutput',
        message: expect.stringContaining(name),
      }),
    )
  })

  it('bounds what has no end, and says so', () => {
    const { grammar, warnings } = regexToGbnf('a+', { maxTokens: 100 })
    const gbnf = new Gbnf(grammar)
    expect([gbnf.accepts('a'.repeat(100)), gbnf.accepts('a'.repeat(101))]).toEqual([true, false])
    expect(warnings).toMatchObject([{ code: 'bounded-output', message: expect.stringContaining('100 characters') }])
    expect(regexToGbnf('a{1,5}').warnings).toEqual([])
  })
})

/** Regular expressions over few characters, three levels deep, without those that take llama.cpp too long. */
const randomPattern = fc.letrec<{ any: string }>((tie) => {
  const any = tie('any')
  const atom = fc.constantFrom('a', 'b', '[ab]', '[^a]', String.raw`\d`, '.', '(?:)', String.raw`\.`)
  const quantifier = fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,3}', '{1,}', '*?')
  return {
    any: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      atom,
      fc.array(any, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
      fc.array(any, { minLength: 2, maxLength: 3 }).map((parts) => `(?:${parts.join('|')})`),
      fc.tuple(any, quantifier).map(([part, times]) => `(${part})${times}`),
    ),
  }
}).any

it('random regular expressions match what their grammars make, and nothing else', () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from('ab1.')), maxLength: 6 })
  const random = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))
  fc.assert(
    fc.property(randomPattern, fc.array(text, { minLength: 4, maxLength: 4 }), random, (pattern, others, stream) => {
      const regex = new RegExp(`^(?:${pattern})$`, 'u')
      const gbnf = new Gbnf(regexToGbnf(pattern, { maxTokens: 50 }).grammar)
      for (let time = 0; time < 3; time++) expect(gbnf.write(() => stream.next().value as number)).toMatch(regex)
      for (const other of others) expect([other, gbnf.accepts(other)]).toEqual([other, regex.test(other)])
    }),
    { seed: 5, numRuns: 150 },
  )
})

const texts = fc.string({ unit: fc.constantFrom(...Array.from('ab"\\\n\0\u{1F600}é-]^')), maxLength: 5 })

it('the grammar of a choice has these texts and no others', () => {
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 5 }), texts, (choices, other) => {
      const gbnf = new Gbnf(choiceToGbnf(choices))
      for (const choice of choices) expect(gbnf.accepts(choice)).toBe(true)
      expect(gbnf.accepts(other)).toBe(choices.includes(other))
    }),
    { seed: 4 },
  )
})
