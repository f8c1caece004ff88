import type { LLMMetadata } from '../contract/metadata.js'
import type { Warning } from '../contract/response.js'
import type { ModelDescription } from './model-description.js'

export interface ContextWindow {
  readonly tokens: number | undefined
  readonly source: LLMMetadata['contextWindowSource']
  readonly warning: Warning | undefined
}

/** The list of LlamaIndex's class, for servers too old to tell (before 0.8). It is not added to. */
const tokensByModelName: Readonly<Record<string, number>> = {
  baichuan: 2048,
  'baichuan-chat': 2048,
  'wizardlm-v1.0': 2048,
  'vicuna-v1.3': 2048,
  orca: 2048,
  chatglm: 2048,
  chatglm2: 8192,
  'llama-2-chat': 4096,
  'llama-2': 4096,
}

/** A given window wins; then the server's; then the table; else nobody knows. */
export function findContextWindow(given: number | undefined, description: ModelDescription): ContextWindow {
  if (given !== undefined) return { tokens: given, source: 'given', warning: undefined }
  const { context_length: registered, model_name: name = '' } = description
  if (typeof registered === 'number' && registered > 0)
    return { tokens: registered, source: 'registered', warning: undefined }
  const tokens = Object.hasOwn(tokensByModelName, name) ? tokensByModelName[name] : undefined
  if (registered === undefined && tokens !== undefined) {
    const message = `The server does not tell the context window of ${name}; ${tokens} tokens are taken from an old list. Update Xinference, or give contextWindow.`
    return { tokens, source: 'table', warning: { code: 'context-window-from-table', message } }
  }
  const message = `The context window of ${name || 'the model'} is not known, so maxTokens has no default: give contextWindow.`
  return { tokens: undefined, source: 'unknown', warning: { code: 'context-window-unknown', message } }
}
