import { InferenceEndpointsLLM } from './huggingface/inference-endpoints-llm.js'
import { fromJSON as read, type FromJSONOptions } from './llm/from-json.js'
import type { LLM } from './llm/llm.js'
import { Xinference } from './xinference/xinference.js'

/**
 * Makes a model of what `toJSON()` gave, or of a dictionary that a Python ancestor wrote. Knows the classes of this entry
 * point; those of others (`LlamaCpp`) are passed in `classes`.
 *
 * @throws SerializationError `NOT_DESERIALIZABLE`
 */
export function fromJSON(json: unknown, options: FromJSONOptions = {}): LLM {
  return read(json, { ...options, classes: [Xinference, InferenceEndpointsLLM, ...(options.classes ?? [])] })
}
