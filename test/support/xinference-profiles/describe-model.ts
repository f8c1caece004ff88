import type { EngineName, LaterField, XinferenceProfile } from './profile.js'

/** A model that runs on a server of a profile. */
export interface ProfileModel {
  readonly uid: string
  readonly engine: EngineName
  /** What it can do; a version knows some of it. */
  readonly abilities: readonly string[]
  readonly family: string
  /** Its chat template refuses a system message that is not the first. */
  readonly isSystemFirst?: boolean
  /** It was launched with `reasoning_content`, where the version has that. */
  readonly splitsReasoning?: boolean
}

const formatOf: Readonly<Record<EngineName, string>> = {
  'llama.cpp': 'ggufv2',
  vLLM: 'pytorch',
  Transformers: 'pytorch',
  SGLang: 'pytorch',
  MLX: 'mlx',
}

/** The model as the version describes it, by its uid in the list. */
export function describeModel(profile: XinferenceProfile, model: ProfileModel): Readonly<Record<string, unknown>> {
  const later: Readonly<Record<LaterField, unknown>> = {
    model_family: model.family,
    replica: 1,
    multimodal_projector: null,
    strict_system_first: model.isSystemFirst ?? false,
    model_engine: model.engine,
  }
  return {
    model_type: 'LLM',
    address: '127.0.0.1:41233',
    accelerators: [],
    model_name: model.family,
    model_lang: ['en'],
    model_ability: model.abilities.filter((ability) => profile.abilities.includes(ability)),
    model_description: '...',
    model_format: formatOf[model.engine],
    model_size_in_billions: 7,
    quantization: 'none',
    model_hub: 'huggingface',
    revision: null,
    context_length: 32768,
    ...Object.fromEntries(profile.describes.map((field) => [field, later[field]])),
  }
}
