import type { ChatMessage, Tool, ToolChoice } from '../../contract/message.js'
import type { CallOptions } from '../../contract/options.js'
import { readMessages } from '../inference/read-messages.js'
import { planCall } from './call-options.js'
import { type ChatIdentity, toChatBody, toChatChunk, toUsageChunk } from './chat-answer.js'
import { generatePieces, type Piece } from './generation.js'
import { streamChunks } from './openai-stream.js'
import { readChatParameters } from './parameters.js'
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
  const told = { modelId: server.modelId, created: Math.floor(Date.now() / 1000), logprobs: body.logprobs === true }
  using _place = server.enter()
  const pieces = ask(request, body, messages, tools)
  const includeUsage = body.stream_options?.include_usage === true
  if (body.stream) return await streamChunks(request, toChunks(told, pieces, includeUsage))
  const list: Piece[] = []
  for await (const piece of pieces) list.push(piece)
  return Response.json(toChatBody(told, list))
}

async function* ask(
  { server, signal }: TgiRequest,
  body: ChatBody,
  messages: readonly ChatMessage[],
  tools: CallOptions,
): AsyncGenerator<Piece, void, undefined> {
  const inputTokens = await server.count(messages)
  const parameters = readChatParameters(body, { stream: body.stream, inputTokens })
  if (body.logprobs !== true && body.top_logprobs != null) throw invalid('`top_logprobs` needs `logprobs` to be true')
  server.checkLength(inputTokens, parameters.maxNewTokens)
  const { options } = planCall(parameters, false)
  const { stop, topTokens } = parameters
  yield* generatePieces({
    ask: (asked) => server.model.streamChat(messages, { ...asked, ...tools, signal }),
    options,
    stop,
    topTokens,
    inputTokens,
  })
}

async function* toChunks(
  told: ChatIdentity,
  pieces: AsyncIterable<Piece>,
  includeUsage: boolean,
): AsyncGenerator<Record<string, unknown>, void, undefined> {
  for await (const piece of pieces) {
    yield toChatChunk(told, piece)
    if (includeUsage && piece.end !== undefined) yield toUsageChunk(told, piece.end)
  }
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
