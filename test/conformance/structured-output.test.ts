import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import type {
  JsonOutput,
  InvalidOutputError,
  SchemaLike,
  StructuredOutput,
  XinferenceOptions,
} from '../../src/index.js'
import { stream } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import {
  chatChunk,
  chatRoute,
  chatStream,
  completionRoute,
  connect,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Who are you?' }] as const
const jsonSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
  required: ['name', 'age'],
  additionalProperties: false,
} as const

async function start(
  text: string,
  options: Partial<XinferenceOptions> = {},
  model: Readonly<Record<string, unknown>> = { model_engine: 'vLLM' },
) {
  const server = await startXinference({ chat: chatStream(...text.split(/(?<=,)/)), model })
  return { server, llm: connect(server, options) }
}

function output<T>(schema: JsonOutput<T>['schema'], more: object = {}): { structuredOutput: StructuredOutput<T> } {
  return { structuredOutput: { format: 'json', schema, ...more } }
}

describe('structuredOutput', () => {
  it('sends a JSON Schema and gives the parsed value', async () => {
    const { server, llm } = await start('{"name": "Ada", "age": 36}')
    const { parsed, text } = await llm.chat(question, output(jsonSchema, { name: 'person' }))
    expect(parsed).toEqual({ name: 'Ada', age: 36 })
    expect(text).toBe('{"name": "Ada", "age": 36}')
    expect(server.bodiesTo(chatRoute)[0]?.['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'person', schema: jsonSchema, strict: true },
    })
  })

  it('takes a zod schema, and gives what it makes of the answer', async () => {
    const User = z.object({ name: z.string().trim(), age: z.number().default(7), tags: z.array(z.string()).optional() })
    const { server, llm } = await start('{"name": " Ada "}')
    const { parsed } = await llm.chat(question, output(User))
    // The type is the schema's.
    expect(parsed?.name.toUpperCase()).toBe('ADA')
    expect(parsed).toEqual({ name: 'Ada', age: 7 })
    expect(server.bodiesTo(chatRoute)[0]?.['response_format']).toMatchObject({
      json_schema: {
        name: 'output',
        schema: {
          type: 'object',
          properties: { name: { type: 'string' }, age: { type: 'number' } },
          required: ['name'],
        },
      },
    })
  })

  it('works for complete, streams, generate and the options of a model alike', async () => {
    const { server, llm } = await start('{"name": "Ada", "age": 36}')
    const value = { name: 'Ada', age: 36 }
    expect((await llm.complete('Who?', output(jsonSchema))).parsed).toEqual(value)
    expect((await llm.streamChat(question, output(jsonSchema)).response()).parsed).toEqual(value)
    expect((await llm.chat(question)).parsed).toBeUndefined()
    const [generated] = await llm.generate([question], output(jsonSchema))
    expect(generated?.responses[0]?.parsed).toEqual(value)
    const copy = llm.with(output(jsonSchema))
    expect((await copy.chat(question)).parsed).toEqual(value)
    expect((await llm.with({ generationKwargs: output(jsonSchema) }).chat(question)).parsed).toEqual(value)
    const outputs = await llm.generate([
      [question, output(jsonSchema).structuredOutput],
      { prompt: 'Who?', ...output(jsonSchema) },
      [question, null],
    ])
    expect(outputs.map(({ responses }) => responses[0]?.parsed)).toEqual([value, value, undefined])
    expect(server.bodiesTo(chatRoute).filter((body) => 'response_format' in body)).toHaveLength(7)
  })

  it.each([
    ['http://json-schema.org/draft-07/schema#'],
    ['http://json-schema.org/draft-06/schema#'],
    ['https://json-schema.org/draft/2019-09/schema'],
    ['https://json-schema.org/draft/2020-12/schema'],
  ])('takes a schema of %s', async ($schema) => {
    const { llm } = await start('{"name": "Ada", "age": 36}')
    expect((await llm.chat(question, output({ $schema, ...jsonSchema }))).parsed).toEqual({ name: 'Ada', age: 36 })
  })

  it('fills a template and gives the typed value', async () => {
    const Person = z.object({ name: z.string(), age: z.number() })
    const { server, llm } = await start('{"name": "Ada", "age": 36}')
    const person = await llm.structuredPredict(Person, 'Who is {who}?', { who: 'Ada' }, { maxTokens: 50 })
    expect(person.name.toUpperCase()).toBe('ADA')
    const conversation = [{ role: 'user', content: 'And {who}?' }] as const
    expect(await llm.structuredPredict(jsonSchema, conversation, { who: 'Bob' })).toEqual({ name: 'Ada', age: 36 })
    const asked = server.bodiesTo(chatRoute).map(({ messages }) => messages)
    expect(asked).toEqual([[{ role: 'user', content: 'Who is Ada?' }], [{ role: 'user', content: 'And Bob?' }]])
    expect(server.bodiesTo(chatRoute)[0]).toMatchObject({ max_tokens: 50 })
  })

  it('is written to JSON as a JSON Schema', async () => {
    const { llm } = await start('{}', output(z.object({ name: z.string() })))
    const { config } = JSON.parse(JSON.stringify(llm)) as { config: { structuredOutput: { schema: object } } }
    expect(config.structuredOutput).toMatchObject({
      format: 'json',
      schema: { properties: { name: { type: 'string' } } },
    })
  })

  it('takes the same schema again, also with an $id', async () => {
    const { llm } = await start('{"name": "Ada", "age": 36}')
    const schema = { $id: 'https://example.org/person', ...jsonSchema }
    for (let time = 0; time < 3; time++) await llm.chat(question, output(schema))
    expect((await llm.chat(question, output({ ...schema }))).parsed).toEqual({ name: 'Ada', age: 36 })
  })
})

describe('an answer that does not fit', () => {
  it.each([
    ['is no JSON', 'Ada, 36', '', /not JSON/],
    ['is JSON inside two fences', '```\n{"name": "Ada", "age": 36}\n```\n```\n{}\n```', '', /not JSON/],
    ['is empty', '', '', /not JSON/],
    ['ignores the schema', '{"name": "Ada"}', '', /does not fit the schema.*age/],
    ['has a wrong member', '{"name": "Ada", "age": -1}', '/age', /does not fit the schema at \/age.*>= 0/],
    ['has one too many', '{"name": "Ada", "age": 1, "x": 1}', '', /additional/],
  ])('because it %s is INVALID_OUTPUT', async (_name, text, path, message) => {
    const { server, llm } = await start(text, { maxRetries: 5 })
    const error = await errorOf<InvalidOutputError>(llm.chat(question, output(jsonSchema, { maxAttempts: 1 })))
    expect(error).toMatchObject({
      code: 'INVALID_OUTPUT',
      isRetryable: false,
      message: expect.stringMatching(message),
      issues: [{ path, message: expect.any(String) }],
      partial: { text, usage: { outputTokens: 2 } },
    })
    expect(error.message).toMatch(/^[A-Z][^\n]*\.$/)
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })

  it('has all its issues, with pointers', async () => {
    const { llm } = await start('{"name": 7, "age": "x"}')
    const error = await errorOf<InvalidOutputError>(llm.chat(question, output(jsonSchema)))
    expect(error.issues.map(({ path }) => path).toSorted()).toEqual(['/age', '/name'])
    const schema = z.object({ 'a/b': z.object({ '~': z.array(z.number()) }) })
    const other = await start('{"a/b": {"~": [1, "x"]}}')
    const zodError = await errorOf<InvalidOutputError>(other.llm.chat(question, output(schema)))
    expect(zodError.issues).toMatchObject([{ path: '/a~1b/~0/1' }])
  })

  it('says so when it was cut', async () => {
    const server = await startXinference({
      chat: stream(chatChunk({ content: '{"name": "Ad' }), chatChunk({}, 'length'), '[DONE]'),
      model: { model_engine: 'vLLM' },
    })
    const error = await errorOf(connect(server).chat(question, output(jsonSchema)))
    expect(error).toMatchObject({
      code: 'OUTPUT_TRUNCATED',
      message: expect.stringContaining('raise maxTokens'),
      partial: { text: '{"name": "Ad' },
    })
    // More tokens is what it needs, not another try.
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })

  it('is none that was cut where nothing of it is missing', async () => {
    const server = await startXinference({
      chat: stream(chatChunk({ content: '{"name": "Ada", "age": 36}' }), chatChunk({}, 'length'), '[DONE]'),
      model: { model_engine: 'vLLM' },
    })
    expect((await connect(server).chat(question, output(jsonSchema))).parsed).toEqual({ name: 'Ada', age: 36 })
  })

  it.each([
    ['a code fence', '```json\n{"name": "Ada", "age": 36}\n```'],
    ['words and a code fence', 'Here it is:\n```\n{"name": "Ada", "age": 36}\n```\nAnything else?'],
    ['thinking', '<think>{"name": "Bob"}?</think>\n\n{"name": "Ada", "age": 36}'],
    ['thinking without its first tag, and a fence', 'Ada.</think>```json\n{"name": "Ada", "age": 36}\n```'],
  ])('is none because of %s around it', async (_name, text) => {
    const { llm } = await start(text)
    expect((await llm.chat(question, output(jsonSchema))).parsed).toEqual({ name: 'Ada', age: 36 })
  })

  it('ends a stream after its parts', async () => {
    const { llm } = await start('{"name": "Ada"}')
    const deltas: string[] = []
    const failure = errorOf(
      (async () => {
        for await (const part of llm.streamChat(question, output(jsonSchema))) deltas.push(part.delta)
      })(),
    )
    expect(await failure).toMatchObject({ code: 'INVALID_OUTPUT' })
    expect(deltas.join('')).toBe('{"name": "Ada"}')
  })

  it('may be tool calls instead, which are no output', async () => {
    const call = { index: 0, id: 'call_1', function: { name: 'weather', arguments: '{}' } }
    const server = await startXinference({
      chat: stream(chatChunk({ tool_calls: [call] }), chatChunk({}, 'tool_calls'), '[DONE]'),
      model: { model_engine: 'vLLM' },
    })
    const response = await connect(server).chat(question, { ...output(jsonSchema), tools: [{ name: 'weather' }] })
    expect(response.toolCalls).toHaveLength(1)
    expect(response.parsed).toBeUndefined()
  })
})

describe('a request for it', () => {
  it.each(['Transformers', 'MLX'])('that is strict is refused on %s', async (engine) => {
    const { server, llm } = await start('{}', {}, { model_engine: engine })
    expect(await errorOf(llm.chat(question, output(jsonSchema, { strict: true })))).toMatchObject({
      code: 'UNSUPPORTED_OPTION',
      option: 'structuredOutput',
    })
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
  })

  it.each(['llama.cpp', 'vLLM', 'SGLang'])('is sent on %s', async (engine) => {
    const { server, llm } = await start('{"name": "Ada", "age": 36}', {}, { model_engine: engine })
    await llm.chat(question, output(jsonSchema))
    expect(server.bodiesTo(chatRoute)[0]).toHaveProperty('response_format')
  })

  it('is refused for literal text, where the server would drop it', async () => {
    const { server, llm } = await start('{}', {}, { model_engine: 'llama.cpp' })
    expect(await errorOf(llm.complete('Once', { ...output(jsonSchema), raw: true }))).toMatchObject({
      code: 'UNSUPPORTED_OPTION',
    })
    expect(server.requestsTo(completionRoute)).toHaveLength(0)
  })

  it.each([
    [{ type: 'nonsense' }, /is not a JSON Schema/],
    [{ $ref: '#/$defs/missing' }, /is not a JSON Schema/],
    [{ $schema: 'https://example.org/mine' }, /is not a JSON Schema/],
    [{ '~standard': { version: 1, vendor: 'arktype', validate: () => ({ value: 1 }) } }, /arktype does not give/],
  ])('with the schema %j is refused', async (schema, message) => {
    const { server, llm } = await start('{}')
    for (let time = 0; time < 2; time++) {
      const error = await errorOf(llm.chat(question, output(schema as SchemaLike)))
      expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) })
    }
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
  })

  it('with a zod schema that has no JSON Schema is refused', async () => {
    const { llm } = await start('{}')
    const error = await errorOf(llm.chat(question, output(z.object({ at: z.date() }))))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', option: 'structuredOutput' })
  })

  it('with a schema that validates later is refused, not taken as valid', async () => {
    const { llm } = await start('{"name": "Ada"}')
    const schema = z.object({ name: z.string().refine(async (name) => name === 'Bob') })
    const error = await errorOf(llm.chat(question, output(schema)))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('asynchronous') })
  })
})
