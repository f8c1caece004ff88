/** The embedded engine in the same suite: there is no wire to look at, so each option is seen by what it does to the text. */
import { fileURLToPath } from 'node:url'

import { afterAll, describe, expect, it } from 'vitest'

import type { Route } from '../../src/contract/capabilities.js'
import type { CallOptions, ChatMessage, ChatResponse, CompletionResponse } from '../../src/index.js'
import { LlamaCpp } from '../../src/llama-cpp/index.js'
import { errorOf } from '../support/outcome-of.js'
import { embeddedCells } from './matrix.js'
import { type CaseOption, caseOptions, optionCases, outputCases, outputFormats } from './option-cases.js'

const modelPath = fileURLToPath(new URL('../../models/demo/demo.gguf', import.meta.url))
const llm = new LlamaCpp({ modelPath, contextWindow: 256 })
afterAll(() => llm.unload())

const question: readonly ChatMessage[] = [{ role: 'user', content: 'Tell me a story about a fox.' }]
const rendered = '<|im_start|>user\nTell me a story about a fox.<|im_end|>\n<|im_start|>assistant\n'
const routes: readonly Route[] = ['chat', 'completion']
const cells = embeddedCells()

function ask(route: Route, options: CallOptions = {}): Promise<ChatResponse | CompletionResponse> {
  const asked = { maxTokens: 20, ...options }
  return route === 'chat' ? llm.chat(question, asked) : llm.complete(rendered, { ...asked, raw: true })
}

const greedy = async (route: Route): Promise<string> => (await ask(route, { temperature: 0 })).text

/** The option leaves one token to choose from, whatever the temperature and the seed are. */
const leavesOneToken =
  (option: CallOptions) =>
  async (route: Route): Promise<void> => {
    const texts = [1, 2, 3].map(async (seed) => (await ask(route, { temperature: 2, seed, ...option })).text)
    expect(new Set(await Promise.all(texts))).toEqual(new Set([await greedy(route)]))
  }

/** What one model or another repeats itself on. */
const repetitive = [
  'Tell me a story about a fox.',
  'Spell banana.',
  'Count to thirty.',
  'Write a list.',
  'Name two colors.',
  'Hm',
]

/** The option makes other tokens likely: with the same seed another text. */
const changesTheText =
  (option: CallOptions) =>
  async (route: Route): Promise<void> => {
    const texts = (more: CallOptions): Promise<readonly string[]> =>
      Promise.all(
        repetitive.map(async (content) => {
          const asked = { temperature: 1.5, seed: 1, maxTokens: 40, ...more }
          const text = `<|im_start|>user\n${content}<|im_end|>\n<|im_start|>assistant\n`
          return route === 'chat'
            ? (await llm.chat([{ role: 'user', content }], asked)).text
            : (await llm.complete(text, { ...asked, raw: true })).text
        }),
      )
    expect(await texts(option)).not.toEqual(await texts({}))
  }

/** What each honoured option does. */
const effects: Readonly<Partial<Record<CaseOption, (route: Route) => Promise<void>>>> = {
  temperature: leavesOneToken({ temperature: 0 }),
  topK: leavesOneToken({ topK: 1 }),
  topP: leavesOneToken({ topP: 0 }),
  minP: leavesOneToken({ minP: 1 }),
  repetitionPenalty: changesTheText({ repetitionPenalty: 1.5 }),
  frequencyPenalty: changesTheText({ frequencyPenalty: 2 }),
  presencePenalty: changesTheText({ presencePenalty: 2 }),
  async maxTokens(route) {
    const { finishReason, usage } = await ask(route, { temperature: 0, maxTokens: 3 })
    expect([finishReason.unified, usage.outputTokens]).toEqual(['length', 3])
  },
  async seed(route) {
    const texts = async (): Promise<readonly string[]> =>
      Promise.all([1, 2, 3, 4].map(async (seed) => (await ask(route, { temperature: 2, seed })).text))
    const first = await texts()
    expect(await texts()).toEqual(first)
    expect(new Set(first).size).toBeGreaterThan(1)
  },
  async stop(route) {
    const whole = await greedy(route)
    const stop = whole.slice(9, 14)
    const { text, finishReason } = await ask(route, { temperature: 0, stop: ['never', '1', '2', '3', stop] })
    expect([text, finishReason.unified]).toEqual([whole.slice(0, 9), 'stop'])
  },
  async stopTokenIds(route) {
    const every = Array.from({ length: 4096 }, (_, id) => id)
    const { text, finishReason } = await ask(route, { stopTokenIds: every })
    expect([text, finishReason.unified]).toEqual(['', 'stop'])
  },
  async logprobs(route) {
    const { logprobs = [], text } = await ask(route, { temperature: 0, logprobs: 2 })
    expect(logprobs.map(({ token }) => token).join('')).toBe(text)
    for (const { token, logprob, top } of logprobs) {
      expect(logprob).toBeLessThanOrEqual(0)
      expect(top).toHaveLength(2)
      expect(top[0]).toMatchObject({ token, logprob })
    }
  },
  async chatTemplateKwargs() {
    // The demo model's template has no variables of its own: it is taken, and nothing else changes.
    const plain = await llm.prepareInput(question)
    expect(await llm.prepareInput(question, { chatTemplateKwargs: { style: 'brief' } })).toEqual(plain)
  },
}

describe.each(routes)('%s', (route) => {
  const honoured = caseOptions.filter((option) => cells[route][option])
  const refused = caseOptions.filter((option) => !cells[route][option])

  it.each(honoured)('does with %s what it means', async (option) => {
    const effect = effects[option]
    if (effect === undefined) throw new Error(`The option ${option} is honoured: say here what it does.`)
    await effect(route)
  })

  it.each(refused)('refuses %s, or leaves it out with a warning', async (option) => {
    const { value } = optionCases[option]
    expect(await errorOf(ask(route, { [option]: value }))).toMatchObject({ code: 'UNSUPPORTED_OPTION', option })
    const lenient = llm.with({ unsupportedOptions: 'warn' })
    const options = { temperature: 0, maxTokens: 4, [option]: value }
    const { warnings } =
      route === 'chat'
        ? await lenient.chat(question, options)
        : await lenient.complete(rendered, { ...options, raw: true })
    await lenient.unload()
    expect(warnings).toMatchObject([{ code: 'unsupported-option', message: expect.stringContaining(option) as string }])
  })

  it.each(outputFormats)('constrains to a %s, or refuses it', async (format) => {
    const { output } = outputCases[format]
    const call = ask(route, { structuredOutput: output, temperature: 0, maxTokens: 60 })
    if (cells[route][format] === false) {
      expect(await errorOf(call)).toMatchObject({ code: 'UNSUPPORTED_OPTION', option: 'structuredOutput' })
      return
    }
    const { text, parsed } = await call
    expect(parsed).toEqual(format === 'json' ? JSON.parse(text) : text)
    if (format === 'grammar') expect(['yes', 'no']).toContain(text)
  })

  it('says the same whole, streamed and generated', async () => {
    const text = await greedy(route)
    const options = { temperature: 0, maxTokens: 20 }
    const parts =
      route === 'chat' ? llm.streamChat(question, options) : llm.streamComplete(rendered, { ...options, raw: true })
    const deltas: string[] = []
    for await (const { delta } of parts) if (delta !== '') deltas.push(delta)
    expect(deltas.length).toBeGreaterThan(1)
    expect(deltas.join('')).toBe(text)
    const [output] = await llm.generate([route === 'chat' ? question : rendered], options)
    expect(output?.generations).toEqual([text])
  })

  it('counts, and says why it ended', async () => {
    const { usage, finishReason } = await ask(route, { temperature: 0, maxTokens: 200 })
    const { inputTokens = NaN, outputTokens = NaN, totalTokens } = usage
    expect(inputTokens).toBeGreaterThan(0)
    expect(totalTokens).toBe(inputTokens + outputTokens)
    expect(finishReason.unified).toBe('stop')
  })

  it('refuses a prompt that is too long', async () => {
    const long = 'word '.repeat(900)
    const call = route === 'chat' ? llm.chat([{ role: 'user', content: long }]) : llm.complete(long, { raw: true })
    expect(await errorOf(call)).toMatchObject({ code: 'CONTEXT_OVERFLOW', isRetryable: false, isFatal: false })
  })

  it("is left at the caller's signal, and answers the next call", async () => {
    const controller = new AbortController()
    const { signal } = controller
    const options = { temperature: 0, maxTokens: 100, signal }
    const parts =
      route === 'chat' ? llm.streamChat(question, options) : llm.streamComplete(rendered, { ...options, raw: true })
    const reading = (async () => {
      for await (const { delta } of parts) if (delta !== '') controller.abort()
    })()
    expect(await errorOf(reading)).toMatchObject({ code: 'ABORTED' })
    expect((await ask(route, { temperature: 0 })).text).toBe(await greedy(route))
  })
})

it('loads once, and knows its model then', async () => {
  await Promise.all([llm.load(), llm.load()])
  expect(llm.metadata).toMatchObject({ contextWindow: 256, contextWindowSource: 'engine', isChatModel: true })
  expect(llm.metadata.isFunctionCallingModel).toBe(false)
})

it('asks a prompt as one message, and continues the beginning of an answer', async () => {
  const options = { temperature: 0, maxTokens: 20 }
  const { text } = await llm.chat(question, options)
  expect(await llm.complete('Tell me a story about a fox.', options)).toMatchObject({ text, route: 'chat' })
  const begun = text.slice(0, text.indexOf(' '))
  const { text: rest } = await llm.chat([...question, { role: 'assistant', content: begun }], options)
  expect((begun + rest).startsWith(text)).toBe(true)
})

it('refuses a model that is not there', async () => {
  const missing = new LlamaCpp({ modelPath: `${modelPath}.missing` })
  expect(await errorOf(missing.chat(question))).toMatchObject({ code: 'MODEL_FILE', isRetryable: false })
})
