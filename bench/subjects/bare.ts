import { createRequire } from 'node:module'
import type * as Undici from 'undici'

import { requestBody } from '../workload.js'
import type { CreateSubject } from './subject.js'

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string | null } }[]
}

interface Answer {
  readonly choices: readonly { readonly message: { readonly content: string } }[]
}

/** The least that anybody would write by hand: undici's `request`, no checks, no deadlines, no errors of its own. */
export const createBare: CreateSubject = async ({ endpoint, stream, library }) => {
  // The library's own copy: a peer may bring another one.
  const { Agent } = createRequire(library)('undici') as typeof Undici
  const agent = new Agent()
  // In two parts: given as one text, undici reads the address again for each request, for a fifth of its whole cost.
  const { origin, pathname } = new URL(`${endpoint}/v1/chat/completions`)
  const headers = { 'content-type': 'application/json' }
  const options = { origin, path: pathname, method: 'POST', headers, body: requestBody(stream) } as const
  return {
    ask: stream
      ? async () => {
          const response = await agent.request(options)
          const decoder = new TextDecoder()
          let text = ''
          let rest = ''
          for await (const chunk of response.body) {
            const events = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\r\n\r\n')
            rest = events.pop() ?? ''
            for (const event of events) {
              const data = event.slice('data: '.length)
              if (data === '[DONE]') continue
              text += (JSON.parse(data) as Chunk).choices[0]?.delta.content ?? ''
            }
          }
          return text
        }
      : async () => {
          const response = await agent.request(options)
          const answer = JSON.parse(await response.body.text()) as Answer
          return answer.choices[0]?.message.content ?? ''
        },
    close: () => agent.close(),
  }
}
