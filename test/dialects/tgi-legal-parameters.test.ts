import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import type { CanonicalRequest } from '../../src/contract/engine.js'
import { TgiDialect } from '../../src/dialects/tgi/tgi-dialect.js'
import type { Json } from '../support/servers/engine-server.js'
import { readTgiParameters } from '../support/servers/tgi-parameters.js'

const dialect = new TgiDialect()
const share = fc.constantFrom(0, 1e-9, 0.3, 0.999, 1)
const option = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined })

const options: fc.Arbitrary<CanonicalRequest['options']> = fc.record({
  maxTokens: option(fc.integer({ min: 1, max: 99 })),
  temperature: option(fc.constantFrom(0, 0.01, 1, 2)),
  topP: option(share),
  typicalP: option(share),
  topK: option(fc.constantFrom(0, 1, 50)),
  repetitionPenalty: option(fc.constantFrom(0.1, 1, 2)),
  frequencyPenalty: option(fc.constantFrom(-2, 0, 2)),
  seed: option(fc.constantFrom(0, 2_147_483_647)),
  stop: option(fc.constantFrom('a', ['a', 'b', 'c', 'd'], [])),
  logprobs: option(fc.constantFrom(true, false, 0, 5)),
  returnFullText: option(fc.boolean()),
  watermark: option(fc.boolean()),
})

it('sends nothing that TGI refuses, samples unless the temperature is 0, and is greedy then', () => {
  fc.assert(
    fc.property(options, (given) => {
      const { body } = dialect.compile({
        kind: 'completion',
        messages: undefined,
        prompt: 'x',
        rendered: undefined,
        options: given,
        constraint: undefined,
        stream: false,
      })
      const sent = JSON.parse(JSON.stringify(body)) as Json
      expect(JSON.stringify(sent)).not.toContain('null')
      const { samples } = readTgiParameters(sent['parameters'] as Json, { max_stop_sequences: 4 }, true)
      expect(samples).toBe(given.temperature !== 0)
    }),
    { seed: 20_261_123, numRuns: 500 },
  )
})
