import assert from 'node:assert/strict'

import { HumanMessage, SystemMessage } from '@langchain/core/messages'
import { ChatPromptTemplate } from '@langchain/core/prompts'
import { StringOutputParser } from '@langchain/core/output_parsers'
import { ChatOpenAI, OpenAI } from '@langchain/openai'

import { failsWith, leave, question, report, sameText, server } from './report.mjs'

const { url, model, apiKey, expects, formats, schemas, tooLong } = server
const configuration = { baseURL: `${url}/v1` }
const greedy = { model, apiKey, temperature: 0, maxTokens: 24, maxRetries: 0, configuration }
const chatModel = (more = {}) => new ChatOpenAI({ ...greedy, ...more })
const messages = [new SystemMessage('You are a helpful assistant.'), new HumanMessage(question)]
const takesLists = server.as !== 'xinference'
const fails = (status, act) => failsWith(status, (error) => error.status, act)

async function readAll(stream) {
  const deltas = []
  for await (const chunk of stream) {
    const text = typeof chunk === 'string' ? chunk : chunk.text
    if (text !== '') deltas.push(text)
  }
  return deltas
}

await report('@langchain/openai', {
  chat: async () => {
    const { text, usage_metadata: usage, response_metadata: told } = await chatModel().invoke(messages)
    assert.match(text, /\S/)
    assert.ok(['stop', 'length'].includes(told.finish_reason))
    assert.ok(usage.input_tokens > 5 && usage.output_tokens > 0)
    const chain = ChatPromptTemplate.fromTemplate('{what}').pipe(chatModel()).pipe(new StringOutputParser())
    assert.match(await chain.invoke({ what: question }), /\S/)
  },
  'chat streamed': async () => {
    const { text } = await chatModel().invoke(messages)
    sameText(await readAll(await chatModel().stream(messages)), text)
  },
  // It sends a list of prompts, which Xinference refuses.
  text: takesLists
    ? async () => {
        const llm = new OpenAI({ ...greedy, maxTokens: 4 })
        assert.match(await llm.invoke('The capital of'), /\S/)
        const { generations } = await llm.generate(['The capital of', 'How much is'])
        assert.equal(generations.length, 2)
      }
    : undefined,
  'text streamed': takesLists
    ? async () => {
        const llm = new OpenAI({ ...greedy, maxTokens: 4 })
        sameText(await readAll(await llm.stream('The capital of')), await llm.invoke('The capital of'))
      }
    : undefined,
  options: async () => {
    const { text } = await chatModel().invoke(messages)
    const stop = text.slice(3, 6)
    const stopped = await chatModel().invoke(messages, { stop: [stop] })
    const expected = text.slice(0, text.indexOf(stop))
    // TGI leaves the stop string in the text.
    assert.ok([expected, expected + stop].includes(stopped.text))
    const say = async () => (await chatModel({ temperature: 1.5 }).invoke(messages, { seed: 1 })).text
    assert.equal(await say(), await say())
    const { response_metadata: told } = await chatModel({ logprobs: true, topLogprobs: 2 }).invoke(messages)
    assert.equal(told.logprobs.content.map(({ token }) => token).join(''), text)
  },
  schema: async () => {
    if (server.as === 'tgi') {
      // This client knows OpenAI's form of it only.
      const { text } = await chatModel({ modelKwargs: { response_format: formats.person }, maxTokens: 60 }).invoke(
        messages,
      )
      return assert.ok(Number.isInteger(JSON.parse(text).age))
    }
    const structured = chatModel({ maxTokens: 60 }).withStructuredOutput(schemas.person, {
      method: 'jsonSchema',
      name: 'person',
    })
    const { age, color } = await structured.invoke(messages)
    assert.ok(Number.isInteger(age) && ['red', 'blue'].includes(color))
  },
  'side by side': async () => {
    const { text } = await chatModel().invoke(messages)
    const answers = await chatModel().batch(Array.from({ length: 12 }, () => messages))
    for (const answer of answers) assert.equal(answer.text, text)
  },
  'unknown model':
    expects.unknownModel === undefined
      ? undefined
      : () => fails(expects.unknownModel, () => chatModel({ model: 'nobody' }).invoke(messages)),
  'bad parameter': () => fails(expects.badParameter, () => chatModel({ topP: 7 }).invoke(messages)),
  tools: async () => {
    const tool = { type: 'function', function: { name: 'add', parameters: { type: 'object', properties: {} } } }
    await fails(expects.tools, () => chatModel().bindTools([tool]).invoke(messages))
  },
  'too long': async () => {
    await fails(expects.tooLong, () => chatModel().invoke(tooLong))
    await assert.rejects(async () => readAll(await chatModel().stream(tooLong)), /tokens/)
  },
  'wrong key': () => fails(401, () => chatModel({ apiKey: 'wrong' }).invoke(messages)),
  abort: async () => {
    const endless = chatModel({ modelKwargs: { response_format: formats.endless }, maxTokens: server.longAnswer })
    await leave(async () => {
      for await (const _ of await endless.stream(messages)) break
    })
    await leave(async () => {
      const controller = new AbortController()
      await assert.rejects(async () => {
        for await (const _ of await endless.stream(messages, { signal: controller.signal })) controller.abort()
      })
    })
    assert.match((await chatModel().invoke(messages)).text, /\S/)
  },
})
