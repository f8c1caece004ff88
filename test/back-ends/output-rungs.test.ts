/** The rungs of a `structuredOutput` where a server refuses a constraint, and what becomes of schemas on their way. */
import { describe, expect, it } from 'vitest'

import type { StructuredOutput } from '../../src/index.js'
import { type Answer, Refusal } from '../support/servers/engine-server.js'
import { errorOf } from '../support/outcome-of.js'
import { ask, bodiesOf } from './ask.js'
import type { BackEnd } from './back-end.js'
import { outputCases } from './option-cases.js'
import { backEnds } from './table.js'

const named = (name: string): BackEnd => backEnds.find((each) => each.name === name) as BackEnd
const openai = named("OpenAI's protocol")
const tgi = backEnds.find(({ name }) => name.startsWith('TGI')) as BackEnd
const vllm = named('vLLM 0.12')
const { output, fits } = outputCases.json

/** A server that refuses some forms of `response_format`, as servers without grammars do. */
function refusing(...types: readonly string[]): Answer {
  return ({ body }) => {
    const { type } = (body['response_format'] ?? {}) as { readonly type?: string }
    if (type === undefined || !types.includes(type)) return fits
    const message = `response_format of type ${type} is not supported by this model`
    throw new Refusal(400, { error: { message, type: 'invalid_request_error', param: 'response_format', code: null } })
  }
}

const formatsOf = (bodies: readonly Readonly<Record<string, unknown>>[]): readonly unknown[] =>
  bodies.map((body) => (body['response_format'] as { type?: string } | undefined)?.type)

describe('a server that refuses the constraint', () => {
  it('is asked in its JSON mode, and not with the constraint again', async () => {
    const { llm, server } = await openai.open({ answer: refusing('json_schema') })
    const { parsed, structuredOutput, warnings } = await ask(llm, 'chat', { structuredOutput: output })
    expect(parsed).toEqual(JSON.parse(fits))
    expect(structuredOutput).toEqual({ rung: 'json-mode', attempts: 1 })
    expect(warnings.map(({ code }) => code).toSorted()).toEqual(['constraint-refused', 'not-constrained'])
    expect(warnings.find(({ code }) => code === 'constraint-refused')?.message).toContain('is not supported')
    await ask(llm, 'chat', { structuredOutput: { ...output } })
    expect(formatsOf(bodiesOf(server))).toEqual(['json_schema', 'json_object', 'json_object'])
    // JSON mode knows no schema.
    expect(JSON.stringify(bodiesOf(server)[1]?.['messages'])).toContain('fits this JSON Schema')
  })

  it('is asked in words where it refuses that as well', async () => {
    const { llm, server } = await openai.open({ answer: refusing('json_schema', 'json_object') })
    expect((await ask(llm, 'chat', { structuredOutput: output })).structuredOutput?.rung).toBe('prompt')
    expect(formatsOf(bodiesOf(server))).toEqual(['json_schema', 'json_object', undefined])
  })

  it('is not asked otherwise where the output is strict', async () => {
    const { llm, server } = await openai.open({ answer: refusing('json_schema') })
    const strict = { ...output, strict: true }
    expect(await errorOf(ask(llm, 'chat', { structuredOutput: strict }))).toMatchObject({ code: 'INVALID_REQUEST' })
    expect(bodiesOf(server)).toHaveLength(1)
  })

  it('is not asked again for what has nothing to do with it', async () => {
    const { llm, server } = await openai.open({
      answer: () => {
        throw new Refusal(400, { error: { message: 'Too many stop words', type: 'invalid_request_error', code: null } })
      },
    })
    expect(await errorOf(ask(llm, 'chat', { structuredOutput: output }))).toMatchObject({ code: 'INVALID_REQUEST' })
    expect(bodiesOf(server)).toHaveLength(1)
  })
})

it('a schema that TGI does not take as it is goes in an object, and comes back without it', async () => {
  const list: StructuredOutput = { format: 'json', schema: { type: 'array', items: { type: 'integer' }, maxItems: 3 } }
  const { llm, server } = await tgi.open({ answer: () => ['{"value":', '[1', ',2]}'] })
  const { parsed, warnings } = await ask(llm, 'chat', { structuredOutput: list })
  expect(parsed).toEqual([1, 2])
  expect(warnings).toMatchObject([{ code: 'schema-wrapped' }])
  expect(bodiesOf(server)[0]?.['response_format']).toMatchObject({
    type: 'json',
    value: { type: 'object', properties: { value: list.schema }, required: ['value'] },
  })
  const values: unknown[] = []
  for await (const part of llm.streamChat([{ role: 'user', content: 'Count.' }], { structuredOutput: list })) {
    if (part.type === 'text') values.push(structuredClone(part.partial))
  }
  expect(values).toEqual([undefined, [], [1, 2]])
})

describe('texts and lists without an end', () => {
  const open: StructuredOutput = {
    format: 'json',
    schema: {
      type: 'object',
      properties: { name: { type: 'string' }, tags: { type: 'array', items: { type: 'string', minLength: 200 } } },
    },
  }
  const answer = (): string => '{"name":"Ada"}'

  it('get one from maxTokens where the server holds to it, and a warning says which', async () => {
    const { llm, server } = await vllm.open({ answer })
    const { warnings } = await ask(llm, 'chat', { structuredOutput: open, maxTokens: 512 })
    expect(warnings).toMatchObject([
      { code: 'bounded-output', message: expect.stringMatching(/to 128 characters, lists without one to 6 items/) },
    ])
    expect(bodiesOf(server)[0]?.['response_format']).toMatchObject({
      json_schema: {
        schema: {
          properties: {
            name: { type: 'string', maxLength: 128 },
            tags: { maxItems: 6, items: { minLength: 200, maxLength: 200 } },
          },
        },
      },
    })
  })

  it('are left as they are where there are tokens enough, and on servers that may not hold to it', async () => {
    const { llm, server } = await vllm.open({ answer })
    const text: StructuredOutput = {
      format: 'json',
      schema: { type: 'object', properties: { name: { type: 'string' } } },
    }
    await ask(llm, 'chat', { structuredOutput: text, maxTokens: 1015 })
    const other = await openai.open({ answer })
    const { warnings } = await ask(other.llm, 'chat', { structuredOutput: open, maxTokens: 512 })
    expect(warnings).toEqual([])
    for (const body of [...bodiesOf(server), ...bodiesOf(other.server)]) {
      expect(JSON.stringify(body['response_format'])).not.toMatch(/maxLength|maxItems/)
    }
  })
})

it('a pattern for white space is left out with a warning where the server takes none', async () => {
  const spaced: StructuredOutput = { ...output, whitespacePattern: ' ?' } as StructuredOutput
  const { llm } = await openai.open({ answer: () => fits })
  expect((await ask(llm, 'chat', { structuredOutput: spaced })).warnings).toMatchObject([
    { code: 'whitespace-ignored' },
  ])
  const taken = await vllm.open({ answer: () => fits })
  expect((await ask(taken.llm, 'chat', { structuredOutput: spaced })).warnings).toEqual([])
})
