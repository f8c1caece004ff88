import type { AncestorReading } from '../llm/from-json.js'

const names: Readonly<Record<string, string>> = {
  model_uid: 'modelUid',
  endpoint: 'endpoint',
  temperature: 'temperature',
  max_tokens: 'maxTokens',
  context_window: 'contextWindow',
  model_description: 'modelDescription',
  system_prompt: 'systemPrompt',
}

/** Fields that hold nothing once written as JSON, or whose default is what happens here anyway. */
const meaningless = new Set(['class_name', 'callback_manager', 'pydantic_program_mode'])

/** Reads what the `to_dict()` of LlamaIndex's `Xinference` wrote (llama-index-llms-xinference 0.1 to 0.5). */
export function readLlamaIndexDictionary(dictionary: Readonly<Record<string, unknown>>): AncestorReading {
  const options: Record<string, unknown> = {}
  const unmapped: string[] = []
  for (const [field, value] of Object.entries(dictionary)) {
    const name = names[field]
    if (value === null || value === undefined || meaningless.has(field)) continue
    if (name !== undefined) options[name] = value
    else unmapped.push(`the field ${field} of the Python class was left out, it has no counterpart in JSON here`)
  }
  return { options, unmapped }
}
