/**
 * A model as Xinference describes it in `GET /v1/models`, in the server's own words. Which fields there are depends on
 * the server's version; the ones named here are read.
 */
export interface ModelDescription {
  /** The uid. */
  readonly id?: string | undefined
  /** `LLM`, `embedding`, `rerank`, `image`, ... */
  readonly model_type?: string | undefined
  /** The family: `qwen2.5-instruct`. */
  readonly model_name?: string | undefined
  /** `chat`, `generate`, `tools`, `vision`, `audio`, `omni`, `reasoning`, `hybrid`. */
  readonly model_ability?: readonly string[] | undefined
  /** Registered for the family; what the running engine allows may be less. */
  readonly context_length?: number | null | undefined
  /** `llama.cpp`, `vLLM`, `Transformers`, `SGLang`, `MLX`; since server 3.1. */
  readonly model_engine?: string | null | undefined
  /** `virtual` for a token router's models. */
  readonly model_kind?: string | undefined
  readonly [field: string]: unknown
}
