import type { CanonicalRequest } from '../contract/engine.js'
import type { Warning } from '../contract/response.js'
import { ContextOverflowError } from '../errors/context-overflow-error.js'
import type { LoadedModel } from './loaded-model.js'

/**
 * `maxTokens` within what the window leaves. A default is lowered; what the call asked for is refused.
 *
 * @throws ContextOverflowError `CONTEXT_OVERFLOW`
 */
export function fitWindow(
  { metadata: { modelName }, windowTokens }: LoadedModel,
  options: CanonicalRequest['options'],
  asked: number | undefined,
  inputTokens: number | undefined,
  warnings: Warning[],
): CanonicalRequest['options'] {
  if (windowTokens === undefined) return options
  const { maxTokens } = options
  if (maxTokens !== undefined && maxTokens > windowTokens) {
    throw new ContextOverflowError(
      `maxTokens is ${maxTokens}, more than the ${windowTokens} tokens of the context window of ${modelName}: lower it.`,
      { context: { maxTokens, contextWindow: windowTokens } },
    )
  }
  if (inputTokens === undefined) return options
  const room = windowTokens - inputTokens
  const context = { inputTokens, maxTokens, contextWindow: windowTokens }
  if (room < 1) {
    throw new ContextOverflowError(
      `The prompt has ${inputTokens} tokens, and the context window of ${modelName} ${windowTokens}: shorten it.`,
      { context },
    )
  }
  if (maxTokens === undefined || maxTokens <= room) return options
  if (asked !== undefined) {
    throw new ContextOverflowError(
      `The prompt has ${inputTokens} tokens, which leaves ${room} of the ${windowTokens} of the context window of ${modelName}, and maxTokens is ${maxTokens}: lower it.`,
      { context },
    )
  }
  warnings.push({
    code: 'max-tokens-lowered',
    message: `maxTokens was lowered from ${maxTokens} to ${room}, what the prompt leaves of the context window.`,
  })
  return { ...options, maxTokens: room }
}
