import { expect } from 'vitest'

import type { HeadraceError } from '../../src/errors/headrace-error.js'
import { XinferenceClient } from '../../src/xinference/client/xinference-client.js'
import { Xinference } from '../../src/xinference/xinference.js'
import { errorOf } from '../support/outcome-of.js'
import type { Check } from './check.js'
import type { SuiteTarget } from './target.js'

const messages = [{ role: 'user', content: 'What is 12 + 19?' }] as const
const long = 'red green blue '.repeat(600)
const usage = expect.objectContaining({
  inputTokens: expect.any(Number) as number,
  outputTokens: expect.any(Number) as number,
}) as unknown
const anyText: unknown = expect.any(String)
const failure = ({ code, status, isRetryable }: HeadraceError): object => ({ code, status, isRetryable })
const refused = (code: string, status?: number, isRetryable = false): object => ({ code, status, isRetryable })

/** A check with the class, which is unloaded in the end. */
function model(
  name: string,
  run: (llm: Xinference, target: SuiteTarget) => Promise<unknown>,
  expected: unknown,
): Check {
  return {
    name: `Xinference: ${name}`,
    run: async (target) => {
      const { endpoint, apiKey, modelUid } = target
      const llm = new Xinference({ endpoint, apiKey, modelUid, maxTokens: 20, maxRetries: 0 })
      try {
        return await run(llm, target)
      } finally {
        await llm.unload()
      }
    },
    expected,
  }
}

/** A check with the client, which is closed in the end. */
function client(
  name: string,
  run: (client: XinferenceClient, target: SuiteTarget) => Promise<unknown>,
  expected: unknown,
): Check {
  return {
    name: `XinferenceClient: ${name}`,
    run: async (target) => {
      const { endpoint, apiKey } = target
      await using own = new XinferenceClient({ endpoint, apiKey })
      return await run(own, target)
    },
    expected,
  }
}

const answer = {
  text: anyText,
  route: 'chat',
  finishReason: { unified: expect.stringMatching(/^(stop|length)$/) as unknown, raw: anyText },
  usage,
  warnings: [],
}
const picked = ({
  text,
  route,
  finishReason,
  usage: counts,
  warnings,
}: Record<keyof typeof answer, unknown>): object => ({
  text,
  route,
  finishReason,
  usage: counts,
  warnings,
})

const modelChecks: readonly Check[] = [
  model('loads', async (llm) => (await llm.load()).metadata, {
    contextWindow: 512,
    contextWindowSource: 'registered',
    numOutput: 20,
    modelName: anyText,
    servedModel: anyText,
    isChatModel: true,
    isFunctionCallingModel: false,
    isVisionModel: false,
  }),
  model('chats, asked for as JSON', async (llm) => picked(await llm.chat(messages, { wireMode: 'json' })), answer),
  model(
    'chats, asked for as a stream',
    async (llm) => picked(await llm.chat(messages, { wireMode: 'stream' })),
    answer,
  ),
  model(
    'says the same whole and streamed',
    async (llm) => {
      const options = { temperature: 0, seed: 1 } as const
      const texts = [
        (await llm.chat(messages, { ...options, wireMode: 'json' })).text,
        (await llm.chat(messages, { ...options, wireMode: 'stream' })).text,
      ]
      return { length: texts.length, different: new Set(texts).size }
    },
    { length: 2, different: 1 },
  ),
  model(
    'streams pieces that make up the whole',
    async (llm) => {
      let text = ''
      let whole: string | undefined
      for await (const part of llm.streamChat(messages)) {
        text += part.delta
        if (part.type === 'finish') whole = part.response.text
      }
      return whole === text && text !== ''
    },
    true,
  ),
  model('continues literal text', async (llm) => picked(await llm.complete('12 + 19', { raw: true, maxTokens: 3 })), {
    ...answer,
    route: 'completion',
  }),
  model(
    'ends at its number of tokens',
    async (llm) =>
      (await llm.complete('Tell me a story about a fox.', { maxTokens: 2, temperature: 0 })).usage.outputTokens,
    2,
  ),
  model(
    'gives log-probabilities',
    async (llm) =>
      (await llm.chat(messages, { logprobs: 1, maxTokens: 1, temperature: 0 })).logprobs?.map(({ top }) => top.length),
    [1],
  ),
  model(
    'generates several answers at once',
    async (llm) => {
      const outputs = await llm.generate(
        Array.from({ length: 6 }, () => messages),
        { concurrency: 3 },
      )
      return outputs.map(({ generations: [text] }) => typeof text)
    },
    Array.from({ length: 6 }, () => 'string'),
  ),
  model(
    'names the models that are there',
    async (llm, { modelUid }) => {
      const { code, available } = await errorOf<HeadraceError & { available: string[] }>(
        llm.with({ modelUid: 'nobody-7' }).load(),
      )
      return { code, isNamed: available.includes(modelUid) }
    },
    { code: 'MODEL_NOT_FOUND', isNamed: true },
  ),
  model(
    'tells that literal text is above the window',
    async (llm) => failure(await errorOf(llm.complete(long, { raw: true, wireMode: 'json' }))),
    refused('CONTEXT_OVERFLOW', 500),
  ),
  model(
    'knows a request that cannot be read',
    async (llm) => failure(await errorOf(llm.chat(messages, { extraBody: { temperature: 3 } }))),
    refused('INVALID_REQUEST', 500),
  ),
  model(
    'knows a field that is not implemented',
    async (llm) => failure(await errorOf(llm.chat(messages, { extraBody: { logit_bias: {} } }))),
    refused('UNSUPPORTED_OPTION', 501),
  ),
  model(
    'knows a wrong key',
    async (llm) => failure(await errorOf(llm.with({ apiKey: 'xf-wrong' }).chat(messages))),
    refused('AUTHENTICATION_FAILED', 401),
  ),
  model(
    'knows a server that is busy',
    (llm, target) =>
      target.whileBusy(async () => {
        const limited = llm.with({ modelUid: target.limitedUid })
        const [whole, streamed] = await Promise.all([
          errorOf(limited.chat(messages, { wireMode: 'json' })),
          errorOf(limited.chat(messages, { wireMode: 'stream' })),
        ])
        await limited.unload()
        return [whole.code, whole.isRetryable, streamed.code, streamed.isRetryable]
      }),
    ['RATE_LIMITED', true, 'RATE_LIMITED', true],
  ),
]

const denied = refused('PERMISSION_DENIED', 403)

const clientChecks: readonly Check[] = [
  client('needs a key', (own) => own.needsCredential(), true),
  client('needs no first user', (own) => own.needsSetup(), false),
  client(
    'lists the models',
    async (own, { modelUid }) => (await own.listModels()).some(({ id }) => id === modelUid),
    true,
  ),
  client('describes a model', async (own, { modelUid }) => (await own.describeModel(modelUid)).context_length, 512),
  client(
    'does not describe what is not there',
    async (own) => failure(await errorOf(own.describeModel('nobody-7'))),
    refused('MODEL_NOT_FOUND', 400),
  ),
  client(
    'lists replicas',
    async (own, { modelUid }) => (await own.listReplicas(modelUid)).map(({ status }) => status),
    ['READY'],
  ),
  client('waits for a model that is ready', (own, { modelUid }) => own.waitUntilReady(modelUid), undefined),
  client('tells how far a launch is', async (own, { modelUid }) => (await own.launchProgress(modelUid)).progress, 1),
  client('cannot abort by id', (own, { modelUid }) => own.abortRequest(modelUid, 'r1'), 'NO_OP'),
  client(
    'may not launch with a key',
    async (own) => failure(await errorOf(own.launchModel({ modelName: 'x', modelEngine: 'llama.cpp' }))),
    denied,
  ),
  client(
    'may not end a model with a key',
    async (own, { modelUid }) => failure(await errorOf(own.terminateModel(modelUid))),
    denied,
  ),
  client('may not ask for the version with a key', async (own) => failure(await errorOf(own.version())), denied),
  client(
    'may not make another key with a key',
    async (own) => failure(await errorOf(own.createApiKey('another'))),
    denied,
  ),
  client(
    'knows that a language model makes no vectors',
    async (own, { modelUid }) => failure(await errorOf(own.createEmbeddings(modelUid, 'a'))),
    refused('MODEL_ABILITY', 500),
  ),
  client(
    'knows that a language model gives no order',
    async (own, { modelUid }) => failure(await errorOf(own.rerank(modelUid, 'a', ['b']))),
    refused('MODEL_ABILITY', 500),
  ),
  client(
    'knows that there is no such family',
    async (own) => failure(await errorOf(own.listEngines('nobody-7'))),
    refused('MODEL_NOT_FOUND'),
  ),
]

/** The same through the package's classes. */
export const classChecks: readonly Check[] = [...modelChecks, ...clientChecks]
