import assert from 'node:assert/strict'

import OpenAI, { APIError, APIUserAbortError, AuthenticationError } from 'openai'

import { failsWith, leave, messages, report, sameText, server } from './report.mjs'

const { url, model, apiKey, expects, formats, tooLong } = server
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
const greedy = { model, temperature: 0, max_tokens: 24 }
const ask = (more = {}) => client.chat.completions.create({ ...greedy, messages, ...more })
const fails = (status, act) => failsWith(status, (error) => (error instanceof APIError ? error.status : undefined), act)

/** Xinference says why in `detail`, which this client does not read. */
const says = (pattern) => (server.as === 'xinference' ? /./ : pattern)

async function readAll(stream) {
  const deltas = []
  let usage
  let finishReason
  for await (const { choices, usage: counted } of stream) {
    const [choice] = choices
    const text = choice?.delta?.content ?? choice?.text
    if (text) deltas.push(text)
    finishReason = choice?.finish_reason || finishReason
    usage = counted ?? usage
  }
  return { deltas, usage, finishReason }
}

await report('openai', {
  models: async () => {
    const ids = []
    for await (const { id } of client.models.list()) ids.push(id)
    assert.deepEqual(ids, [model])
  },
  chat: async () => {
    const { choices, usage } = await ask()
    assert.match(choices[0].message.content, /\S/)
    assert.ok(['stop', 'length'].includes(choices[0].finish_reason))
    assert.ok(usage.prompt_tokens > 5 && usage.total_tokens === usage.prompt_tokens + usage.completion_tokens)
  },
  'chat streamed': async () => {
    const whole = await ask()
    const { deltas, usage, finishReason } = await readAll(
      await ask({ stream: true, stream_options: { include_usage: true } }),
    )
    sameText(deltas, whole.choices[0].message.content)
    assert.equal(finishReason, whole.choices[0].finish_reason)
    assert.deepEqual(usage, whole.usage)
    const runner = client.chat.completions.stream({ ...greedy, messages })
    assert.equal(await runner.finalContent(), whole.choices[0].message.content)
  },
  text: async () => {
    const { choices } = await client.completions.create({ ...greedy, prompt: 'The capital of', max_tokens: 4 })
    assert.match(choices[0].text, /\S/)
    assert.equal(choices[0].finish_reason, 'length')
  },
  'text streamed': async () => {
    const asked = { ...greedy, prompt: 'The capital of', max_tokens: 4 }
    const { choices } = await client.completions.create(asked)
    const { deltas } = await readAll(await client.completions.create({ ...asked, stream: true }))
    sameText(deltas, choices[0].text)
  },
  options: async () => {
    const say = async (seed) => (await ask({ temperature: 1.5, seed })).choices[0].message.content
    assert.equal(await say(1), await say(1))
    const { choices } = await ask()
    const text = choices[0].message.content
    const stop = text.slice(3, 6)
    const stopped = await ask({ stop: [stop], user: 'somebody', frequency_penalty: 0 })
    const expected = text.slice(0, text.indexOf(stop))
    // TGI leaves the stop string in the text.
    assert.ok([expected, expected + stop].includes(stopped.choices[0].message.content))
    assert.equal((await ask({ max_tokens: 1 })).choices[0].finish_reason, 'length')
    const { choices: told } = await ask({ logprobs: true, top_logprobs: 2 })
    const { content } = told[0].logprobs
    assert.equal(content.map(({ token }) => token).join(''), told[0].message.content)
    assert.ok(content.every(({ logprob, top_logprobs: top }) => logprob <= 0 && top.length >= 2))
  },
  schema: async () => {
    const { choices } = await ask({ response_format: formats.person, max_tokens: 60 })
    const { age, color } = JSON.parse(choices[0].message.content)
    assert.ok(Number.isInteger(age) && ['red', 'blue'].includes(color))
  },
  'side by side': async () => {
    const alone = (await ask()).choices[0].message.content
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask()))
    for (const { choices } of answers) assert.equal(choices[0].message.content, alone)
  },
  'unknown model':
    expects.unknownModel === undefined
      ? undefined
      : async () => {
          const error = await fails(expects.unknownModel, () => ask({ model: 'nobody' }))
          assert.match(error.message, says(/nobody/))
          await fails(expects.unknownModel, () => ask({ model: 'nobody', stream: true }))
        },
  'bad parameter': async () => {
    const error = await fails(expects.badParameter, () => ask({ top_p: 7 }))
    assert.match(error.message, /top_p/)
  },
  tools: async () => {
    const tools = [{ type: 'function', function: { name: 'add', parameters: { type: 'object', properties: {} } } }]
    await fails(expects.tools, () => ask({ tools }))
  },
  'too long': async () => {
    const long = { messages: [{ role: 'user', content: tooLong }] }
    const error = await fails(expects.tooLong, () => ask(long))
    assert.match(error.message, says(/tokens/))
    // Where the status of a stream is sent first, the client finds the error in it.
    await assert.rejects(async () => readAll(await ask({ ...long, stream: true })), /tokens/)
  },
  'wrong key': async () => {
    const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'wrong', maxRetries: 0 })
    await assert.rejects(stranger.chat.completions.create({ model, messages }), AuthenticationError)
  },
  abort: async () => {
    const endless = { response_format: formats.endless, max_tokens: server.longAnswer, stream: true }
    await leave(async () => {
      for await (const _ of await ask(endless)) break
    })
    await leave(async () => {
      const controller = new AbortController()
      const stream = await client.chat.completions.create(
        { ...greedy, messages, ...endless },
        { signal: controller.signal },
      )
      for await (const _ of stream) controller.abort()
    })
    await leave(async () => {
      const controller = new AbortController()
      const asked = { ...greedy, messages, ...endless, stream: false }
      setTimeout(() => controller.abort(), 50)
      await assert.rejects(client.chat.completions.create(asked, { signal: controller.signal }), APIUserAbortError)
    })
    assert.match((await ask()).choices[0].message.content, /\S/)
  },
})
