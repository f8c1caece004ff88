import { afterEach, describe, expect, it } from 'vitest'

import { ContextOverflowError } from '../../errors/context-overflow-error.js'
import { InvalidOutputError } from '../../errors/invalid-output-error.js'
import { ServerError } from '../../errors/server-error.js'
import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'
import { type LLMServer, serve, type ServeOptions } from '../index.js'
import { createGate, openSocket, post, type Reply, ScriptedModel, send } from '../../../test/support/scripted-model.js'

const json = { 'content-type': 'application/json' }

let server: LLMServer

afterEach(() => server.close())

/** Counts a token for each word. */
class CountingModel extends ScriptedModel {
  async countTokens(input: unknown): Promise<number> {
    return JSON.stringify(input).split(' ').length
  }
}

async function start(model: ScriptedModel = new CountingModel(), options: ServeOptions = {}): Promise<void> {
  server = await serve(model, { as: 'tgi', port: 0, drainMs: 0, ...options })
}

const ask = (path: string, body: unknown, headers: object = {}): Promise<Reply> =>
  send(server.port, 'POST', path, body, { ...json, ...headers })
const generate = (parameters?: object, inputs = 'P'): Promise<Reply> => ask('/generate', { inputs, parameters })
const parse = ({ text }: Reply): unknown => JSON.parse(text)
const eventsOf = ({ text }: Reply): unknown[] =>
  text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => JSON.parse(event.replace(/^data:/, '')) as unknown)

const token = (text: string, logprob: number): object => ({
  type: 'text',
  delta: text,
  logprobs: [{ token: text, logprob, bytes: [], top: [{ token: text, logprob }] }],
})
const lengthEnd = { finishReason: { unified: 'length', raw: undefined } } as const

describe('a whole native answer', () => {
  it('is the text, with the tokens in the headers', async () => {
    await start()
    const reply = await generate({})
    expect([reply.status, parse(reply)]).toEqual([200, { generated_text: 'Hello' }])
    expect(reply.headers).toMatchObject({
      'x-prompt-tokens': '1',
      'x-generated-tokens': '2',
      'x-compute-characters': '1',
    })
  })

  it('has details when they are asked for: tokens without ids, and what stands for the end', async () => {
    await start(new CountingModel([token('Hel', -1) as never, token('lo', -2) as never]))
    const first = { id: 0, text: 'Hel', logprob: -1, special: false }
    const second = { id: 0, text: 'lo', logprob: -2, special: false }
    expect(parse(await generate({ details: true, top_n_tokens: 1 }))).toEqual({
      generated_text: 'Hello',
      details: {
        finish_reason: 'eos_token',
        generated_tokens: 2,
        seed: null,
        prefill: [],
        tokens: [first, second, { id: 0, text: '', logprob: null, special: true }],
        top_tokens: [[first], [second], []],
      },
    })
  })

  it('ends at the limit with its last token', async () => {
    await start(new CountingModel(['Hel', 'lo'], lengthEnd))
    expect(parse(await generate({ details: true, max_new_tokens: 2 }))).toMatchObject({
      details: { finish_reason: 'length', tokens: [{ text: 'Hel' }, { text: 'lo' }] },
    })
  })

  it('keeps the stop string, asks no further, and hides the stops from the model', async () => {
    const model = new CountingModel(['a', 'b', 'cd', 'e', createGate().passed])
    await start(model)
    expect(parse(await generate({ details: true, stop: ['x', 'bc', ''] }))).toMatchObject({
      generated_text: 'abc',
      details: { finish_reason: 'stop_sequence', generated_tokens: 3, tokens: [{}, {}, { text: 'c' }] },
    })
    expect(model.calls[0]?.options.stop).toBeUndefined()
  })

  it('begins with the input where that is asked for, and on the old route, in a list, unless told otherwise', async () => {
    await start()
    expect(parse(await generate({ return_full_text: true }))).toEqual({ generated_text: 'PHello' })
    expect(parse(await ask('/', { inputs: 'P' }))).toEqual([{ generated_text: 'PHello' }])
    const quiet = { inputs: 'P', parameters: { return_full_text: false } }
    expect(parse(await ask('/', quiet))).toEqual([{ generated_text: 'Hello' }])
    expect((await ask('/', { inputs: 'P', stream: true })).text).toContain('"generated_text":"PHello"')
    expect(parse(await ask('/invocations', { inputs: 'P' }))).toEqual([{ generated_text: 'PHello' }])
  })

  it('is what there is of one that was cut before its grammar ended', async () => {
    const error = new InvalidOutputError('The answer is not JSON.', { issues: [] })
    error.partial = { text: '{"a', reasoning: undefined, usage: undefined }
    await start(new CountingModel(['{"a', error]))
    const grammar = { type: 'json', value: { properties: { a: {} } } }
    expect(parse(await generate({ grammar, details: true }))).toMatchObject({
      generated_text: '{"a',
      details: { finish_reason: 'length' },
    })
  })

  it('comes without log-probabilities from a model that has none', async () => {
    const refusal = new UnsupportedOptionError('No logprobs.', { option: 'logprobs', context: { option: 'logprobs' } })
    class Silent extends ScriptedModel {
      override streamComplete(...args: Parameters<ScriptedModel['streamComplete']>): never {
        if (args[1]?.logprobs !== undefined) throw refusal
        return super.streamComplete(...args) as never
      }
    }
    await start(new Silent(['Hi']))
    expect(parse(await generate({ details: true }))).toMatchObject({
      details: { tokens: [{ text: 'Hi', logprob: null }, { special: true }] },
    })
    expect((await generate({ top_n_tokens: 2 })).status).toBe(422)
  })
})

describe('a native stream', () => {
  it('has an event a token, and the whole text on the last', async () => {
    await start(new CountingModel(['Hel', 'lo'], lengthEnd))
    const reply = await ask('/generate_stream', {
      inputs: 'P',
      parameters: { details: true, seed: 7, do_sample: true },
    })
    expect(reply.headers['content-type']).toMatch(/^text\/event-stream/)
    expect(reply.text).toMatch(/^data:\{.*\n\n$/s)
    expect(eventsOf(reply)).toEqual([
      {
        index: 1,
        token: { id: 0, text: 'Hel', logprob: null, special: false },
        generated_text: null,
        details: null,
      },
      {
        index: 2,
        token: { id: 0, text: 'lo', logprob: null, special: false },
        generated_text: 'Hello',
        details: { finish_reason: 'length', generated_tokens: 2, seed: 7, input_length: 1 },
      },
    ])
  })

  it('tells what is wrong in an event, with the status of success', async () => {
    await start(new CountingModel(['a', new ServerError('It broke.')]))
    const broken = await ask('/generate_stream', { inputs: 'P' })
    expect(eventsOf(broken).at(-1)).toEqual({
      error: 'Request failed during generation: It broke.',
      error_type: 'generation',
    })
    const wrong = await ask('/generate_stream', { inputs: 'P', parameters: { top_p: 1 } })
    expect([wrong.status, eventsOf(wrong)]).toEqual([
      200,
      [{ error: 'Input validation error: `top_p` must be > 0.0 and < 1.0', error_type: 'validation' }],
    ])
  })

  it('is left with its client', async () => {
    const model = new CountingModel([createGate().passed])
    await start(model)
    const request = post('/generate_stream', { inputs: 'P' }, 'Content-Type: application/json\r\n')
    const client = await openSocket(server.port, request)
    await model.asked
    client.socket.destroy()
    await model.aborted
  })
})

describe('what reaches the model', () => {
  it.each([
    // Greedy although the temperature is 1, as there.
    [{}, { temperature: 0 }],
    [
      { temperature: 1, max_new_tokens: 3 },
      { temperature: 0, maxTokens: 3 },
    ],
    [
      { do_sample: true, seed: 5 },
      { temperature: 1, seed: 5 },
    ],
    [
      { temperature: 0.5, seed: 0 },
      { temperature: 0.5, seed: 0 },
    ],
    [{ top_k: 3 }, { temperature: 1, topK: 3 }],
    [
      { top_p: 0.5, repetition_penalty: 1.2, frequency_penalty: -1, watermark: true },
      {
        temperature: 1,
        topP: 0.5,
        repetitionPenalty: 1.2,
        frequencyPenalty: -1,
        watermark: true,
      },
    ],
    [
      { typical_p: 0.5, seed: 2 ** 40 + 3 },
      { temperature: 1, typicalP: 0.5, seed: 3 },
    ],
    [{ grammar: { type: 'regex', value: '[a-z]+' } }, { structuredOutput: { format: 'regex', schema: '[a-z]+' } }],
    [
      { grammar: { type: 'json', value: '{"properties":{}}' } },
      { structuredOutput: { format: 'json', schema: { properties: {} } } },
    ],
    [
      { grammar: { type: 'json_schema', value: { name: 'x', schema: { properties: {} } } } },
      { structuredOutput: { format: 'json', schema: { properties: {} } } },
    ],
    // Without any parameters it samples.
    [undefined, { temperature: 1 }],
  ])('of %j is %j', async (parameters, expected) => {
    const model = new CountingModel()
    await start(model)
    expect((await generate(parameters)).status).toBe(200)
    const { options, input } = model.calls[0] ?? {}
    expect(input).toBe('P')
    expect(options).toMatchObject({ raw: true, logprobs: true, ...expected })
  })

  it('is a seed that the details tell, where it samples and none was given', async () => {
    const model = new CountingModel()
    await start(model)
    const { details } = parse(await generate({ do_sample: true, details: true })) as { details: { seed: number } }
    expect(details.seed).toBe(model.calls[0]?.options.seed)
    expect(details.seed).toEqual(expect.any(Number))
  })
})

describe('validation', () => {
  it.each([
    [{ best_of: 2 }, '`best_of` != 1 is not allowed for this endpoint'],
    [{ temperature: 0 }, '`temperature` must be strictly positive'],
    [{ repetition_penalty: 0 }, '`repetition_penalty` must be strictly positive'],
    [{ frequency_penalty: 3 }, '`frequency_penalty` must be >= -2.0 and <= 2.0'],
    [{ top_k: 0 }, '`top_k` must be strictly positive'],
    [{ top_p: 1 }, '`top_p` must be > 0.0 and < 1.0'],
    [{ typical_p: 0 }, '`typical_p` must be > 0.0 and < 1.0'],
    [{ max_new_tokens: 0 }, '`max_new_tokens` must be strictly positive'],
    [{ stop: ['a', 'b', 'c', 'd', 'e'] }, '`stop` supports up to 4 stop sequences. Given: 5'],
    [{ top_n_tokens: 6 }, '`top_n_tokens` must be >= 0 and <= 5. Given: 6'],
    [{ truncate: 0 }, '`truncate` must be strictly positive'],
    [{ decoder_input_details: true }, '`decoder_input_details` == true is not supported'],
    [{ adapter_id: 'x' }, '`adapter_id` is not supported: there are no adapters'],
    [{ grammar: { type: 'json', value: {} } }, "grammar is not valid: Grammar must have a 'properties' field"],
    [{ grammar: { type: 'json', value: '{' } }, 'grammar is not valid: it is not JSON'],
    [
      { max_new_tokens: 2048 },
      '`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 1 `inputs` tokens and 2048 `max_new_tokens`',
    ],
  ])('refuses %j', async (parameters, reason) => {
    const model = new CountingModel()
    await start(model)
    const reply = await generate(parameters)
    const body = { error: `Input validation error: ${reason}`, error_type: 'validation' }
    expect([reply.status, parse(reply)]).toEqual([422, body])
    expect(model.calls).toEqual([])
  })

  it('refuses no input, and too much of it', async () => {
    await start()
    expect((await generate({}, '')).text).toContain('`inputs` cannot be empty')
    expect((await generate({}, 'a '.repeat(2100))).text).toContain(
      '`inputs` must have less than 2047 tokens. Given: 2101',
    )
    expect((await generate({ truncate: 1 }, 'a b')).text).toContain('`truncate` is not supported')
    expect((await generate({ truncate: 2 }, 'a b')).status).toBe(200)
  })

  it.each([
    [{ inputs: 'P', parameters: { details: null } }, 'parameters.details: invalid type: null, expected a boolean'],
    [{ inputs: 'P', parameters: { stop: null } }, 'parameters.stop: invalid type: null, expected a sequence'],
    [{ inputs: 'P', parameters: { do_sample: 1 } }, 'parameters.do_sample: invalid type: number 1, expected a boolean'],
    [{ inputs: 'P', parameters: null }, 'parameters: invalid type: null, expected a map'],
    [{ inputs: 'P', parameters: { grammar: { type: 'json' } } }, 'parameters.grammar: missing field `value`'],
    [{}, 'missing field `inputs`'],
  ])('cannot read %j', async (body, reason) => {
    await start()
    const reply = await ask('/generate', body)
    const text = `Failed to deserialize the JSON body into the target type: ${reason}`
    expect([reply.status, reply.headers['content-type'], reply.text]).toEqual([422, 'text/plain; charset=utf-8', text])
  })

  it('takes null where TGI does, and fields that nobody knows', async () => {
    await start()
    const parameters = { temperature: null, top_k: null, seed: null, max_new_tokens: null, grammar: null, new: 1 }
    expect((await ask('/generate', { inputs: 'P', parameters, stream: null })).status).toBe(200)
  })

  it('wants JSON that says it is', async () => {
    await start(undefined, { limits: { maxBodyBytes: 100 } })
    expect((await send(server.port, 'POST', '/generate', { inputs: 'P' })).status).toBe(415)
    expect(await ask('/generate', '{')).toMatchObject({ status: 400, text: expect.stringMatching(/^Failed to parse/) })
    expect((await generate({}, 'a'.repeat(200))).status).toBe(413)
  })
})

describe('a model that fails', () => {
  const overflow = new ContextOverflowError('Too long.', { context: { promptTokens: 3000, contextWindow: 2048 } })
  const noGrammar = new UnsupportedOptionError('No.', {
    option: 'structuredOutput',
    context: { option: 'structuredOutput' },
  })
  it.each([
    [new ServerError('It broke.'), 424, 'generation', 'Request failed during generation: It broke.'],
    [overflow, 422, 'validation', 'Input validation error: `inputs` must have less than 2047 tokens. Given: 3000'],
    [noGrammar, 422, 'validation', 'Input validation error: grammar is not supported'],
  ])('%o', async (error, status, type, message) => {
    await start(new ScriptedModel([error]))
    const reply = await generate({})
    expect([reply.status, parse(reply)]).toEqual([status, { error: message, error_type: type }])
  })
})
