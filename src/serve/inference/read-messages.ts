import type { ChatMessage, ChatRole, ContentPart, ToolCall } from '../../contract/message.js'
import { isRecord } from '../is-record.js'

type Json = Readonly<Record<string, unknown>>

/**
 * Turns messages as they come over the wire into ours. Xinference does not look into them; what cannot be read here
 * fails as it fails in its engine.
 *
 * @param isVisionModel - Without it, an array of content parts is flattened to their texts, joined with newlines.
 * @throws Error
 */
export function readMessages(messages: readonly Json[], isVisionModel: boolean): ChatMessage[] {
  return messages.map((message) => readMessage(message, isVisionModel))
}

function readMessage(message: Json, isVisionModel: boolean): ChatMessage {
  const { role, name, tool_calls: toolCalls, tool_call_id: toolCallId, reasoning_content: reasoning } = message
  if (typeof role !== 'string') throw new Error(`Missing 'role' in message: ${JSON.stringify(message)}`)
  const hasToolCalls = Array.isArray(toolCalls) && toolCalls.length > 0
  if (message['content'] == null && !hasToolCalls) throw new Error("Expected 'content' or 'tool_calls' in a message")
  return {
    // A role that we do not know is for the model to refuse.
    role: role as ChatRole,
    content: readContent(message['content'], isVisionModel),
    ...(typeof name === 'string' ? { name } : undefined),
    ...(hasToolCalls ? { toolCalls: toolCalls.map(readToolCall) } : undefined),
    ...(typeof toolCallId === 'string' ? { toolCallId } : undefined),
    ...(typeof reasoning === 'string' ? { reasoning } : undefined),
  }
}

function readContent(content: unknown, isVisionModel: boolean): string | ContentPart[] {
  if (content == null) return ''
  if (typeof content === 'string') return content
  if (!Array.isArray(content) || !content.every(isRecord)) {
    throw new Error(`Invalid 'content' type: expected string or array, got ${JSON.stringify(content)}`)
  }
  if (isVisionModel) return content.map(readPart)
  return content.map(({ text }) => (typeof text === 'string' ? text : '')).join('\n')
}

function readPart(part: Json): ContentPart {
  if (typeof part['text'] === 'string') return { type: 'text', text: part['text'] }
  const image = isRecord(part['image_url']) ? part['image_url']['url'] : undefined
  if (typeof image !== 'string') throw new Error(`unsupported content[].type: ${JSON.stringify(part['type'])}`)
  // Any other string would be read as the path of a file on this machine.
  if (!/^(data:|https?:\/\/)/i.test(image)) throw new Error('image_url must be a data: URL or begin with http(s)://')
  return { type: 'image', image }
}

function readToolCall(call: unknown): ToolCall {
  const { id, function: called } = isRecord(call) ? call : {}
  const { name, arguments: given } = isRecord(called) ? called : {}
  if (typeof name !== 'string') throw new Error(`Missing tool call function: ${JSON.stringify(call)}`)
  return {
    id: typeof id === 'string' ? id : '',
    name,
    arguments: typeof given === 'string' ? given : JSON.stringify(given ?? {}),
  }
}
