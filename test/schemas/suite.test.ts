import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

import { examineSuite } from './examine-suite.js'
import { judgeSuite } from './judge-suite.js'
import { readSuite } from './read-suite.js'

const folder = fileURLToPath(new URL('../../node_modules/json-schema-test-suite', import.meta.url))

// The newer drafts, with more texts of each grammar: npm run test:schemas.
it('validation agrees with the test suite, and grammars make only what fits', async () => {
  const figures = await examineSuite(readSuite(folder, 'draft4'), 3)
  expect(judgeSuite('draft4', figures)).toEqual([])
  expect(figures.schemas).toBeGreaterThan(80)
  expect(figures.expressed).toBeGreaterThanOrEqual(80)
  expect(figures.accepted).toBeGreaterThanOrEqual(80)
}, 60_000)
