import type { ChatMessage, ContentPart, Tool, ToolCall } from '../contract/message.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'

/** A message as the chat templates of the Hugging Face Hub expect it. */
export interface TemplateMessage {
  readonly role: string
  readonly content: string
  readonly name?: string
  readonly tool_calls?: readonly TemplateToolCall[]
  readonly tool_call_id?: string
  readonly reasoning_content?: string
  /** The same as {@link reasoning_content}, by the name that gpt-oss's template reads. */
  readonly thinking?: string
}

/** A tool call as templates expect it: the arguments as an object, or as text when they are not JSON. */
export interface TemplateToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: unknown }
}

/** A tool as templates expect it: OpenAI's function form. */
export interface TemplateTool {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description?: string
    readonly parameters?: Readonly<Record<string, unknown>>
  }
}

/**
 * Messages in the templates' snake case. Several text parts are joined by a line break, as vLLM and llama.cpp join them
 * for a template that takes strings.
 *
 * @throws HeadraceError `INVALID_REQUEST` for an image: a template makes text only.
 */
export function toTemplateMessages(messages: readonly ChatMessage[]): readonly TemplateMessage[] {
  return messages.map(({ role, content, name, toolCalls, toolCallId, reasoning }, index) => ({
    role,
    content: typeof content === 'string' ? content : joinText(content, index),
    ...(name === undefined ? undefined : { name }),
    ...(toolCalls === undefined || toolCalls.length === 0 ? undefined : { tool_calls: toolCalls.map(toTemplateCall) }),
    ...(toolCallId === undefined ? undefined : { tool_call_id: toolCallId }),
    ...(reasoning === undefined ? undefined : { reasoning_content: reasoning, thinking: reasoning }),
  }))
}

/** Tools in OpenAI's function form. */
export function toTemplateTools(tools: readonly Tool[]): readonly TemplateTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: {
      name,
      ...(description === undefined ? undefined : { description }),
      ...(parameters === undefined ? undefined : { parameters }),
    },
  }))
}

function joinText(parts: readonly ContentPart[], index: number): string {
  return parts
    .map((part) => {
      if (part.type === 'text') return part.text
      throw new InvalidRequestError(
        `Message ${index} holds an image, which a chat template cannot write: leave it out.`,
      )
    })
    .join('\n')
}

function toTemplateCall({ id, name, arguments: text }: ToolCall): TemplateToolCall {
  return { id, type: 'function', function: { name, arguments: parsedArguments(text) } }
}

/** Templates write arguments with `tojson`, which would quote JSON text a second time. */
function parsedArguments(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? value : text
  } catch {
    return text
  }
}
