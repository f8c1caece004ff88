import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { getBackend } from '../../src/llama-cpp/backend.js'
import { LlamaCpp } from '../../src/llama-cpp/llama-cpp.js'
import { loadLibrary } from '../../src/llama-cpp/load-library.js'
import { jsonSchemaToGbnf } from '../../src/output/grammar/json-schema-to-gbnf.js'
import { type RefusedKeyword, refusedKeywords } from '../../src/output/grammar/not-expressible.js'
import { Gbnf } from '../support/gbnf.js'
import { askKind } from './ask-kind.js'
import { readKinds } from './read-kinds.js'

const modelPath = fileURLToPath(new URL('../../models/demo/demo.gguf', import.meta.url))
const kinds = readKinds()

let llm: LlamaCpp
beforeAll(async () => {
  llm = await new LlamaCpp({ modelPath, parallel: 4, threads: 1 }).load()
}, 60_000)
afterAll(() => llm.unload())

it('18 of 20 kinds can be expressed, and the others are refused by name', () => {
  const refusals = kinds.flatMap(({ name, schema }) => {
    try {
      jsonSchemaToGbnf(schema)
      return []
    } catch (error) {
      expect(error).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
      return [`${name}: ${(error as Error).message}`]
    }
  })
  expect(kinds).toHaveLength(20)
  expect(refusals.length).toBeLessThanOrEqual(2)
  expect(refusals).toEqual([
    expect.stringMatching(/^20-distinct-texts: .*uniqueItems at \/properties\/words\/uniqueItems /),
  ])
})

// One question each; npm run test:schemas puts 25.
it.each(kinds.slice(0, -1))(
  'the model, which was not trained for it, answers with $name',
  async (kind) => {
    const { failures, valid, warnings } = await askKind(llm, kind, 1)
    expect(failures).toEqual([])
    expect(valid).toBe(1)
    // Thirty texts without a length of their own end within the tokens, because they are given one.
    if (kind.name.endsWith('thirty-properties')) {
      expect(warnings).toEqual([expect.stringMatching(/texts without a length of their own to \d+ characters/)])
    }
  },
  60_000,
)

const refused: Readonly<Record<RefusedKeyword, Readonly<Record<string, unknown>>>> = {
  $dynamicRef: { $dynamicRef: '#a' },
  $recursiveRef: { $recursiveRef: '#' },
  $ref: { $ref: 'https://example.org/other' },
  anyOf: { allOf: Array.from({ length: 10 }, (_, index) => ({ anyOf: [{ minimum: index }, { maxLength: index }] })) },
  contains: { allOf: [{ contains: { const: 1 } }, { contains: { const: 2 } }] },
  format: { allOf: [{ format: 'date' }, { format: 'email' }] },
  if: { if: { pattern: 'a' }, else: { minLength: 2 } },
  maxContains: { allOf: [{ contains: { const: 1 }, maxContains: 2 }, { maxContains: 3 }] },
  maxLength: { pattern: '^a{3}$', maxLength: 2 },
  maxProperties: { properties: { a: {}, b: {} }, maxProperties: 1 },
  minContains: { allOf: [{ contains: { const: 1 }, minContains: 2 }, { minContains: 3 }] },
  minLength: { pattern: '^a{3}$', minLength: 4 },
  minProperties: { type: 'object', minProperties: 2 },
  multipleOf: { type: 'integer', multipleOf: 7 },
  not: { not: { pattern: 'a' } },
  oneOf: { oneOf: [{ type: 'string' }, { pattern: 'a' }] },
  pattern: { allOf: [{ pattern: 'a' }, { pattern: 'b' }] },
  propertyNames: { patternProperties: { '^x': {} }, propertyNames: { maxLength: 3 } },
  unevaluatedItems: { prefixItems: [{}], not: { minItems: 3 }, unevaluatedItems: false },
  unevaluatedProperties: { properties: { a: {} }, not: { required: ['b'] }, unevaluatedProperties: false },
  uniqueItems: { type: 'array', uniqueItems: true },
}

describe('what is refused', () => {
  it('is listed on the page, and no more', () => {
    const page = readFileSync(new URL('../../docs/structured-output.md', import.meta.url), 'utf8')
    const section = page.slice(page.indexOf('### What is refused')).split('\n### ')[0] ?? ''
    const cells = section.split('\n').flatMap((line) => /^\| (`[^|]*`) +\|/.exec(line)?.[1] ?? [])
    const listed = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, keyword]) => keyword))
    expect(listed.toSorted()).toEqual([...refusedKeywords].toSorted())
  })

  it.each(Object.entries(refused))('is %s, by name', (keyword, schema) => {
    expect(() => jsonSchemaToGbnf(schema)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_OPTION', context: { keyword } }),
    )
  })
})

it('llama.cpp reads the grammar of each kind as it is meant', async () => {
  const library = await loadLibrary()
  const { llama } = await getBackend(library, false, 0)
  const random = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))
  for (const { schema } of kinds.slice(0, -1)) {
    const { grammar } = jsonSchemaToGbnf(schema)
    // Its own check of a text, which it does not publish.
    const compiled = new library.LlamaGrammar(llama, { grammar }) as unknown as { _testText(text: string): boolean }
    const gbnf = new Gbnf(grammar)
    for (const stream of fc.sample(random, { seed: 6, numRuns: 3 })) {
      const text = gbnf.write(() => stream.next().value as number)
      expect([text, compiled._testText(text), compiled._testText(`${text}!`)]).toEqual([text, true, false])
    }
  }
})
