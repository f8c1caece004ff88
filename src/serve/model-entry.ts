import type { LLMMetadata } from '../contract/metadata.js'

/**
 * What `GET /v1/models/{uid}` says of a model: a running model of Xinference's llama.cpp engine.
 *
 * @param address - Where the model lives, `host:port`.
 */
export function describeModel(metadata: LLMMetadata, address: string): Record<string, unknown> {
  const { modelName, contextWindow } = metadata
  return {
    model_type: 'LLM',
    address,
    accelerators: [],
    model_name: modelName,
    model_lang: ['en'],
    model_ability: abilities(metadata),
    model_description: `${modelName}, served by Headrace.`,
    model_format: 'ggufv2',
    model_size_in_billions: null,
    model_family: modelName,
    quantization: null,
    multimodal_projector: null,
    model_hub: 'huggingface',
    revision: null,
    context_length: contextWindow ?? null,
    strict_system_first: false,
    model_engine: 'llama.cpp',
    replica: 1,
  }
}

/** The same as an entry of `GET /v1/models`. */
export function listModel(uid: string, metadata: LLMMetadata, address: string): Record<string, unknown> {
  return { id: uid, object: 'model', created: 0, owned_by: 'xinference', ...describeModel(metadata, address) }
}

function abilities({ isChatModel, isFunctionCallingModel, isVisionModel }: LLMMetadata): string[] {
  if (!isChatModel) return ['generate']
  return ['chat', 'generate', ...(isFunctionCallingModel ? ['tools'] : []), ...(isVisionModel ? ['vision'] : [])]
}
