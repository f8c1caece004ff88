import { expect, it } from 'vitest'

import { errorOf } from '../../support/outcome-of.js'
import { describeServer } from './describe-server.js'
import { connect, endpoint, runDoctor } from './server.js'

describeServer({
  name: 'transformers serve 5.17.0',
  engine: 'transformers',
  addsToPrompts: false,
  countsStreams: true,
})

it('fails to list models where there is no cache of the Hub', async () => {
  expect((await fetch(`${endpoint}/v1/models`)).status).toBe(500)
})

it('samples no token unless its configuration says so: a temperature alone changes nothing', async () => {
  const body = { messages: [{ role: 'user', content: 'Tell me a story about a fox.' }], temperature: 2, max_tokens: 20 }
  const say = async (seed: number): Promise<unknown> => {
    const response = await fetch(`${endpoint}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, seed }),
    })
    return ((await response.json()) as { readonly choices: readonly unknown[] }).choices
  }
  expect(await say(1)).toEqual(await say(2))
})

it.each(['topK', 'minP', 'typicalP', 'repetitionPenalty'] as const)('obeys %s', async (option) => {
  const value = option === 'repetitionPenalty' ? 50 : option === 'topK' ? 1 : option === 'minP' ? 1 : 0.01
  const llm = connect()
  const say = async (options: object): Promise<string> =>
    (await llm.complete('Tell me a story about a fox.', { wireMode: 'json', maxTokens: 30, ...options })).text
  const greedy = await say({ temperature: 0 })
  if (option === 'repetitionPenalty') expect(await say({ temperature: 0, [option]: value })).not.toBe(greedy)
  // Each leaves one token a step, whatever the seed; the likeliest, but for typical sampling.
  else {
    const texts = [
      await say({ temperature: 2, seed: 1, [option]: value }),
      await say({ temperature: 2, seed: 2, [option]: value }),
    ]
    expect(texts[1]).toBe(texts[0])
    if (option !== 'typicalP') expect(texts[0]).toBe(greedy)
  }
})

it('answers for one model alone', async () => {
  const error = await errorOf(connect().complete('x', { extraBody: { model: 'org/other' } }))
  expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', status: 400 })
  expect(error.message).toContain("'demo'")
  expect((await connect().complete('12 + 19', { temperature: 0, extraBody: { model: 'demo' } })).text).not.toBe('')
})

it('refuses fields that it does not know', async () => {
  const error = await errorOf(connect().complete('x', { extraBody: { top_k: 1 } }))
  expect(error).toMatchObject({ code: 'INVALID_REQUEST', status: 422 })
})

it('fails inside a stream with words', async () => {
  const generation_config = JSON.stringify({ do_sample: true })
  const error = await errorOf(
    connect()
      .streamComplete('x', { extraBody: { temperature: -1, generation_config } })
      .response(),
  )
  expect(error).toMatchObject({ code: 'SERVER_ERROR' })
  expect(error.message).toContain('strictly positive')
})

it('takes a prompt that is longer than the window of the model, without a word', async () => {
  const answer = await connect().complete('word '.repeat(900), { raw: true, wireMode: 'json', maxTokens: 3 })
  expect(answer.usage.inputTokens).toBeGreaterThan(512)
})

it('is told by the doctor to be what it is', async () => {
  expect(await runDoctor()).toMatchObject({
    exitCode: 0,
    engine: 'works',
    window: 'missing',
    chat: 'works',
    'chat-stream-usage': 'works',
    completion: 'works',
    'completion-stream-usage': 'works',
    logprobs: 'not-offered',
    seed: 'works',
    stop: 'works',
    json: 'not-offered',
    grammar: 'not-offered',
  })
})
