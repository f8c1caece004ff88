/** The kinds of models that Xinference runs. */
export type XinferenceModelType = 'LLM' | 'embedding' | 'rerank' | 'image' | 'audio' | 'video' | 'flexible'

/** What to launch, and how. Field by field Xinference's launch request (server 3.2). */
export interface LaunchOptions {
  /** A built-in family or a registered model: `qwen2.5-instruct`. */
  readonly modelName: string
  /** 1 to 100 characters, not ending in `-rep` and a number. @defaultValue the server chooses, from `modelName` */
  readonly modelUid?: string | undefined
  /** @defaultValue 'LLM' */
  readonly modelType?: XinferenceModelType | undefined
  /** `llama.cpp`, `vLLM`, `Transformers`, `SGLang`, `MLX`. The server asks for it for an LLM. */
  readonly modelEngine?: string | undefined
  /** `ggufv2`, `pytorch`, `gptq`, `awq`, `fp8`, ... */
  readonly modelFormat?: string | undefined
  /** Whole numbers, or `"0_5"` for 0.5. */
  readonly modelSizeInBillions?: number | string | undefined
  readonly quantization?: string | undefined
  /** A file or folder on the server instead of a download. */
  readonly modelPath?: string | undefined
  /** How many copies. @defaultValue 1 */
  readonly replica?: number | undefined
  /** GPUs of a copy; `cpu` for none. @defaultValue 'auto' */
  readonly nGpu?: number | 'auto' | 'cpu' | undefined
  readonly gpuIdx?: number | readonly number[] | undefined
  readonly workerIp?: string | undefined
  /** Requests in flight for a copy; further ones are refused with `RATE_LIMITED`. */
  readonly requestLimits?: number | undefined
  /** `auto`, `huggingface`, `modelscope`, `openmind_hub`, `csghub`. */
  readonly downloadHub?: string | undefined
  readonly enableThinking?: boolean | undefined
  readonly enableVirtualEnv?: boolean | undefined
  readonly virtualEnvPackages?: readonly string[] | undefined
  readonly envs?: Readonly<Record<string, string>> | undefined
  /** LoRA adapters on the server. */
  readonly loras?: readonly { readonly name: string; readonly path: string }[] | undefined
  /** Goes to the engine as it is: `n_ctx`, `max_model_len`, `gpu_memory_utilization`, `reasoning_content`, ... */
  readonly engineOptions?: Readonly<Record<string, unknown>> | undefined
}

/** The launch request in the server's words. */
export function toLaunchBody(options: LaunchOptions): Record<string, unknown> {
  const { nGpu, loras, engineOptions, ...rest } = options
  const body: Record<string, unknown> = { ...engineOptions }
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) body[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = value
  }
  // The one field whose null means something: no GPU.
  if (nGpu !== undefined) body['n_gpu'] = nGpu === 'cpu' ? null : nGpu
  if (loras !== undefined) {
    body['peft_model_config'] = { lora_list: loras.map(({ name, path }) => ({ lora_name: name, local_path: path })) }
  }
  return body
}
