import { z } from 'zod'

import { InvalidOptionError } from '../../errors/invalid-option-error.js'
import type { Shape } from '../../llm/options-schema.js'
import { parseOptions } from '../../llm/parse-options.js'
import { wrongUid } from './model-path.js'

/** The kinds of models that Xinference runs. */
export type XinferenceModelType = 'LLM' | 'embedding' | 'rerank' | 'image' | 'audio' | 'video' | 'flexible'

/** What to launch, and how. Field by field Xinference's launch request (server 3.2). */
export interface LaunchOptions {
  /** A built-in family or a registered model: `qwen2.5-instruct`. */
  readonly modelName: string
  /**
   * 1 to 100 characters without a slash, not ending in `-rep` and a number.
   *
   * @defaultValue the server chooses, from `modelName`
   */
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

const text = z.string().min(1)
const count = z.int().min(1)

const launchShape: Shape<LaunchOptions> = {
  modelName: text,
  modelUid: text.optional(),
  modelType: z.enum(['LLM', 'embedding', 'rerank', 'image', 'audio', 'video', 'flexible']).optional(),
  modelEngine: text.optional(),
  modelFormat: text.optional(),
  modelSizeInBillions: z
    .union([count, z.string().regex(/^\d+(_\d+)?$/)], 'must be a whole number, or "0_5" for 0.5')
    .optional(),
  quantization: text.optional(),
  modelPath: text.optional(),
  replica: count.optional(),
  nGpu: z.union([count, z.enum(['auto', 'cpu'])], 'must be a whole number of at least 1, "auto" or "cpu"').optional(),
  gpuIdx: z.union([z.int().min(0), z.array(z.int().min(0))], 'must be whole numbers').optional(),
  workerIp: text.optional(),
  requestLimits: count.optional(),
  downloadHub: text.optional(),
  enableThinking: z.boolean().optional(),
  enableVirtualEnv: z.boolean().optional(),
  virtualEnvPackages: z.array(text).optional(),
  envs: z.record(z.string(), z.string()).optional(),
  loras: z.array(z.strictObject({ name: text, path: text })).optional(),
  engineOptions: z.record(z.string(), z.unknown()).optional(),
}

const launchSchema: z.ZodType<LaunchOptions, LaunchOptions> = z.strictObject(launchShape)

/**
 * The launch request in the server's words.
 *
 * @throws InvalidOptionError `INVALID_OPTION`, also for a uid under which the model could not be reached.
 */
export function toLaunchBody(options: LaunchOptions): Record<string, unknown> {
  const { nGpu, loras, engineOptions = {}, ...rest } = parseOptions(launchSchema, options, 'launchModel')
  const { modelUid } = rest
  const wrong = modelUid === undefined ? undefined : wrongUid(modelUid)
  if (wrong !== undefined) {
    throw new InvalidOptionError(`launchModel: modelUid ${wrong}, got ${JSON.stringify(modelUid)}.`, {
      option: 'modelUid',
    })
  }
  for (const name of Object.keys(launchShape)) {
    const wireName = toWireName(name)
    if (!Object.hasOwn(engineOptions, wireName)) continue
    throw new InvalidOptionError(`launchModel: ${wireName} is no option of the engine: give it as ${name}.`, {
      option: `engineOptions.${wireName}`,
    })
  }
  const body: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) body[toWireName(name)] = value
  for (const [name, value] of Object.entries(engineOptions)) if (value !== undefined) body[name] = value
  // The one field whose null means something: no GPU.
  if (nGpu !== undefined) body['n_gpu'] = nGpu === 'cpu' ? null : nGpu
  if (loras !== undefined) {
    body['peft_model_config'] = { lora_list: loras.map(({ name, path }) => ({ lora_name: name, local_path: path })) }
  }
  return body
}

function toWireName(name: string): string {
  return name === 'loras' ? 'peft_model_config' : name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
