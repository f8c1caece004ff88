import type { Route } from '../../src/contract/capabilities.js'
import type { LLM } from '../../src/llm/llm.js'
import type { CallOptions, ChatMessage, ChatResponse, CompletionResponse } from '../../src/index.js'
import type { EngineServer, Json } from '../support/servers/engine-server.js'
import { flatten, type Sent } from './back-end.js'

export const question: readonly ChatMessage[] = [{ role: 'user', content: 'Count to four.' }]
export const prompt = 'Count to four.'

/** The same question on one route. */
export function ask(llm: LLM, route: Route, options: CallOptions = {}): Promise<ChatResponse | CompletionResponse> {
  return route === 'chat' ? llm.chat(question, options) : llm.complete(prompt, { ...options, raw: true })
}

/** The bodies of the requests for an answer, in their order. */
export function bodiesOf({ requests }: EngineServer): readonly Json[] {
  return requests.filter(({ method }) => method === 'POST').map(({ body }) => body)
}

/**
 * What the second of two bodies has that the first has not, or not so; what it lacks is `undefined`. The number by which
 * Xinference can be told to give up a request is another one each time.
 */
export function difference([first = {}, second = {}]: readonly Json[]): Sent {
  const [before, after] = [flatten(first), flatten(second)]
  const names = Object.keys({ ...before, ...after }).filter(
    (name) => name !== 'request_id' && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  )
  return Object.fromEntries(names.map((name) => [name, after[name]]))
}
