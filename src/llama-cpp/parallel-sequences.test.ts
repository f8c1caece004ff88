import { expect, it } from 'vitest'

import { chooseParallel } from './parallel-sequences.js'

it.each([
  [1, 32, 8],
  [1, 31, 4],
  [1, 8, 2],
  [1, 7, 1],
  [100, 1, 1],
])('reserves at most a quarter of the free memory: %d of %d each gives %d', (bytesPerSequence, freeBytes, expected) => {
  expect(chooseParallel({ bytesPerSequence, freeBytes })).toBe(expected)
})
