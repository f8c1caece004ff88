/** The one contract, on every server: loading, asking, streams, stops, lengths, tokens, tools, several answers. */
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import type { Route } from '../../src/contract/capabilities.js'
import type { LLM } from '../../src/llm/llm.js'
import { type ChatMessage, InferenceEndpointsLLM, type Tool } from '../../src/index.js'
import { errorOf } from '../support/outcome-of.js'
import { ask, bodiesOf, difference, prompt, question } from './ask.js'
import { backEnds } from './table.js'

const tools: readonly Tool[] = [{ name: 'weather', parameters: { type: 'object', properties: {} } }]
const wireModes = ['json', 'stream'] as const
const tokenizerId = fileURLToPath(new URL('../../models/demo', import.meta.url))
const rendered = '<|im_start|>user\nCount to four.<|im_end|>\n<|im_start|>assistant\n'

describe.each(backEnds.map((backEnd) => [backEnd.name, backEnd] as const))('%s', (_name, backEnd) => {
  const { paths } = backEnd
  const routes: readonly Route[] = paths.completion === undefined ? ['chat'] : ['chat', 'completion']
  const pathOf = (route: Route, wireMode: 'json' | 'stream'): string | undefined =>
    route === 'chat' ? paths.chat : paths.completion?.[wireMode]
  const honours = (route: Route, option: 'stop' | 'logprobs'): boolean => backEnd.options[route]?.[option] !== 'refused'

  it('loads once, however often it is asked to, and knows its model then', async () => {
    const { llm, server } = await backEnd.open()
    await Promise.all([llm.load(), llm.load()])
    const asked = server.requests.length
    await llm.load()
    await llm.chat(question)
    expect(server.requests).toHaveLength(asked + 1)
    expect(llm.className).toBe(backEnd.className)
    expect(llm.metadata).toMatchObject(backEnd.metadata)
  })

  it('asks a prompt as one message', async () => {
    const { llm, server } = await backEnd.open()
    const { text, route } = await llm.complete(prompt)
    expect([text, route]).toEqual(['One two three four', 'chat'])
    await llm.chat(question)
    expect(difference(bodiesOf(server))).toEqual({})
  })

  it('takes literal text, or says that it does not', async () => {
    const { llm, server } = await backEnd.open()
    if (paths.completion !== undefined) {
      const { text, route } = await llm.complete(prompt, { raw: true })
      expect([text, route]).toEqual(['One two three four', 'completion'])
      return
    }
    expect(await errorOf(llm.complete(prompt, { raw: true }))).toMatchObject({
      code: 'MODEL_ABILITY',
      isRetryable: false,
    })
    expect(bodiesOf(server)).toEqual([])
  })

  describe.each(routes)('%s', (route) => {
    it.each(wireModes)('answers as %s, with the reason and the tokens', async (wireMode) => {
      const { llm, server } = await backEnd.open()
      const answer = await ask(llm, route, { wireMode })
      const outputTokens = route === 'chat' ? 4 : (backEnd.countedTokens ?? 4)
      const inputTokens = answer.usage.inputTokens ?? NaN
      expect(answer).toMatchObject({
        text: 'One two three four',
        reasoning: undefined,
        finishReason: { unified: 'stop' },
        usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
        warnings: [],
      })
      // Three words, and the token that begins a literal text.
      if (route === 'completion') expect(inputTokens).toBe(4)
      expect(server.requests.at(-1)?.path).toBe(pathOf(route, wireMode))
    })

    it('streams pieces that are the text, and ends with the answer', async () => {
      const { llm } = await backEnd.open()
      const { deltas, last } = await stream(llm, route)
      expect(deltas.length).toBeGreaterThan(1)
      expect(deltas.join('')).toBe('One two three four')
      expect(last).toMatchObject({
        type: 'finish',
        response: { text: 'One two three four', finishReason: { unified: 'stop' } },
      })
    })

    it.each(wireModes)('says that an answer was cut at maxTokens, as %s', async (wireMode) => {
      const { llm } = await backEnd.open()
      const { text, finishReason, usage } = await ask(llm, route, { wireMode, maxTokens: 2 })
      expect([text, finishReason.unified, usage.outputTokens]).toEqual(['One two', 'length', 2])
    })
  })

  describe.each(routes.filter((route) => honours(route, 'stop')))('%s: stops', (route) => {
    it.each(wireModes)('ends before a stop string, wherever its tokens were cut, as %s', async (wireMode) => {
      const { llm } = await backEnd.open({ answer: () => ['One', ' two\nU', 'ser:', ' three'] })
      expect(await ask(llm, route, { wireMode, stop: ['\nUser:'] })).toMatchObject({
        text: 'One two',
        finishReason: { unified: 'stop' },
      })
    })

    it('takes five stop strings, or as many as the server does with a warning', async () => {
      const { llm, server } = await backEnd.open()
      const { maxStops = 5 } = backEnd
      const stop = ['1', '2', '3', '4', '5']
      await ask(llm, route)
      const { warnings } = await ask(llm, route, { stop })
      expect(Object.values(difference(bodiesOf(server)))).toEqual([stop.slice(0, maxStops)])
      expect(warnings.map(({ code }) => code)).toEqual(maxStops < 5 ? ['stops-cut'] : [])
    })
  })

  describe.each(routes.filter((route) => honours(route, 'logprobs')))('%s: log-probabilities', (route) => {
    it.each(wireModes)('gives the log-probability of each token, as %s', async (wireMode) => {
      const { llm } = await backEnd.open()
      const { logprobs } = await ask(llm, route, { wireMode, logprobs: 2 })
      expect(logprobs?.map(({ token }) => token)).toEqual(['One', ' two', ' three', ' four'])
      expect(logprobs?.map(({ logprob }) => logprob)).toEqual([-0.125, -0.25, -0.375, -0.5])
      expect(logprobs?.map(({ top }) => top.map(({ token }) => token))[0]).toEqual(['One', '~1'])
      expect((await ask(llm, route, { wireMode })).logprobs).toBeUndefined()
    })
  })

  it.each(wireModes)('calls tools and hears what they say, as %s', async (wireMode) => {
    const calls = [{ name: 'weather', arguments: '{"city":"Rome"}' }]
    const { llm, server } = await backEnd.open({
      answer: ({ messages = [] }) => (messages.some(({ role }) => role === 'tool') ? 'Sunny.' : { toolCalls: calls }),
    })
    const first = await llm.chat(question, { wireMode, tools })
    expect(first.finishReason.unified).toBe('tool-calls')
    expect(first.toolCalls).toEqual([{ id: 'call_weather', ...calls[0] }])
    const result: ChatMessage = { role: 'tool', content: '22 degrees', toolCallId: 'call_weather' }
    const second = await llm.chat([...question, first.message, result], { wireMode, tools })
    expect([second.text, second.toolCalls]).toEqual(['Sunny.', []])
    const messages = bodiesOf(server).at(-1)?.['messages'] as readonly unknown[]
    expect(messages.slice(1)).toMatchObject([
      {
        role: 'assistant',
        tool_calls: [
          { id: 'call_weather', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
        ],
      },
      { role: 'tool', content: '22 degrees', tool_call_id: 'call_weather' },
    ])
  })

  it('continues the beginning of an answer', async () => {
    const { llm, server } = await backEnd.open()
    const prefilled: readonly ChatMessage[] = [...question, { role: 'assistant', content: 'Zero' }]
    await llm.chat(question)
    const { text } = await llm.chat(prefilled)
    const { messages, ...others } = difference(bodiesOf(server))
    expect(messages).toEqual(prefilled)
    expect(others).toStrictEqual(backEnd.prefill)
    expect(text).toBe('One two three four')
  })

  it('makes n answers of as many requests', async () => {
    const { llm, server } = await backEnd.open()
    const { text, alternatives } = await llm.chat(question, { n: 2 })
    expect([text, ...alternatives.map((each) => each.text)]).toEqual(['One two three four', 'One two three four'])
    expect(bodiesOf(server).map((body) => body['n'])).toEqual([undefined, undefined])
  })

  it('generates in its own way of asking, and counts', async () => {
    const { llm, server } = await backEnd.open()
    const [output] = await llm.generate([question], { numGenerations: 2 })
    expect(output?.generations).toEqual(['One two three four', 'One two three four'])
    expect(output?.statistics.outputTokens).toEqual([4, 4])
    const streams = bodiesOf(server).map((body) => body['stream'] === true)
    expect(streams).toEqual(backEnd.batchWire === 'stream' ? [true, true] : [false, false])
  })
})

const withTokenizer = backEnds.filter(({ className }) => className === InferenceEndpointsLLM.className)

describe.each(withTokenizer.map((backEnd) => [backEnd.name, backEnd] as const))('%s', (_name, { open, paths }) => {
  it('renders a conversation with the tokenizer that it is given, where literal text is taken', async () => {
    const { llm, server } = await open({ tokenizerId })
    const { text, route } = await llm.chat(question)
    expect([text, route]).toEqual(['One two three four', paths.completion === undefined ? 'chat' : 'completion'])
    const sent = JSON.stringify(bodiesOf(server))
    expect(sent.includes(JSON.stringify(rendered))).toBe(paths.completion !== undefined)
    // What the template reads is not sent beside.
    if (paths.completion === undefined) return
    await llm.chat(question, { reasoning: false, chatTemplateKwargs: { style: 'brief' } })
    expect(difference(bodiesOf(server))).toEqual({})
  })
})

async function stream(llm: LLM, route: Route): Promise<{ readonly deltas: readonly string[]; readonly last: unknown }> {
  const deltas: string[] = []
  let last: unknown
  const parts = route === 'chat' ? llm.streamChat(question) : llm.streamComplete(prompt, { raw: true })
  for await (const part of parts) {
    if (part.delta !== '') deltas.push(part.delta)
    last = part
  }
  return { deltas, last }
}
