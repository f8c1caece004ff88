import { describe, expect, it } from 'vitest'

import type { GenerateInput, GenerateOneOptions, GenerateOneResult, XinferenceOptions } from '../../src/index.js'
import { detail, openStream, stream } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import type { Answer, RecordedRequest, Script } from '../support/scripted-server.js'
import {
  chatChunk,
  chatRoute,
  chatStream,
  completionRoute,
  completionStream,
  connect,
  listedModel,
  startXinference,
  usage,
} from '../support/xinference-server.js'

const silent: Script = [{ end: 'hang' }]
const hello = [{ role: 'user', content: 'hello' }] as const

function conversation(content: string) {
  return [{ role: 'user', content }] as const
}

/** What a request asks, whatever its route. */
function asked(request: RecordedRequest): string {
  const body = JSON.parse(request.body) as { prompt?: string; messages?: { content: string }[] }
  return body.prompt ?? body.messages?.at(-1)?.content ?? ''
}

/** A server that repeats what it is asked. */
const echo: Answer = (request) => chatStream('re: ', asked(request))

async function start(chat: Answer = echo, options: Partial<XinferenceOptions> = {}, model: object = {}) {
  const server = await startXinference({
    chat,
    completion: (request) => completionStream('literal: ', asked(request)),
  })
  const llm = connect(server, { modelDescription: { ...listedModel, ...model }, maxRetries: 0, ...options })
  return { server, llm }
}

/** An event that a test waits for. */
function createGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

describe('generate', () => {
  it('gives the answers in the order of the inputs, with what they cost', async () => {
    const slow = createGate()
    const { llm } = await start((request) => {
      const answer = chatStream('re: ', asked(request))
      return asked(request) === 'a' ? [{ until: slow.opened }, ...answer] : answer
    })
    const order: number[] = []
    const outputs = await llm.generate(['a', 'b', 'c'].map(conversation), {
      onResult: ({ input }) => {
        order.push(input)
        if (order.length === 2) slow.open()
      },
    })
    expect(order.at(-1)).toBe(0)
    expect(outputs).toEqual([
      {
        generations: ['re: a'],
        errors: [undefined],
        statistics: { inputTokens: [9], outputTokens: [2] },
        responses: [expect.objectContaining({ text: 're: a', route: 'chat' })],
      },
      expect.objectContaining({ generations: ['re: b'] }),
      expect.objectContaining({ generations: ['re: c'] }),
    ])
  })

  it('takes inputs in all four forms', async () => {
    const { server, llm } = await start()
    const schema = { type: 'string' }
    const inputs: GenerateInput[] = [
      conversation('a'),
      [conversation('b'), { format: 'json', schema, maxAttempts: 1 }],
      { prompt: 'c' },
      { prompt: 'd', raw: true },
      'e',
    ]
    const outputs = await llm.generate(inputs)
    expect(outputs.map(({ generations }) => generations[0])).toEqual([
      're: a',
      null,
      're: c',
      'literal: d',
      'literal: e',
    ])
    expect(outputs[1]?.errors[0]).toMatchObject({ code: 'INVALID_OUTPUT', partial: { text: 're: b' } })
    expect(server.bodiesTo(chatRoute).filter((body) => body['response_format'] !== undefined)).toHaveLength(1)
    expect(server.requestsTo(completionRoute)).toHaveLength(2)
  })

  it('answers each input several times', async () => {
    const { server, llm } = await start()
    const outputs = await llm.generate([conversation('a'), conversation('b')], { numGenerations: 3 })
    expect(outputs.map(({ generations }) => generations)).toEqual([
      ['re: a', 're: a', 're: a'],
      ['re: b', 're: b', 're: b'],
    ])
    expect(outputs[0]?.statistics.outputTokens).toEqual([2, 2, 2])
    expect(server.requestsTo(chatRoute)).toHaveLength(6)
    expect(server.bodiesTo(chatRoute).some((body) => 'n' in body)).toBe(false)
  })

  it('puts null where one failed, with its error beside it', async () => {
    const { llm } = await start((request) => (asked(request) === 'b' ? detail(400, 'no b') : chatStream('fine')))
    const outputs = await llm.generate(['a', 'b', 'c'].map(conversation))
    expect(outputs.map(({ generations }) => generations)).toEqual([['fine'], [null], ['fine']])
    expect(outputs[1]).toMatchObject({
      errors: [{ code: 'INVALID_REQUEST' }],
      statistics: { inputTokens: [undefined], outputTokens: [undefined] },
      responses: [undefined],
    })
  })

  it('throws the first failure when it is asked to, and ends the rest', async () => {
    const { server, llm } = await start((request) => (asked(request) === 'bad' ? detail(400, 'no') : silent))
    const inputs = ['a', 'b', 'bad', 'c', 'd', 'e'].map(conversation)
    const error = await errorOf(llm.generate(inputs, { throwOnError: true, concurrency: 3 }))
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('no') })
    await server.socketsOpen(server.openSockets > 0 ? 1 : 0)
    expect(server.requestsTo(chatRoute)).toHaveLength(3)
  })

  it.each([1, 3, 7])('keeps at most %i requests in flight', async (concurrency) => {
    let inFlight = 0
    let most = 0
    const full = createGate()
    const { llm } = await start(() => {
      most = Math.max(most, ++inFlight)
      if (inFlight === concurrency) full.open()
      return [{ until: full.opened.then(() => inFlight--) }, ...chatStream('x')]
    })
    const outputs = await llm.generate(
      Array.from({ length: 20 }, () => hello),
      { concurrency },
    )
    expect(outputs).toHaveLength(20)
    expect(most).toBe(concurrency)
  })

  it('asks for sixteen at once by default', async () => {
    const gate = createGate()
    const { server, llm } = await start(() => [{ until: gate.opened }, ...chatStream('x')])
    const outputs = llm.generate(Array.from({ length: 20 }, () => hello))
    await server.received(chatRoute, 16)
    expect(server.requestsTo(chatRoute)).toHaveLength(16)
    gate.open()
    expect(await outputs).toHaveLength(20)
  })

  it('tells of each generation as it ends', async () => {
    const { llm } = await start((request) => (asked(request) === 'b' ? detail(400, 'no') : chatStream('fine')))
    const results: (GenerateOneResult & { input: number; sample: number })[] = []
    await llm.generate([conversation('a'), conversation('b')], {
      numGenerations: 2,
      onResult: (result) => results.push(result),
    })
    const summary = results.map(({ input, sample, outcome }) => [input, sample, outcome])
    expect(summary.toSorted()).toEqual([
      [0, 0, 'ok'],
      [0, 1, 'ok'],
      [1, 0, 'invalid'],
      [1, 1, 'invalid'],
    ])
  })

  it('ends with what an observer throws, and sends nothing more', async () => {
    const { server, llm } = await start((_request, count) => (count === 0 ? chatStream('x') : silent))
    const failing = llm.generate(
      Array.from({ length: 10 }, () => hello),
      {
        concurrency: 2,
        onResult: () => {
          throw new Error('mine')
        },
      },
    )
    await expect(failing).rejects.toThrow('mine')
    await server.socketsOpen(1)
    expect(server.requestsTo(chatRoute).length).toBeLessThanOrEqual(2)
  })

  it('gives what it has when the caller ends it', async () => {
    const { server, llm } = await start((request) => (asked(request) === 'a' ? chatStream('done') : silent))
    const controller = new AbortController()
    const outputs = llm.generate(['a', 'b', 'c', 'd'].map(conversation), {
      signal: controller.signal,
      concurrency: 2,
    })
    await server.received(chatRoute, 3)
    controller.abort()
    expect((await outputs).map(({ generations }) => generations[0])).toEqual(['done', null, null, null])
    expect((await outputs).map(({ errors }) => errors[0]?.code)).toEqual([undefined, 'ABORTED', 'ABORTED', 'ABORTED'])
    expect(server.requestsTo(chatRoute)).toHaveLength(3)
    await server.socketsOpen(server.openSockets > 0 ? 1 : 0)
  })

  it('asks nothing for no inputs', async () => {
    const { server, llm } = await start()
    expect(await llm.generate([])).toEqual([])
    expect(server.requests).toHaveLength(0)
  })

  it.each([
    [{ numGenerations: 0 }, /numGenerations/],
    [{ numGenerations: 1.5 }, /numGenerations/],
    [{ numGenerations: Infinity }, /numGenerations/],
    [{ concurrency: 0 }, /concurrency/],
    [{ concurrency: 'many' }, /concurrency/],
    [{ num_generations: 2 }, /did you mean "numGenerations"/],
    [{ n: 2 }, /"n"/],
    [{ topp: 1 }, /did you mean "topP"/],
    [{ temperature: 3 }, /temperature must be at most 2, got 3/],
    [{ onResult: 'log' }, /onResult/],
  ])('refuses the options %j before anything is sent', async (options, message) => {
    const { server, llm } = await start()
    const error = await errorOf(llm.generate([hello], options as object))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) })
    expect(server.requests).toHaveLength(0)
  })

  it.each([['hello'], [undefined], [{ prompt: 'hello' }]])('refuses %j as its inputs', async (inputs) => {
    const { llm } = await start()
    expect(await errorOf(llm.generate(inputs as never))).toMatchObject({ code: 'INVALID_REQUEST' })
  })
})

describe('seeds', () => {
  const seeds = async (options: Partial<XinferenceOptions>, call: object, inputs = [hello]) => {
    const { server, llm } = await start(echo, options)
    const outputs = await llm.generate(inputs, { concurrency: 1, ...call })
    const sent = server.bodiesTo(chatRoute).map((body) => body['seed'])
    const told = outputs.flatMap(({ responses }) => responses.map((response) => response?.seed))
    expect(told).toEqual(sent)
    return sent as number[]
  }

  it('differ by sample, and are the same next time', async () => {
    const first = await seeds({}, { seed: 7, numGenerations: 4 })
    expect(first[0]).toBe(7)
    expect(new Set(first).size).toBe(4)
    for (const seed of first) expect(seed >= 0 && seed < 2 ** 31 && Number.isInteger(seed)).toBe(true)
    expect(await seeds({}, { seed: 7, numGenerations: 4 })).toEqual(first)
    expect(await seeds({}, { seed: 8, numGenerations: 4 })).not.toEqual(first)
  })

  it('come from the model as well, and none is invented', async () => {
    const first = await seeds({ generationKwargs: { seed: 7 } }, { numGenerations: 2 })
    expect(first).toEqual((await seeds({}, { seed: 7, numGenerations: 4 })).slice(0, 2))
    expect(await seeds({}, { numGenerations: 2 })).toEqual([undefined, undefined])
  })

  it('do not share between neighbours', async () => {
    const all = new Set<number>()
    for (const seed of [1, 2, 3]) for (const each of await seeds({}, { seed, numGenerations: 5 })) all.add(each)
    expect(all.size).toBe(15)
  })
})

describe('generateOne', () => {
  it('tells how a generation went', async () => {
    const { llm } = await start()
    expect(await llm.generateOne(hello, { seed: 7, sample: 1 })).toMatchObject({
      outcome: 'ok',
      text: 're: hello',
      response: { text: 're: hello' },
      raw: { choices: [] },
      finishReason: { unified: 'stop' },
      usage: { inputTokens: 9, outputTokens: 2, totalTokens: 11, raw: usage },
      timings: { attempts: 1, totalMs: expect.any(Number) },
      seed: expect.any(Number),
      warnings: [],
      cause: undefined,
    })
  })

  it.each([
    ['ok', chatStream('x'), undefined],
    ['refused', stream(chatChunk({ content: 'I' }, 'content_filter')), 'REFUSED'],
    ['too-long', detail(500, 'Requested tokens (600) exceed context window of 512'), 'CONTEXT_OVERFLOW'],
    ['invalid', detail(400, 'no'), 'INVALID_REQUEST'],
    ['failed', detail(500, 'CUDA out of memory'), 'SERVER_ERROR'],
    ['failed', detail(401, 'Could not validate credentials'), 'AUTHENTICATION_FAILED'],
    ['failed', [{ end: 'close' }] as Script, 'CONNECTION_FAILED'],
    ['failed', [...openStream(chatChunk({ content: 'Hel' })), { end: 'close' }] as Script, 'STREAM_TRUNCATED'],
  ])('resolves with the outcome %s', async (outcome, chat, code) => {
    const { llm } = await start(chat)
    const result = await llm.generateOne(hello)
    expect([result.outcome, result.cause?.code]).toEqual([outcome, code])
  })

  it('keeps what had arrived', async () => {
    const script: Script = [...openStream({ ...chatChunk({ content: 'Hel' }), usage }), { end: 'close' }]
    const { llm } = await start(script)
    expect(await llm.generateOne(hello, { seed: 7 })).toMatchObject({
      outcome: 'failed',
      text: 'Hel',
      usage: { outputTokens: 2 },
      seed: 7,
      timings: { attempts: 1 },
    })
  })

  it.each([
    [hello, { temperature: 3 }],
    [hello, { top_p: 1 }],
    [hello, { maxTokens: 1e6 }],
    [hello, { minP: 0.5 }],
    [hello, { sample: -1 }],
    [[], {}],
    [null, {}],
    [7, {}],
    [{ prompt: 7 }, {}],
    [[{ role: 'narrator', content: 'x' }], {}],
    [[hello, { format: 'xml' }], {}],
    [[hello, { format: 'json', schema: { type: 'nonsense' } }], {}],
  ])('never throws: %j with %j', async (input, options) => {
    const { server, llm } = await start()
    const result = await llm.generateOne(input as GenerateInput, options as GenerateOneOptions)
    expect(['invalid', 'too-long']).toContain(result.outcome)
    expect(result.cause?.message).toMatch(/[.?]$/)
    expect(result.cause?.cause).not.toBeInstanceOf(TypeError)
    expect(server.requestsTo(chatRoute)).toHaveLength(0)
  })

  it('never throws: a signal that was aborted, a server that is gone', async () => {
    const { server, llm } = await start()
    expect(await llm.generateOne(hello, { signal: AbortSignal.abort() })).toMatchObject({ outcome: 'cancelled' })
    const other = connect({ url: server.url }, { maxRetries: 0 })
    await server.close()
    expect(await other.generateOne(hello)).toMatchObject({ outcome: 'failed', cause: { code: 'CONNECTION_FAILED' } })
  })
})

describe('n', () => {
  it('makes alternatives with seeds of their own', async () => {
    const { server, llm } = await start((_request, count) => chatStream(`answer ${count}`))
    const response = await llm.chat(hello, { n: 3, seed: 7 })
    const texts = [response, ...response.alternatives].map(({ text }) => text)
    expect(texts.toSorted()).toEqual(['answer 0', 'answer 1', 'answer 2'])
    const seeds = server.bodiesTo(chatRoute).map((body) => body['seed'])
    expect(new Set(seeds).size).toBe(3)
    expect([response, ...response.alternatives].map(({ seed }) => seed).toSorted()).toEqual(seeds.toSorted())
    expect(response.seed).toBe(7)
    expect(server.bodiesTo(chatRoute).some((body) => 'n' in body)).toBe(false)
    const completion = await llm.complete('hello', { n: 2 })
    expect(completion.alternatives).toHaveLength(1)
  })

  it('comes from the model as well', async () => {
    const { llm } = await start(echo, { generationKwargs: { n: 2 } })
    expect((await llm.chat(hello)).alternatives).toHaveLength(1)
    expect((await llm.chat(hello, { n: 1 })).alternatives).toEqual([])
  })

  it('ends the others when one fails', async () => {
    const { server, llm } = await start((_request, count) => (count === 1 ? detail(400, 'no') : silent))
    expect(await errorOf(llm.chat(hello, { n: 3 }))).toMatchObject({ code: 'INVALID_REQUEST' })
    await server.socketsOpen(server.openSockets > 0 ? 1 : 0)
  })

  it('is refused for a stream', async () => {
    const { server, llm } = await start()
    expect(await errorOf(llm.streamChat(hello, { n: 2 }).response())).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
    expect(server.requests).toHaveLength(0)
  })
})
