import type { ChatMessage, ChatRole, ContentPart, ToolCall } from '../contract/message.js'
import { InvalidRowError } from '../errors/invalid-row-error.js'

type Fields = Readonly<Record<string, unknown>>

const roles: readonly string[] = ['system', 'user', 'assistant', 'tool'] satisfies readonly ChatRole[]

/**
 * The conversation in a column, in the form of OpenAI's API or in that of `ChatMessage`; as JSON text where the input has
 * nothing but text, as CSV.
 *
 * @throws InvalidRowError `INVALID_ROW`, which names the message that is wrong.
 */
export function readMessages(given: unknown, column: string): readonly ChatMessage[] {
  const value = typeof given === 'string' ? readText(given, column) : given
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidRowError(`The column "${column}" must be an array of at least one message.`)
  }
  return value.map((message: unknown, index) => readMessage(message, () => `Message ${index} of "${column}"`))
}

function readText(text: string, column: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InvalidRowError(`The column "${column}" is text, and no JSON: it must be an array of messages.`, {
      cause,
    })
  }
}

function readMessage(value: unknown, where: () => string): ChatMessage {
  if (!isFields(value)) throw new InvalidRowError(`${where()} must be an object.`)
  const { role, content, name } = value
  // OpenAI's newer name of the same thing.
  const known = role === 'developer' ? 'system' : role
  if (typeof known !== 'string' || !roles.includes(known)) {
    throw new InvalidRowError(`${where()} has the role ${JSON.stringify(role)}; it must be ${roles.join(', ')}.`)
  }
  if (known === role && typeof content === 'string' && isBare(value)) return value as unknown as ChatMessage
  const message: { -readonly [K in keyof ChatMessage]: ChatMessage[K] } = {
    role: known as ChatRole,
    content: readContent(content, where),
  }
  if (typeof name === 'string') message.name = name
  const toolCalls = value['tool_calls'] ?? value['toolCalls']
  if (Array.isArray(toolCalls)) message.toolCalls = toolCalls.map((call: unknown) => readToolCall(call, where))
  const toolCallId = value['tool_call_id'] ?? value['toolCallId']
  if (typeof toolCallId === 'string') message.toolCallId = toolCallId
  return message
}

/** Nothing is there but what every message has, so that it need not be made again. */
function isBare(value: Fields): boolean {
  for (const key in value) if (key !== 'role' && key !== 'content') return false
  return true
}

function readContent(content: unknown, where: () => string): string | readonly ContentPart[] {
  if (typeof content === 'string') return content
  // An assistant's turn that only calls tools.
  if (content === null || content === undefined) return ''
  if (!Array.isArray(content)) throw new InvalidRowError(`${where()} has a content that is neither text nor parts.`)
  return content.map((part: unknown): ContentPart => {
    if (isFields(part)) {
      const { type, text, image, mediaType } = part
      if (type === 'text' && typeof text === 'string') return { type, text }
      if (type === 'image' && typeof image === 'string') {
        return typeof mediaType === 'string' ? { type, image, mediaType } : { type, image }
      }
      const address = part['image_url']
      const url = isFields(address) ? address['url'] : address
      if (type === 'image_url' && typeof url === 'string') return { type: 'image', image: url }
    }
    throw new InvalidRowError(`${where()} has a part that is neither text nor an image.`)
  })
}

function readToolCall(value: unknown, where: () => string): ToolCall {
  if (isFields(value)) {
    const { id = '' } = value
    const { name, arguments: given } = isFields(value['function']) ? value['function'] : value
    if (typeof id === 'string' && typeof name === 'string') {
      return { id, name, arguments: typeof given === 'string' ? given : JSON.stringify(given ?? {}) }
    }
  }
  throw new InvalidRowError(`${where()} has a tool call without a name.`)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
