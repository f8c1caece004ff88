/** What the dialect needs to know of a model and of the server that describes it. */
export interface XinferenceModel {
  readonly modelUid: string
  /** In lower case: `llama.cpp`, `vllm`, `transformers`, `sglang`, `mlx`. In the description since server 3.1, before that known where the format tells. */
  readonly engine: string | undefined
  /** `model_ability`; absent in a description that a caller wrote. */
  readonly abilities: readonly string[] | undefined
  /** `model_name`. */
  readonly name: string | undefined
  /** A virtual model (token router) takes chats only. */
  readonly isVirtual: boolean
  /** Its chat template refuses a system message that is not the first; told since server 3.0. */
  readonly isSystemFirst: boolean
  /**
   * The oldest version that the server can be, by the fields of the description: each came with a version and stayed.
   * `Infinity` for a description that is not whole, such as one that a caller wrote: it proves nothing, so the server is
   * taken to be a new one.
   */
  readonly serverVersion: number
}

/** Read from the sources of the releases; newest first. */
const fieldsSince = [
  ['model_engine', 3.1],
  ['strict_system_first', 3],
  ['multimodal_projector', 1.6],
  ['model_family', 0.9],
] as const

/** What descriptions of all versions have. */
const fieldsOfAll = ['model_type', 'model_format', 'model_hub', 'quantization'] as const

/** Formats that one engine alone runs. */
const engineOfFormat: Readonly<Record<string, string>> = {
  ggufv2: 'llama.cpp',
  ggmlv3: 'llama.cpp',
  mlx: 'mlx',
}

/** Reads an entry of `GET /v1/models`, or what `GET /v1/models/{uid}` answers, of servers 0.8 to 4.1. */
export function readDescription(modelUid: string, description: Readonly<Record<string, unknown>>): XinferenceModel {
  const { model_engine: engine, model_format: format, model_ability: abilities, model_name: name } = description
  return {
    modelUid,
    engine: typeof engine === 'string' ? engine.toLowerCase() : engineOfFormat[String(format)],
    abilities: Array.isArray(abilities) ? (abilities as readonly string[]) : undefined,
    name: typeof name === 'string' ? name : undefined,
    isVirtual: description['model_kind'] === 'virtual',
    isSystemFirst: description['strict_system_first'] === true,
    serverVersion: versionOf(description),
  }
}

function versionOf(description: Readonly<Record<string, unknown>>): number {
  if (!fieldsOfAll.every((field) => field in description)) return Infinity
  return fieldsSince.find(([field]) => field in description)?.[1] ?? 0.8
}
