// Apart from the loading itself, so that the declarations of users without node-llama-cpp do not name its types.

/** A kind of GPU, or `false` for the processor. */
export type GpuKind = 'cuda' | 'metal' | 'vulkan' | false

/** What evaluates. `'auto'`: the best GPU there is, else the processor. */
export type GpuChoice = 'auto' | GpuKind

/** What an embedded engine is loaded with. */
export interface LoadLlamaCppEngineOptions {
  /** A .gguf file, or `hf:organisation/repository/file.gguf` on the Hugging Face Hub. */
  readonly modelPath: string
  /**
   * Tokens that prompt and answer of a call share; at most what the model was trained for.
   *
   * @defaultValue what the model was trained for, at most 8192, less where the memory does not hold it
   */
  readonly contextWindow?: number | undefined
  /**
   * Calls that are evaluated in one batch. Each has the memory of a whole window reserved.
   *
   * @defaultValue 8, fewer where their windows would take more than a quarter of the free memory
   */
  readonly parallel?: number | undefined
  /** @defaultValue by the model's size and the cores that are free; one for a small model, where more are slower */
  readonly threads?: number | undefined
  /** @defaultValue `'auto'` for models from half a gigabyte, `false` for smaller ones */
  readonly gpu?: GpuChoice | undefined
  /**
   * Evaluate calls with a seed in batches of their own, so that their text does not depend on what else runs. `false`:
   * faster under load, and a rare token may differ.
   *
   * @defaultValue true
   */
  readonly reproducible?: boolean | undefined
  /** Where `hf:` models are kept. @defaultValue `~/.node-llama-cpp/models` */
  readonly modelsDirectory?: string | undefined
  /** Aborts the loading. */
  readonly signal?: AbortSignal | undefined
}
