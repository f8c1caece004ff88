import assert from 'node:assert/strict'

import { InferenceClient } from '@huggingface/inference'

import { failsWith, leave, messages, report, sameText, server } from './report.mjs'

const { url, model, apiKey, expects, formats, tooLong } = server
const client = new InferenceClient(apiKey, { endpointUrl: url })
const greedy = { model, temperature: 0, max_tokens: 24 }
const ask = (more = {}) => client.chatCompletion({ ...greedy, messages, ...more }, { retry_on_error: false })
const stream = (more = {}, options = {}) => client.chatCompletionStream({ ...greedy, messages, ...more }, options)
const fails = (status, act) => failsWith(status, (error) => error.httpResponse?.status, act)
const continued = { model, inputs: 'The capital of', parameters: { max_new_tokens: 4, temperature: 0 } }

async function readAll(chunks) {
  const deltas = []
  for await (const { choices } of chunks) if (choices[0]?.delta.content) deltas.push(choices[0].delta.content)
  return deltas
}

await report('@huggingface/inference', {
  chat: async () => {
    const { choices, usage } = await ask()
    assert.match(choices[0].message.content, /\S/)
    assert.ok(usage.prompt_tokens > 5)
  },
  'chat streamed': async () => {
    sameText(await readAll(stream()), (await ask()).choices[0].message.content)
  },
  text: async () => {
    const { generated_text: text } = await client.textGeneration(continued)
    assert.match(text, /\S/)
  },
  // Its types say events of TGI; what comes are chunks of `/v1/completions`, which is the route that it asks.
  'text streamed': async () => {
    const { generated_text: text } = await client.textGeneration(continued)
    const deltas = []
    for await (const { choices } of client.textGenerationStream(continued)) {
      if (choices?.[0]?.text) deltas.push(choices[0].text)
    }
    sameText(deltas, text)
  },
  options: async () => {
    const text = (await ask()).choices[0].message.content
    const stop = text.slice(3, 6)
    const stopped = (await ask({ stop: [stop] })).choices[0].message.content
    const expected = text.slice(0, text.indexOf(stop))
    // TGI leaves the stop string in the text.
    assert.ok([expected, expected + stop].includes(stopped))
    const say = async () => (await ask({ temperature: 1.5, seed: 1 })).choices[0].message.content
    assert.equal(await say(), await say())
    const { logprobs } = (await ask({ logprobs: true, top_logprobs: 2 })).choices[0]
    assert.equal(logprobs.content.map(({ token }) => token).join(''), text)
  },
  schema: async () => {
    const { choices } = await ask({ response_format: formats.person, max_tokens: 60 })
    assert.ok(Number.isInteger(JSON.parse(choices[0].message.content).age))
  },
  'side by side': async () => {
    const [{ message }] = (await ask()).choices
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask()))
    for (const { choices } of answers) assert.equal(choices[0].message.content, message.content)
  },
  'unknown model':
    expects.unknownModel === undefined ? undefined : () => fails(expects.unknownModel, () => ask({ model: 'nobody' })),
  'bad parameter': async () => {
    await fails(expects.badParameter, () => ask({ top_p: 7 }))
    await fails(expects.badParameter, () => client.textGeneration({ ...continued, parameters: { top_p: 7 } }))
  },
  tools: async () => {
    const tools = [{ type: 'function', function: { name: 'add', parameters: { type: 'object', properties: {} } } }]
    await fails(expects.tools, () => ask({ tools }))
  },
  'too long': async () => {
    const long = { messages: [{ role: 'user', content: tooLong }] }
    await fails(expects.tooLong, () => ask(long))
    await assert.rejects(readAll(stream(long)))
    await fails(expects.tooLong, () => client.textGeneration({ ...continued, inputs: tooLong }))
  },
  'wrong key': () =>
    fails(401, () => new InferenceClient('wrong', { endpointUrl: url }).chatCompletion({ ...greedy, messages })),
  abort: async () => {
    const endless = { response_format: formats.endless, max_tokens: server.longAnswer }
    // A loop that is left leaves the connection open: this client does not close it.
    await leave(async () => {
      const controller = new AbortController()
      await assert.rejects(async () => {
        for await (const _ of stream(endless, { signal: controller.signal })) controller.abort()
      })
    })
    assert.match((await ask()).choices[0].message.content, /\S/)
  },
})
