import type { Warning } from '../contract/response.js'
import type { Answer } from './answer.js'

/** What a caller should know of a complete answer that is not what it looks like. */
export function answerWarnings(answer: Answer): readonly Warning[] {
  const isCut = answer.finishReason.unified === 'length'
  const calls = answer.toolCalls()
  if (calls.length > 0) {
    return calls.flatMap(({ name, arguments: text }) =>
      isArguments(text, isCut) ? [] : [wrongArguments(name, text, isCut)],
    )
  }
  if (!isCut || answer.reasoning === undefined || answer.text.trim() !== '') return none
  const message = 'The model was still thinking when its tokens ran out, so there is no text: raise maxTokens.'
  return [{ code: 'thinking-cut-off', message }]
}

const none: readonly Warning[] = []

/** A tool without parameters is called with `{}`, or with nothing at all. */
function isArguments(text: string, isCut: boolean): boolean {
  if (text === '') return !isCut
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function wrongArguments(name: string, text: string, isCut: boolean): Warning {
  const excerpt = text.length > 100 ? `${text.slice(0, 100)}...` : text
  const advice = isCut
    ? 'its tokens ran out: raise maxTokens'
    : 'do not run the tool; answer the call with this sentence, or ask again'
  const message = `The model called ${name} with arguments that are not a JSON object (${excerpt}); ${advice}.`
  return { code: 'invalid-tool-arguments', message }
}
