import { createRequire } from 'node:module'
import type * as Undici from 'undici'

import { prompt, tgiRequestBody } from '../tgi-workload.js'
import type { CreateSubject } from './subject.js'

export const createTgiHeadrace: CreateSubject = async ({ endpoint, stream, library }) => {
  const { InferenceEndpointsLLM } = (await import(library)) as typeof import('../../src/index.js')
  const llm = await new InferenceEndpointsLLM({ baseUrl: endpoint, wireMode: 'json' }).load()
  return {
    ask: stream
      ? async () => {
          let text = ''
          for await (const part of llm.streamComplete(prompt, { raw: true })) text += part.delta
          return text
        }
      : async () => (await llm.complete(prompt, { raw: true })).text,
    close: () => llm.unload(),
  }
}

interface Event {
  readonly token: { readonly text: string; readonly special: boolean }
}

/** As {@link createBare}, on TGI's native routes. */
export const createTgiBare: CreateSubject = async ({ endpoint, stream, library }) => {
  const { Agent } = createRequire(library)('undici') as typeof Undici
  const agent = new Agent()
  const { origin, pathname } = new URL(`${endpoint}/${stream ? 'generate_stream' : 'generate'}`)
  const headers = { 'content-type': 'application/json' }
  const options = { origin, path: pathname, method: 'POST', headers, body: tgiRequestBody } as const
  return {
    ask: stream
      ? async () => {
          const response = await agent.request(options)
          const decoder = new TextDecoder()
          let text = ''
          let rest = ''
          for await (const chunk of response.body) {
            const events = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n')
            rest = events.pop() ?? ''
            for (const event of events) {
              const { token } = JSON.parse(event.slice('data:'.length)) as Event
              if (!token.special) text += token.text
            }
          }
          return text
        }
      : async () => {
          const response = await agent.request(options)
          return (JSON.parse(await response.body.text()) as { readonly generated_text: string }).generated_text
        },
    close: () => agent.close(),
  }
}
