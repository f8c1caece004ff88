/** What is asked of TGI's native routes and answered there (3.3.6), byte for byte. */
import { streamTokens, tokens, wholeAnswerTokens } from './workload.js'

export const prompt =
  '<|im_start|>user\nWhy is a headrace dug along the contour of the hill?<|im_end|>\n<|im_start|>assistant\n'

/** What both clients are told, and Headrace's own default. */
const maxNewTokens = 128

/** The body that Headrace sends, whole or streamed. The bare client sends this very text. */
export const tgiRequestBody: string = JSON.stringify({
  inputs: prompt,
  parameters: { details: true, max_new_tokens: maxNewTokens, do_sample: true, temperature: 1 },
})

export const tgiModels = {
  object: 'list',
  data: [{ id: 'org/model', object: 'model', created: 0, owned_by: 'org/model' }],
}

export const tgiInfo = {
  model_id: 'org/model',
  model_sha: null,
  model_pipeline_tag: 'text-generation',
  max_concurrent_requests: 128,
  max_best_of: 2,
  max_stop_sequences: 4,
  max_input_tokens: 32_767,
  max_total_tokens: 32_768,
  validation_workers: 2,
  max_client_batch_size: 4,
  router: 'text-generation-router',
  version: '3.3.6',
  sha: null,
  docker_label: null,
}

const toToken = (text: string, index: number): object => ({
  id: 1000 + index,
  text,
  logprob: -0.26953125,
  special: false,
})

/** The answer of `/generate` with its details, which every client asks for that wants to know how it ended. */
export const tgiWholeAnswer = {
  generated_text: tokens(wholeAnswerTokens).join(''),
  details: {
    finish_reason: 'eos_token',
    generated_tokens: wholeAnswerTokens,
    seed: 1_234_567,
    prefill: [],
    tokens: tokens(wholeAnswerTokens).map(toToken),
  },
}

/** The events of `/generate_stream`, one string an event. */
export const tgiStreamEvents: readonly string[] = tokens(streamTokens).map((text, position, all) => {
  const isLast = position === all.length - 1
  const details = { finish_reason: 'length', generated_tokens: all.length, seed: 1_234_567, input_length: 31 }
  const event = {
    index: position + 1,
    token: toToken(text, position),
    generated_text: isLast ? all.join('') : null,
    details: isLast ? details : null,
  }
  return `data:${JSON.stringify(event)}\n\n`
})
