import { expect, it } from 'vitest'

import { isAtLeast } from './version-number.js'

it.each([
  ['0.11.0', true],
  ['0.11.1rc2.dev3+gabc', true],
  ['v0.20.0', true],
  ['1.0.0', true],
  ['0.10.2', false],
  ['0.9', false],
  ['nightly', undefined],
  ['', undefined],
])('%s is 0.11 or later: %s', (version, expected) => {
  expect(isAtLeast(version, 0, 11)).toBe(expected)
})
