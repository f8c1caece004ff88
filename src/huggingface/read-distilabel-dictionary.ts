import type { AncestorReading } from '../llm/from-json.js'

const names: Readonly<Record<string, string>> = {
  model_id: 'modelId',
  endpoint_name: 'endpointName',
  endpoint_namespace: 'endpointNamespace',
  base_url: 'baseUrl',
  tokenizer_id: 'tokenizerId',
  model_display_name: 'modelDisplayName',
  use_magpie_template: 'useMagpieTemplate',
  magpie_pre_query_template: 'magpiePreQueryTemplate',
}

const generationNames: Readonly<Record<string, string>> = {
  max_new_tokens: 'maxTokens',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  repetition_penalty: 'repetitionPenalty',
  logit_bias: 'logitBias',
  logprobs: 'logprobs',
  top_logprobs: 'topLogprobs',
  top_n_tokens: 'topNTokens',
  seed: 'seed',
  stop_sequences: 'stop',
  temperature: 'temperature',
  tool_choice: 'toolChoice',
  tool_prompt: 'toolPrompt',
  top_p: 'topP',
  top_k: 'topK',
  typical_p: 'typicalP',
  do_sample: 'doSample',
  return_full_text: 'returnFullText',
  watermark: 'watermark',
}

/** Fields that hold nothing once written as JSON, or mean nothing here. */
const meaningless = new Set([
  'type_info',
  'runtime_parameters_info',
  'generation_kwargs',
  'structured_output',
  'api_key',
  'jobs_ids',
  'offline_batch_generation_block_until_done',
])

type Dictionary = Readonly<Record<string, unknown>>

/** Reads what the `dump()` of distilabel's `InferenceEndpointsLLM` wrote (distilabel 1.5). */
export function readDistilabelDictionary(dictionary: Dictionary): AncestorReading {
  const options: Record<string, unknown> = {}
  const unmapped: string[] = []
  for (const [field, value] of Object.entries(dictionary)) {
    if (value === null || value === undefined || value === false || meaningless.has(field)) continue
    const name = names[field]
    if (name !== undefined) options[name] = value
    else unmapped.push(`the field ${field} of the Python class was left out, it has no counterpart here`)
  }
  const output = dictionary['structured_output'] as Dictionary | null | undefined
  if (output !== null && output !== undefined) options['structuredOutput'] = readOutput(output)
  const generation = Object.entries((dictionary['generation_kwargs'] ?? {}) as Dictionary)
  const kwargs: Record<string, unknown> = {}
  for (const [field, value] of generation) {
    if (value === null) continue
    const name = generationNames[field]
    // Greedy by accident: the raw route of the class did not sample although its temperature said so.
    if (name === 'doSample' && value === false) continue
    if (name !== undefined) kwargs[name] = value
    else unmapped.push(`generation_kwargs.${field} of the Python class was left out, it has no counterpart here`)
  }
  if (Object.keys(kwargs).length > 0) options['generationKwargs'] = kwargs
  return { options, unmapped }
}

function readOutput({ format, schema, whitespace_pattern: whitespacePattern }: Dictionary): Dictionary {
  return { format, schema, ...(typeof whitespacePattern === 'string' ? { whitespacePattern } : {}) }
}
