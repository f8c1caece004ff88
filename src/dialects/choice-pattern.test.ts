import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { choicePattern } from './choice-pattern.js'

it('matches the choices and nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), fc.string(), (choices, other) => {
      const pattern = new RegExp(`^${choicePattern(choices)}$`, 'u')
      for (const choice of choices) expect(pattern.test(choice)).toBe(true)
      expect(pattern.test(other)).toBe(choices.includes(other))
    }),
    { seed: 7 },
  )
})
