import type { ChatMessage, ContentPart } from '../contract/message.js'
import type { Warning } from '../contract/response.js'

/**
 * The conversation with all its system messages joined, in their order, into one that comes first; the same array when
 * that is how it is.
 */
export function putSystemFirst(messages: readonly ChatMessage[], warnings: Warning[]): readonly ChatMessage[] {
  if (messages.every(({ role }, index) => role !== 'system' || index === 0)) return messages
  const system = messages.filter(({ role }) => role === 'system')
  const others = messages.filter(({ role }) => role !== 'system')
  warnings.push({
    code: 'system-messages-joined',
    message: `The model takes one system message, the first: ${system.length} of them were joined there.`,
  })
  return [{ ...system[0], role: 'system', content: join(system.map(({ content }) => content)) }, ...others]
}

function join(contents: readonly ChatMessage['content'][]): ChatMessage['content'] {
  if (contents.every((content) => typeof content === 'string')) return contents.join('\n\n')
  return contents.flatMap((content): readonly ContentPart[] =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : content,
  )
}
