import { fileURLToPath } from 'node:url'

import { InvalidOptionError } from '../errors/invalid-option-error.js'
import type { InferenceEndpointsOptions } from '../huggingface/options.js'
import type { LLM } from '../llm/llm.js'
import type { ModelArguments } from './command-options.js'
import { type LLMSpec, parseLLMSpec } from './llm-spec.js'

/** The model in the package: two folders up from here, in `src` as in `dist`. */
const demoModel: LLMSpec = {
  kind: 'gguf',
  modelPath: fileURLToPath(new URL('../../models/demo/demo.gguf', import.meta.url)),
}

/**
 * The model that the arguments name, not loaded yet. Only its own class is imported.
 *
 * @throws HeadraceError `INVALID_OPTION`, also for an argument that this kind of model has no use for.
 */
export async function openLLM(args: ModelArguments): Promise<LLM> {
  return openSpec(args.llm === undefined ? demoModel : parseLLMSpec(args.llm), args)
}

/** As {@link openLLM}, of a specification that was read; `services` are addresses of Hugging Face's own. */
export async function openSpec(
  spec: LLMSpec,
  args: Omit<ModelArguments, 'llm'>,
  services: Pick<InferenceEndpointsOptions, 'managementUrl' | 'routerUrl'> = {},
): Promise<LLM> {
  const { apiKey, contextWindow, threads, parallel, tokenizer: tokenizerId, preQuery } = args
  const turns = preQuery === undefined ? {} : { useMagpieTemplate: true, magpiePreQueryTemplate: preQuery }
  if (spec.kind === 'gguf') {
    refuse('--api-key', apiKey, 'a GGUF file needs no key')
    refuse('--tokenizer', tokenizerId, 'a GGUF file holds its tokenizer')
    const { LlamaCpp } = await import('../llama-cpp/index.js')
    return new LlamaCpp({ modelPath: spec.modelPath, contextWindow, threads, parallel, ...turns })
  }
  refuse('--threads', threads, 'the server chooses how it runs its models')
  refuse('--parallel', parallel, 'the server chooses how it runs its models')
  if (spec.kind === 'xinference') {
    const { Xinference } = await import('../xinference/xinference.js')
    const { endpoint, modelUid } = spec
    return new Xinference({ modelUid, endpoint, apiKey, contextWindow, tokenizerId, ...turns })
  }
  const { InferenceEndpointsLLM } = await import('../huggingface/inference-endpoints-llm.js')
  const { kind: _kind, ...target } = spec
  return new InferenceEndpointsLLM({ ...target, ...services, apiKey, contextWindow, tokenizerId, ...turns })
}

function refuse(name: string, value: unknown, reason: string): void {
  if (value === undefined) return
  throw new InvalidOptionError(`${name} has no effect on this --llm: ${reason}; leave it out.`, {
    option: name.replace(/^--/, ''),
  })
}
