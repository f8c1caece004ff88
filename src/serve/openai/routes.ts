import { randomUUID } from 'node:crypto'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'

import { EventStream, type EventFraming } from '../event-stream.js'
import { readMessages } from '../inference/read-messages.js'
import { RequestLimit } from '../inference/request-limit.js'
import { readJson } from '../read-json.js'
import type { ServedModel } from '../served-model.js'
import type { Route, RouteRequest, ServerState } from '../surface.js'
import { type AnswerIdentity, toChatBody, toChatEvents, toCompletionBody, toCompletionEvents } from './answers.js'
import { badRequest, OpenAIFailure, toBody, toFailure } from './openai-failure.js'
import { readChatOptions, readCompletionOptions } from './read-options.js'
import { chatBody, completionBody, readBody } from './request-bodies.js'

const framing: EventFraming = { before: 'data: ', after: '\n\n', ping: () => ': ping\n\n' }

interface OpenAIServer extends ServerState {
  readonly limit: RequestLimit
}

/** A route, and whether it wants the key. */
export interface OpenAIRoute extends Route {
  readonly isGuarded: boolean
}

/** OpenAI's routes. Without `completions` they take conversations alone. */
export function createRoutes(serverState: ServerState, completions: boolean): readonly OpenAIRoute[] {
  const state: OpenAIServer = { ...serverState, limit: new RequestLimit(serverState.maxModelRequests) }
  const routes: OpenAIRoute[] = [
    { method: 'GET', path: '/health', isGuarded: false, handle: () => Response.json({ status: 'ok' }) },
    { method: 'GET', path: '/v1/models', isGuarded: true, handle: () => listModels(state) },
    {
      method: 'GET',
      // Names of the Hub have a slash.
      path: '/v1/models/:model{.+}',
      isGuarded: true,
      handle: ({ parameter }) => {
        requireModel(state, parameter('model'))
        return Response.json(describe(parameter('model')))
      },
    },
    { method: 'POST', path: '/v1/chat/completions', isGuarded: true, handle: (request) => chat(state, request) },
  ]
  if (!completions) return routes
  const handle: Route['handle'] = (request) => complete(state, request)
  return [...routes, { method: 'POST', path: '/v1/completions', isGuarded: true, handle }]
}

function listModels({ models }: ServerState): Response {
  return Response.json({ object: 'list', data: [...models.keys()].map(describe) })
}

function describe(id: string): object {
  return { id, object: 'model', created: 0, owned_by: 'headrace' }
}

function requireModel({ models }: ServerState, id: string): ServedModel {
  const model = models.get(id)
  if (model !== undefined) return model
  const names = [...models.keys()].join(', ')
  const message = `The model ${JSON.stringify(id)} does not exist. There is: ${names}.`
  throw new OpenAIFailure(404, 'invalid_request_error', 'model_not_found', message)
}

async function chat(state: OpenAIServer, request: RouteRequest): Promise<Response> {
  const body = readBody(chatBody, await readJson(request.incoming, state.maxBodyBytes))
  const model = requireModel(state, body.model)
  const { isChatModel, isVisionModel } = model.metadata
  if (!isChatModel) throw badRequest(`The model ${body.model} does not chat: use /v1/completions.`)
  const options = { ...readChatOptions(body), signal: request.signal }
  const messages = readConversation(body.messages, isVisionModel)
  const identity = identify('chatcmpl', body.model)
  const includeUsage = body.stream_options?.include_usage === true
  return state.limit.run(body.model, async () =>
    body.stream === true
      ? answerStream(state, request, toChatEvents(identity, model.streamChat(messages, options), includeUsage))
      : Response.json(await toChatBody(identity, model.chat(messages, options))),
  )
}

async function complete(state: OpenAIServer, request: RouteRequest): Promise<Response> {
  const body = readBody(completionBody, await readJson(request.incoming, state.maxBodyBytes))
  const model = requireModel(state, body.model)
  const options = { ...readCompletionOptions(body), signal: request.signal }
  const identity = identify('cmpl', body.model)
  const includeUsage = body.stream_options?.include_usage === true
  const prompts = typeof body.prompt === 'string' ? [body.prompt] : body.prompt
  return state.limit.run(body.model, async () => {
    if (body.stream === true) {
      const streams = lazily(prompts, (prompt) => model.streamComplete(prompt, options))
      return answerStream(state, request, toCompletionEvents(identity, streams, includeUsage))
    }
    const answers = prompts.map((prompt) => model.complete(prompt, options))
    return Response.json(await toCompletionBody(identity, answers))
  })
}

function* lazily<T, R>(items: readonly T[], make: (item: T) => R): Generator<R, void, undefined> {
  for (const item of items) yield make(item)
}

function readConversation(
  ...[messages, isVisionModel]: Parameters<typeof readMessages>
): ReturnType<typeof readMessages> {
  // OpenAI's newer name for the same.
  const named = messages.map((message) => (message['role'] === 'developer' ? { ...message, role: 'system' } : message))
  try {
    return readMessages(named, isVisionModel)
  } catch (error) {
    throw badRequest((error as Error).message)
  }
}

function identify(prefix: string, model: string): AnswerIdentity {
  return { id: `${prefix}-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model }
}

/** The status follows the model's first word: what is refused before it is no stream. */
async function answerStream(
  { pingIntervalMs }: ServerState,
  { outgoing }: RouteRequest,
  events: AsyncGenerator<string, void, undefined>,
): Promise<Response> {
  const first = await events.next()
  const stream = new EventStream(outgoing, pingIntervalMs, framing)
  try {
    if (!first.done) await stream.send(first.value)
    for await (const data of events) await stream.send(data)
  } catch (error) {
    await stream.send(JSON.stringify(toBody(toFailure(error))))
  } finally {
    stream.end()
  }
  return RESPONSE_ALREADY_SENT
}
