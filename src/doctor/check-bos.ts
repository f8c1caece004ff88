import type { LLMOptions } from '../llm/llm-options.js'
import type { LLM } from '../llm/llm.js'
import type { PromptOptions } from '../llm/prompt-options.js'
import { ask, attempt, question } from './ask.js'
import type { Finding } from './finding.js'

/** A model that may be given its tokenizer. */
export type TokenizerTaker = LLM<LLMOptions & PromptOptions>

const name = 'bos'

/** Whether a prompt that is rendered here is read with the very tokens that were counted, once each. */
export async function* checkBos(
  llm: LLM,
  plain: LLM,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding, void, undefined> {
  const messages = [{ role: 'user', content: question }] as const
  if (llm === plain) {
    // An embedded engine counts by itself, and a chat-only server writes its prompts itself.
    const countsItself = (await llm.prepareInput(messages)).tokens !== undefined
    if (countsItself || llm.capabilities.completion === false) return
    yield {
      name,
      verdict: 'unknown',
      message: 'Give the tokenizer to see whether rendered prompts get a second token of the beginning (BOS).',
    }
    return
  }
  const { route, tokens } = await llm.prepareInput(messages)
  if (tokens === undefined) return
  const counts = await ask(plain, route, { signal })
  if (counts.answer?.usage.inputTokens === undefined) {
    yield { name, verdict: 'unknown', message: 'The server does not count prompts, so a second BOS cannot be seen.' }
    return
  }
  const { answer, error } = await attempt(() => llm.chat(messages, { maxTokens: 1, wireMode: 'json', signal }))
  if (answer === undefined) {
    yield { name, verdict: 'unknown', message: `A rendered prompt was refused: ${error.message}` }
    return
  }
  const served = answer.usage.inputTokens ?? tokens
  const found = `${tokens} tokens counted here, ${served} by the server`
  if (served === tokens) yield { name, verdict: 'works', message: `Prompts are read as they are counted (${found}).` }
  else if (served === tokens + 1) {
    yield {
      name,
      verdict: 'lies',
      message: `The server adds a second token of the beginning, BOS (${found}): ask without tokenizerId.`,
    }
  } else
    yield {
      name,
      verdict: 'lies',
      message: `The tokenizer is not the server's (${found}): give the right tokenizerId.`,
    }
}
