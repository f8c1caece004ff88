import type { ChatMessage, ContentPart, Tool, ToolChoice } from '../../contract/message.js'

type WireObject = Readonly<Record<string, unknown>>

/** Messages in OpenAI's words. */
export function compileMessages(messages: readonly ChatMessage[]): readonly WireObject[] {
  return messages.map(compileMessage)
}

function compileMessage(message: ChatMessage): WireObject {
  const { role, content, name, toolCalls, toolCallId } = message
  const wire: Record<string, unknown> = {
    role,
    content: typeof content === 'string' ? content : content.map(compilePart),
  }
  if (name !== undefined) wire['name'] = name
  if (toolCallId !== undefined) wire['tool_call_id'] = toolCallId
  if (toolCalls !== undefined && toolCalls.length > 0) {
    wire['tool_calls'] = toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    }))
  }
  return wire
}

function compilePart(part: ContentPart): WireObject {
  if (part.type === 'text') return { type: 'text', text: part.text }
  return { type: 'image_url', image_url: { url: String(part.image) } }
}

export function compileTools(tools: readonly Tool[]): readonly WireObject[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters: parameters ?? { type: 'object', properties: {} },
    },
  }))
}

export function compileToolChoice(choice: ToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } }
}
