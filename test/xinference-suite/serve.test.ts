import { afterAll, beforeAll, describe } from 'vitest'

import { LlamaCpp } from '../../src/llama-cpp/index.js'
import { createServer, type LLMServer } from '../../src/serve/index.js'
import { createGate, openSocket, post, ScriptedModel } from '../support/scripted-model.js'
import { describeSuite } from './describe-suite.js'
import type { SuiteTarget } from './target.js'

const apiKey = 'xf-right'
// As many as the checks of the other model send at once.
const maxModelRequests = 3

describe('headrace serve answers as Xinference 4.1.0 does, but for declared differences', () => {
  const llm = new LlamaCpp({
    modelPath: new URL('../../models/demo/demo.gguf', import.meta.url).pathname,
    contextWindow: 512,
  })
  let server: LLMServer
  let target: SuiteTarget

  beforeAll(async () => {
    // It answers nobody: who asks it waits, and it is busy for the whole suite.
    const isFull = createGate()
    let asking = 0
    const steps = (): Promise<void>[] => {
      if (++asking === maxModelRequests) isFull.open()
      return [createGate().passed]
    }
    const limited = new ScriptedModel(steps, {}, { contextWindow: 512 })
    server = await createServer({
      models: { demo: llm, limited },
      apiKey,
      port: 0,
      drainMs: 0,
      limits: { maxModelRequests },
    })
    const body = { model: 'limited', messages: [{ role: 'user', content: 'Hi' }], stream: true }
    const request = post('/v1/chat/completions', body, `Authorization: Bearer ${apiKey}\r\n`)
    for (let count = 0; count < maxModelRequests; count++) await openSocket(server.port, request)
    await isFull.passed
    target = {
      side: 'serve',
      endpoint: server.url,
      apiKey,
      user: { username: 'alice', password: 'correct horse' },
      modelUid: 'demo',
      limitedUid: 'limited',
      whileBusy: (ask) => ask(),
    }
  })

  afterAll(async () => {
    await server.close()
    await llm.unload()
  })

  describeSuite(() => target)
})
