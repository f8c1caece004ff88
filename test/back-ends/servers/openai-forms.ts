import type { Form, OptionForms } from '../back-end.js'
import { optionCases, schema } from '../option-cases.js'

/** What OpenAI's protocol has on both routes. */
export const openAIOptions: Partial<OptionForms> = {
  maxTokens: { max_tokens: 7 },
  temperature: { temperature: 0.5 },
  topP: { top_p: 0.5 },
  frequencyPenalty: { frequency_penalty: 0.5 },
  presencePenalty: { presence_penalty: 0.25 },
  seed: { seed: 3 },
  stop: { stop: ['END'] },
  extraBody: { user: 'ana' },
}

export const wireTools = [
  {
    type: 'function',
    function: {
      name: 'weather',
      description: 'The weather of a city.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
]

/** And on its route for conversations. */
export const openAIChatOptions: Partial<OptionForms> = {
  logprobs: { logprobs: true, top_logprobs: 2 },
  tools: { tools: wireTools },
  toolChoice: { tool_choice: 'required' },
  parallelToolCalls: { parallel_tool_calls: false },
}

/** What vLLM and SGLang have beside. */
export const vllmOptions: Partial<OptionForms> = {
  topK: { top_k: 7 },
  minP: { min_p: 0.25 },
  repetitionPenalty: { repetition_penalty: 1.5 },
  stopTokenIds: { stop_token_ids: [2] },
  logitBias: { logit_bias: optionCases.logitBias.value },
}

export const templateOptions: Partial<OptionForms> = {
  reasoning: { chat_template_kwargs: { enable_thinking: false } },
  chatTemplateKwargs: { chat_template_kwargs: { style: 'brief' } },
}

export const jsonSchemaFormat: Form = {
  response_format: { type: 'json_schema', json_schema: { name: 'output', schema, strict: true } },
}
