import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'

import { schemaAndValue } from '../../test/support/schema-arbitrary.js'
import type { CallOptions } from '../contract/options.js'
import type { StructuredOutput } from '../contract/structured-output.js'
import { jsonSchemaToGbnf } from '../output/grammar/json-schema-to-gbnf.js'
import { getBackend } from './backend.js'
import { LlamaCpp } from './llama-cpp.js'
import { loadLibrary } from './load-library.js'

const modelPath = fileURLToPath(new URL('../../models/demo/demo.gguf', import.meta.url))
const question = [{ role: 'user', content: 'Who are you?' }] as const
const wild = { temperature: 2, topK: 0, topP: 1, minP: 0 } as const

const user = {
  type: 'object',
  properties: { name: { type: 'string' }, last_name: { type: 'string' }, id: { type: 'integer' } },
  required: ['name', 'last_name', 'id'],
} as const

const outputs: readonly (readonly [string, StructuredOutput])[] = [
  ['a user', { format: 'json', schema: user }],
  [
    'nested values',
    {
      format: 'json',
      schema: z.object({
        owner: z.object({ email: z.email(), born: z.iso.date().nullable() }),
        pets: z
          .array(
            z.discriminatedUnion('kind', [
              z.object({ kind: z.literal('cat'), lives: z.int().min(1).max(9) }),
              z.object({ kind: z.literal('dog'), tricks: z.array(z.enum(['sit', 'roll'])).max(3) }),
            ]),
          )
          .min(1)
          .max(3),
        rating: z.number().min(0).max(1),
        note: z.string().min(3).optional(),
      }),
    },
  ],
  ['an enumeration', { format: 'json', schema: { enum: ['red', 'green', { blue: [1, null] }] } }],
  ['recursion', { format: 'json', schema: { type: 'array', items: { $ref: '#' }, maxItems: 1 } }],
  ['a date', { format: 'regex', schema: String.raw`\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])` }],
  ['a choice', { format: 'choice', schema: ['yes', 'no', 'yes, "but"\nnot now', 'äöü 😀'] }],
]

const colours = 'root ::= ("red" | "green" | "blue") ("," root)?'

let llm: LlamaCpp
beforeAll(async () => {
  llm = await new LlamaCpp({ modelPath, parallel: 8, threads: 1 }).load()
})
afterAll(() => llm.unload())

function parsedOf(options: CallOptions): Promise<unknown> {
  return llm.chat(question, options).then(({ parsed }) => parsed)
}

describe.each(outputs)('%s', (_name, structuredOutput) => {
  const options: CallOptions = { ...wild, maxTokens: 400, structuredOutput }

  it('comes valid, on both routes, whole and in pieces', async () => {
    const answers = await Promise.all([
      llm.chat(question, options),
      llm.chat(question, { ...options, temperature: 0 }),
      llm.complete('Who are you?', options),
      llm.complete('Once', { ...options, raw: true }),
      llm.streamChat(question, options).response(),
      llm.streamComplete('Once', { ...options, raw: true }).response(),
    ])
    for (const { parsed, finishReason } of answers) {
      expect(parsed).toBeDefined()
      expect(finishReason).toEqual({ unified: 'stop', raw: 'eos' })
    }
  })
})

it.each(outputs.slice(1, 2))('%s are the same alone and beside others with a seed', async (_name, structuredOutput) => {
  const options: CallOptions = { ...wild, maxTokens: 600, structuredOutput }
  const alone = [await parsedOf({ ...options, seed: 1 }), await parsedOf({ ...options, seed: 2 })]
  const others = Array.from({ length: 3 }, () => llm.chat(question, { maxTokens: 40 }))
  const together = await Promise.all([1, 2, 3].map((seed) => parsedOf({ ...options, seed })))
  expect(together.slice(0, 2)).toEqual(alone)
  await Promise.all(others)
})

it('keeps eight calls with constraints apart', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `call-${index}`)
  const schemaOf = (name: string): object => ({
    type: 'object',
    properties: { [name]: { const: name.repeat(5) } },
    required: [name],
  })
  const parsed = await Promise.all(
    names.map((name) => parsedOf({ ...wild, structuredOutput: { format: 'json', schema: schemaOf(name) as never } })),
  )
  expect(parsed).toEqual(names.map((name) => ({ [name]: name.repeat(5) })))
})

it('follows a grammar of the caller, and lets it go on as long as it may', async () => {
  const { text, parsed } = await llm.chat(question, {
    ...wild,
    structuredOutput: { format: 'grammar', schema: colours },
  })
  expect(text).toMatch(/^(red|green|blue)(,(red|green|blue))*$/)
  expect(parsed).toBe(text)
})

it('gives thirty free fields within the tokens', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `f${index}`)
  const schema = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    required: names,
  }
  // Nothing but letters is likely, so every field runs to its bound.
  const copies = await Promise.all(
    Array.from({ length: 2 }, (_, seed) =>
      llm.chat(question, { ...wild, seed, structuredOutput: { format: 'json', schema } }),
    ),
  )
  for (const { parsed, warnings } of copies) {
    expect(Object.keys(parsed as object)).toEqual(names)
    expect(warnings).toMatchObject([{ code: 'bounded-output', message: expect.stringMatching(/to \d+ characters/) }])
  }
})

it('says that an answer was cut, where nothing could keep it short', async () => {
  const structuredOutput: StructuredOutput = { format: 'json', schema: { type: 'string', minLength: 300 } }
  await expect(llm.chat(question, { ...wild, maxTokens: 20, structuredOutput })).rejects.toMatchObject({
    code: 'OUTPUT_TRUNCATED',
    message: expect.stringContaining('raise maxTokens'),
    partial: { text: expect.stringMatching(/^"/) },
  })
})

it.each<[string, StructuredOutput, object]>([
  [
    'a keyword that it cannot keep',
    { format: 'json', schema: { type: 'object', properties: { a: { type: 'array', uniqueItems: true } } } },
    { code: 'UNSUPPORTED_OPTION', message: expect.stringContaining('uniqueItems at /properties/a/uniqueItems') },
  ],
  ['a lookahead', { format: 'regex', schema: '(?=a).' }, { code: 'UNSUPPORTED_OPTION' }],
  [
    'a wrong grammar',
    { format: 'grammar', schema: 'root ::= colour' },
    { code: 'INVALID_OPTION', option: 'structuredOutput' },
  ],
  ['a grammar without a root', { format: 'grammar', schema: 'start ::= "a"' }, { code: 'INVALID_OPTION' }],
])('refuses %s before anything is evaluated', async (_name, structuredOutput, error) => {
  const events: string[] = []
  llm.callbackManager.on('llm-stream', () => events.push('part'))
  await expect(llm.chat(question, { structuredOutput })).rejects.toMatchObject(error)
  expect(events).toEqual([])
})

it('works with penalties, log-probabilities and stop strings', async () => {
  const structuredOutput: StructuredOutput = { format: 'json', schema: user }
  const { parsed, logprobs, text } = await llm.chat(question, {
    ...wild,
    structuredOutput,
    logprobs: 2,
    repetitionPenalty: 1.3,
    frequencyPenalty: 0.5,
  })
  expect(parsed).toMatchObject({ name: expect.any(String), id: expect.any(Number) })
  expect(Buffer.from(logprobs?.flatMap(({ bytes }) => bytes ?? []) ?? []).toString()).toBe(text)
  await expect(llm.chat(question, { structuredOutput, stop: '"last_name"' })).rejects.toMatchObject({
    code: 'INVALID_OUTPUT',
  })
})

it('llama.cpp reads the grammars as they are meant', async () => {
  const library = await loadLibrary()
  const { llama } = await getBackend(library, false, 0)
  for (const { schema, value } of fc.sample(schemaAndValue, { seed: 5, numRuns: 60 })) {
    const { grammar } = jsonSchemaToGbnf(schema, { maxTokens: 100_000 })
    // Its own check of a text, which it does not publish.
    const compiled = new library.LlamaGrammar(llama, { grammar }) as unknown as { _testText(text: string): boolean }
    const text = JSON.stringify(value)
    expect([text, compiled._testText(text), compiled._testText(`${text}!`)]).toEqual([text, true, false])
  }
})
