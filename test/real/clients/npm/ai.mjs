import assert from 'node:assert/strict'

import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, jsonSchema, Output, streamText, tool } from 'ai'

import { failsWith, leave, messages, report, sameText, server } from './report.mjs'

const { url, model, apiKey, as, expects, formats, schemas, tooLong } = server
const connect = (more = {}) => createOpenAICompatible({ name: 'served', baseURL: `${url}/v1`, apiKey, ...more })
// TGI has a form of its own for schemas, which this client does not know.
const provider = connect({ supportsStructuredOutputs: as !== 'tgi', includeUsage: true })
const asked = { model: provider.chatModel(model), temperature: 0, maxOutputTokens: 24, maxRetries: 0 }
const ask = (more = {}) => generateText({ ...asked, messages, ...more })
const stream = (more = {}) => streamText({ ...asked, messages, onError: () => undefined, ...more })
const completion = { ...asked, model: provider.completionModel(model), prompt: 'The capital of', maxOutputTokens: 4 }
const fails = (status, act) =>
  failsWith(status, (error) => (APICallError.isInstance(error) ? error.statusCode : undefined), act)

async function readAll(textStream) {
  const deltas = []
  for await (const delta of textStream) deltas.push(delta)
  return deltas
}

/** The first error of a stream. */
async function errorIn({ fullStream }) {
  for await (const part of fullStream) if (part.type === 'error') return part.error
  return undefined
}

await report('ai', {
  chat: async () => {
    const { text, usage, finishReason } = await ask()
    assert.match(text, /\S/)
    assert.ok(['stop', 'length'].includes(finishReason))
    assert.ok(usage.inputTokens > 5 && usage.outputTokens > 0)
  },
  'chat streamed': async () => {
    const whole = await ask()
    const result = stream()
    sameText(await readAll(result.textStream), whole.text)
    assert.equal(await result.finishReason, whole.finishReason)
    assert.equal((await result.usage).inputTokens, whole.usage.inputTokens)
    assert.equal((await result.usage).outputTokens, whole.usage.outputTokens)
  },
  text: async () => {
    const { text, finishReason } = await generateText(completion)
    assert.match(text, /\S/)
    assert.equal(finishReason, 'length')
  },
  'text streamed': async () => {
    const { text } = await generateText(completion)
    sameText(await readAll(streamText(completion).textStream), text)
  },
  options: async () => {
    const { text } = await ask()
    const stop = text.slice(3, 6)
    const stopped = await ask({ stopSequences: [stop] })
    const expected = text.slice(0, text.indexOf(stop))
    // TGI leaves the stop string in the text.
    assert.ok([expected, expected + stop].includes(stopped.text))
    const say = async () => (await ask({ temperature: 1.5, seed: 1 })).text
    assert.equal(await say(), await say())
    assert.equal((await ask({ maxOutputTokens: 1 })).finishReason, 'length')
  },
  schema: async () => {
    const body = as === 'tgi' ? { providerOptions: { served: { response_format: formats.person } } } : undefined
    const output = Output.object({ schema: jsonSchema(schemas.person) })
    const answer = await ask({ maxOutputTokens: 60, ...(body ?? { output }) })
    const { age, color } = body === undefined ? answer.output : JSON.parse(answer.text)
    assert.ok(Number.isInteger(age) && ['red', 'blue'].includes(color))
    if (body !== undefined) return
    const partial = stream({ maxOutputTokens: 60, output })
    const parts = await readAll(partial.partialOutputStream)
    assert.ok(parts.length > 0 && Number.isInteger(parts.at(-1).age))
  },
  'side by side': async () => {
    const { text } = await ask()
    for (const answer of await Promise.all(Array.from({ length: 12 }, () => ask()))) assert.equal(answer.text, text)
  },
  'unknown model':
    expects.unknownModel === undefined
      ? undefined
      : () => fails(expects.unknownModel, () => ask({ model: provider.chatModel('nobody') })),
  'bad parameter': () => fails(expects.badParameter, () => ask({ topP: 7 })),
  tools: async () => {
    const add = tool({ inputSchema: jsonSchema({ type: 'object', properties: {} }), execute: () => 3 })
    await fails(expects.tools, () => ask({ tools: { add } }))
  },
  'too long': async () => {
    const long = { messages: [{ role: 'user', content: tooLong }] }
    await fails(expects.tooLong, () => ask(long))
    assert.match(JSON.stringify(await errorIn(stream(long))), /tokens/)
  },
  'wrong key': () => fails(401, () => ask({ model: connect({ apiKey: 'wrong' }).chatModel(model) })),
  abort: async () => {
    const endless = {
      maxOutputTokens: server.longAnswer,
      providerOptions: { served: { response_format: formats.endless } },
    }
    await leave(async () => {
      const controller = new AbortController()
      for await (const _ of stream({ ...endless, abortSignal: controller.signal }).textStream) controller.abort()
    })
    assert.match((await ask()).text, /\S/)
  },
})
