import { beforeAll, afterAll, describe } from 'vitest'

import { describeSuite } from '../xinference-suite/describe-suite.js'
import type { SuiteTarget } from '../xinference-suite/target.js'
import { administrator, client, endpoint, launch } from './server.js'

/** As long as the window allows: the grammar lets it not stop before. */
const long = {
  max_tokens: 450,
  stream: true,
  // Makes each piece of the stream large, and so the stream slow.
  logprobs: true,
  top_logprobs: 20,
  response_format: {
    type: 'json_schema',
    json_schema: {
      name: 'numbers',
      schema: { type: 'array', minItems: 200, items: { type: 'integer', minimum: 1000, maximum: 9999 } },
    },
  },
}

/** The suite that `headrace serve` passes too. Needs the demo model. */
export function describeSharedSuite(): void {
  describe('Xinference 4.1.0 answers as declared', () => {
    let target: SuiteTarget

    beforeAll(async () => {
      const { key } = await client.createApiKey('suite')
      const limitedUid = await launch({ modelUid: 'limited', requestLimits: 1 })
      target = {
        side: 'xinference',
        endpoint,
        apiKey: key,
        user: administrator,
        modelUid: 'demo',
        limitedUid,
        whileBusy: (ask) => whileStreaming(key, limitedUid, ask),
      }
    })

    afterAll(() => client.terminateModel('limited'))

    describeSuite(() => target)
  })
}

/** Asks while a stream of the model is under way; again, if the stream was over before the answer. */
async function whileStreaming<T>(key: string, model: string, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const stop = new AbortController()
    const response = await fetch(`${endpoint}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Count.' }], ...long }),
      signal: stop.signal,
    })
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const begin = new TextDecoder().decode((await reader.read()).value)
    let isOver = !begin.includes('"choices"')
    const reading = (async () => {
      while (!(await reader.read()).done);
      isOver = true
    })().catch(() => {})
    try {
      const answer = isOver ? undefined : await ask()
      if (answer !== undefined && !isOver) return answer
    } finally {
      stop.abort()
      await reading
    }
  }
  throw new Error('The stream of the limited model was over each time before the answer.')
}
