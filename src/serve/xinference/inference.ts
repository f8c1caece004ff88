import { randomUUID } from 'node:crypto'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'

import { type AnswerIdentity, toChatBody, toChatEvents } from './chat-answer.js'
import { toCompletionBody, toCompletionEvents } from './completion-answer.js'
import { validateBody } from './body-validation.js'
import { EventStream } from '../event-stream.js'
import { HttpFailure } from '../http-failure.js'
import { type InferenceRoute, toHttpFailure, toReason, toStreamError } from './failures.js'
import { pythonAsciiJson, pythonTypeName } from './python-text.js'
import { isRecord } from '../is-record.js'
import { readJson } from '../read-json.js'
import { readMessages } from '../inference/read-messages.js'
import { readChatOptions, readCompletionOptions } from './read-options.js'
import { type ChatBody, chatFields, type CompletionBody, completionFields } from './request-bodies.js'
import type { XinferenceRequest, XinferenceServer } from './xinference-request.js'
import type { ServedModel } from '../served-model.js'

/** `POST /v1/chat/completions` */
export async function createChatCompletion(request: XinferenceRequest): Promise<Response> {
  const raw = requireItems(await readJson(request.incoming, request.server.maxBodyBytes))
  const body = validateBody<ChatBody>('CreateChatCompletion', chatFields, raw)
  refuseLogitBias(body)
  if (body.messages.length === 0) throw new HttpFailure(400, 'Invalid input. Please specify the prompt.')
  const model = request.server.models.require(body.model)
  refuseTools(body, model)

  const call = { ...request, uid: body.model, route: 'chat' as const }
  const identity = identify(body.model)
  const prepare = (signal: AbortSignal): Parameters<ServedModel['chat']> => {
    const { isChatModel, isVisionModel, modelName } = model.metadata
    if (!isChatModel) throw new Error(`Model ${modelName} is not for chat.`)
    return [readMessages(body.messages, isVisionModel), { ...readChatOptions(body), signal }]
  }
  if (!body.stream) return answerWhole(call, (signal) => toChatBody(identity, model.chat(...prepare(signal))))
  const includeUsage = body.stream_options?.['include_usage'] === true
  return answerStream(call, (signal) => toChatEvents(identity, model.streamChat(...prepare(signal)), includeUsage))
}

/** `POST /v1/completions` */
export async function createCompletion(request: XinferenceRequest): Promise<Response> {
  const raw = requireItems(await readJson(request.incoming, request.server.maxBodyBytes))
  const body = validateBody<CompletionBody>('CreateCompletionRequest', completionFields, raw)
  refuseLogitBias(body)
  const model = request.server.models.require(body.model)

  const call = { ...request, uid: body.model, route: 'completion' as const }
  const identity = identify(body.model)
  const prepare = (signal: AbortSignal): Parameters<ServedModel['complete']> => [
    body.prompt,
    { ...readCompletionOptions(body), signal },
  ]
  if (!body.stream) {
    return answerWhole(call, (signal) => toCompletionBody(identity, model.complete(...prepare(signal))))
  }
  return answerStream(call, (signal) => toCompletionEvents(identity, model.streamComplete(...prepare(signal))))
}

function identify(uid: string): AnswerIdentity {
  return { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: uid }
}

/** These two routes look into the body before they validate it. */
function requireItems(body: unknown): unknown {
  if (isRecord(body)) return body
  throw new TypeError(`'${pythonTypeName(body)}' object has no attribute 'items'`)
}

function refuseLogitBias({ logit_bias: logitBias }: ChatBody | CompletionBody): void {
  if (logitBias != null) throw new HttpFailure(501, 'Not implemented')
}

/** Some of the families that Xinference names here. */
const toolFamilies = "{'deepseek-v3', 'glm4-chat', 'llama-3.1-instruct', 'qwen2.5-instruct', 'qwen3'}"

function refuseTools({ tools, messages }: ChatBody, { metadata }: ServedModel): void {
  if (metadata.isFunctionCallingModel) return
  // An empty list too: pydantic has made an iterator of it, and every iterator is true.
  if (tools != null) throw new HttpFailure(400, `Only ${toolFamilies} support tool calls`)
  if (messages.at(-1)?.['role'] === 'tool') throw new HttpFailure(400, `Only ${toolFamilies} support tool messages`)
}

/** A request to one model. */
interface InferenceCall extends XinferenceRequest {
  readonly uid: string
  readonly route: InferenceRoute
}

async function answerWhole(
  { signal, server, uid, route }: InferenceCall,
  ask: (signal: AbortSignal) => Promise<unknown>,
): Promise<Response> {
  try {
    return Response.json(await server.limit.run(uid, () => ask(signal)))
  } catch (error) {
    report(server, uid, error, signal)
    throw toHttpFailure(error, server.address, route)
  }
}

/** The status is sent before the model is asked: whatever goes wrong from here on is an event. */
async function answerStream(
  { outgoing, signal, server, uid, route }: InferenceCall,
  ask: (signal: AbortSignal) => AsyncIterable<string>,
): Promise<Response> {
  const events = new EventStream(outgoing, server.pingIntervalMs)
  try {
    await server.limit.run(uid, async () => {
      for await (const data of ask(signal)) await events.send(data)
    })
  } catch (error) {
    report(server, uid, error, signal)
    await events.send(pythonAsciiJson({ error: toStreamError(error, server.address, route) }))
  } finally {
    events.end()
  }
  return RESPONSE_ALREADY_SENT
}

/** A client that went is no failure of the model. */
function report({ events, address }: XinferenceServer, uid: string, error: unknown, signal: AbortSignal): void {
  if (!signal.aborted) events.addError(uid, toReason(error, address))
}
