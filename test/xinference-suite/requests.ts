import type { WireRequest } from './exchange.js'
import type { SuiteTarget } from './target.js'

/** A request that depends on what the server calls its models. */
export type Ask = (target: SuiteTarget) => WireRequest

/** A short conversation. */
export const messages: readonly object[] = [{ role: 'user', content: 'What is 12 + 19?' }]
/** Else the first token may be the last. */
const greedy = { temperature: 0 }

/** A chat with the demo model. */
export const chat =
  (body: object): Ask =>
  ({ modelUid }) => ({
    method: 'POST',
    path: '/v1/chat/completions',
    body: { model: modelUid, messages, ...greedy, ...body },
  })
/** Literal text for the demo model. */
export const complete =
  (body: object): Ask =>
  ({ modelUid }) => ({
    method: 'POST',
    path: '/v1/completions',
    body: { model: modelUid, prompt: 'The capital of', ...greedy, ...body },
  })
/** Any other POST. */
export const post = (path: string, body: unknown): WireRequest => ({ method: 'POST', path, body })
