import { expect, it } from 'vitest'
import { z } from 'zod'

import { errorOf } from '../../support/outcome-of.js'
import { endsOfFiveKinds } from '../five-kinds.js'
import { describeServer } from './describe-server.js'
import { connect, endpoint, runDoctor } from './server.js'

describeServer({
  name: 'llama-cpp-python 0.3.36',
  engine: 'llama-cpp-python',
  // An empty system message: it has a template of its own for ChatML.
  addsToPrompts: true,
  countsStreams: false,
})

const tooLong = 'word '.repeat(900)

it('says its version', async () => {
  const llm = await connect().load()
  expect(llm.server.version).toBe('0.3.36')
})

it.each(['json', 'stream'] as const)('gives JSON of a schema, asked for as %s', async (wireMode) => {
  const schema = z.object({ age: z.int().min(0).max(99), color: z.enum(['red', 'blue']) })
  const { parsed } = await connect().complete('Give me Mia (31, likes blue) as JSON.', {
    wireMode,
    maxTokens: 60,
    structuredOutput: { format: 'json', schema },
  })
  expect(schema.safeParse(parsed).success).toBe(true)
})

it('ends five kinds of schema as valid', async () => {
  expect(new Set(Object.values(await endsOfFiveKinds(connect())))).toEqual(new Set(['valid, constrained']))
})

it.each([true, false])('gives one of the choices (raw: %s)', async (raw) => {
  const structuredOutput = { format: 'choice', schema: ['zqa', 'zqb'] } as const
  expect((await connect().complete('Say it:', { raw, structuredOutput })).text).toMatch(/^zq[ab]$/)
})

it.each([true, false])('gives log-probabilities (raw: %s)', async (raw) => {
  const options = { raw, temperature: 0, maxTokens: 5, logprobs: 2 } as const
  const { logprobs = [], text } = await connect().complete('The capital of Norway', options)
  expect(logprobs.map(({ token }) => token).join('')).toContain(text)
  expect(logprobs[0]?.top.length).toBeGreaterThanOrEqual(2)
})

it('says that a prompt is too long, but not inside a stream', async () => {
  const llm = connect()
  for (const raw of [true, false]) {
    expect(await errorOf(llm.complete(tooLong, { raw, wireMode: 'json' }))).toMatchObject({ code: 'CONTEXT_OVERFLOW' })
    expect(await errorOf(llm.complete(tooLong, { raw }))).toMatchObject({ code: 'STREAM_TRUNCATED' })
  }
})

it('says what is wrong with a request, as a failure of its own', async () => {
  const error = await errorOf(connect().complete('x', { wireMode: 'json', extraBody: { top_p: 7 } }))
  expect(error).toMatchObject({ code: 'INVALID_REQUEST', status: 500, isRetryable: false })
  expect(error.message).toContain('top_p')
})

it('answers for a model that it does not have', async () => {
  const { text } = await connect().complete('12 + 19', {
    wireMode: 'json',
    temperature: 0,
    extraBody: { model: 'nobody' },
  })
  expect(text).not.toBe('')
})

it('breaks a stream off when anything else is asked, which is never taken for the end', async () => {
  const llm = await connect().load()
  const endless = { maxTokens: 400, structuredOutput: { format: 'grammar', schema: 'root ::= [a-z ]+' } } as const
  const stream = llm.streamComplete('Talk.', endless)
  let asking: Promise<unknown> | undefined
  const parts: string[] = []
  const error = await errorOf(
    (async () => {
      for await (const part of stream) {
        parts.push(part.delta)
        asking ??= fetch(`${endpoint}/v1/models`).then((response) => response.text())
      }
    })(),
  )
  await asking
  expect(error).toMatchObject({ code: 'STREAM_TRUNCATED', partial: { text: parts.join('') } })
})

it('is told by the doctor to be what it is', async () => {
  expect(await runDoctor()).toMatchObject({
    exitCode: 1,
    engine: 'works',
    window: 'missing',
    chat: 'works',
    'chat-stream': 'works',
    'chat-stream-usage': 'missing',
    completion: 'works',
    'completion-stream-usage': 'missing',
    logprobs: 'works',
    seed: 'works',
    stop: 'works',
    'json (chat)': 'works',
    'choice (completion)': 'works',
    'grammar (chat)': 'works',
    'regex (chat)': 'works',
  })
})
