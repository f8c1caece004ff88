import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'

import type { ChatMessage, Tool, ToolChoice } from '../../contract/message.js'
import type { CallOptions } from '../../contract/options.js'
import { readMessages } from '../inference/read-messages.js'
import { planCall } from './call-options.js'
import { toChatBody, toChatChunk, toUsageChunk } from './chat-answer.js'
import { type End, generatePieces, type Piece } from './generation.js'
import { openAIStream, sendFailure } from './openai-stream.js'
import { type Parameters, readChatParameters } from './parameters.js'
import { deserialize } from './read-body.js'
import { type ChatBody, chatBody } from './request-bodies.js'
import { invalid, templateError, toolError } from './tgi-failure.js'
import type { TgiRequest } from './tgi-server.js'

/** `POST /v1/chat/completions` */
export async function chat(request: TgiRequest): Promise<Response> {
  return answerChat(request, await request.server.readBody(request))
}

export async function answerChat(request: TgiRequest, raw: unknown): Promise<Response> {
  const body = deserialize(chatBody, raw)
  const { server } = request
  const { isChatModel, isVisionModel } = server.model.metadata
  if (!isChatModel) throw templateError('Template not found: the model has no chat template')
  const tools = readTools(body, request)
  const messages = readChat(body, isVisionModel)
  using _place = server.enter()
  const inputTokens = await server.count(messages)
  const prepare = (): Parameters => {
    if (body.logprobs !== true && body.top_logprobs != null) {
      throw invalid('`top_logprobs` needs `logprobs` to be true')
    }
    const parameters = readChatParameters(body, { stream: body.stream, inputTokens })
    server.checkLength(inputTokens, parameters.maxNewTokens)
    return parameters
  }
  const ask = (parameters: Parameters): AsyncIterable<Piece> => {
    const { options } = planCall(parameters, false)
    const { stop, topTokens } = parameters
    const { model } = server
    return generatePieces({
      ask: (asked) => model.streamChat(messages, { ...asked, ...tools, signal: request.signal }),
      options,
      stop,
      topTokens,
      inputTokens,
    })
  }
  const told = { modelId: server.modelId, created: Math.floor(Date.now() / 1000), logprobs: body.logprobs === true }
  if (body.stream) {
    const events = openAIStream(request)
    try {
      let end: End | undefined
      for await (const piece of ask(prepare())) {
        end = piece.end
        await events.send(JSON.stringify(toChatChunk(told, piece)))
      }
      if (body.stream_options?.include_usage === true && end !== undefined) {
        await events.send(JSON.stringify(toUsageChunk(told, end)))
      }
      await events.send('[DONE]')
    } catch (error) {
      await sendFailure(events, error)
    } finally {
      events.end()
    }
    return RESPONSE_ALREADY_SENT
  }
  const pieces: Piece[] = []
  for await (const piece of ask(prepare())) pieces.push(piece)
  return Response.json(toChatBody(told, pieces))
}

/** The messages of a body. @throws HttpFailure 422 */
export function readChat({ messages }: ChatBody, isVisionModel: boolean): readonly ChatMessage[] {
  if (messages.length === 0) throw invalid('`messages` cannot be empty')
  try {
    return readMessages(messages, isVisionModel)
  } catch (error) {
    throw templateError((error as Error).message)
  }
}

function readTools(body: ChatBody, { server }: TgiRequest): Pick<CallOptions, 'tools' | 'toolChoice'> {
  const { tools, tool_choice: choice, response_format: format } = body
  if (tools == null || tools.length === 0 || choice === 'none') return {}
  if (format != null) throw toolError('Grammar and tools are mutually exclusive')
  if (!server.model.metadata.isFunctionCallingModel) throw toolError('the model takes no tools')
  return {
    tools: tools.map(({ function: { name, description, parameters } }): Tool => ({
      name,
      ...(description == null ? undefined : { description }),
      ...(parameters == null ? undefined : { parameters }),
    })),
    toolChoice: readToolChoice(choice),
  }
}

function readToolChoice(choice: ChatBody['tool_choice']): ToolChoice | undefined {
  if (choice == null) return undefined
  if (choice === 'auto' || choice === 'required') return choice
  return { name: typeof choice === 'string' ? choice : choice.function.name }
}
