import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { type LLMSpec, parseLLMSpec } from './llm-spec.js'

/**
 * The key of each model: as many keys as models, in the same order, where an empty one is none; or one key for models on
 * one host. A key goes to no other host than the one that it is for.
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export function keysOfModels(specs: readonly string[], keys: readonly string[]): readonly (string | undefined)[] {
  if (keys.length === 0) return specs.map(() => undefined)
  if (keys.length === specs.length) return keys.map((key) => (key === '' ? undefined : key))
  const hosts = new Set(specs.map((spec) => hostOf(parseLLMSpec(spec))))
  if (keys.length === 1 && hosts.size === 1) return specs.map(() => keys[0])
  throw new InvalidOptionError(
    `--api-key was given ${keys.length === 1 ? 'once' : `${keys.length} times`} for ${specs.length} --llm: give one for each --llm, in the same order; '' for a server that wants none.`,
    { option: 'api-key' },
  )
}

/** Two models with the same answer are on the same host. */
function hostOf(spec: LLMSpec): string {
  switch (spec.kind) {
    case 'xinference':
      return originOf(spec.endpoint ?? spec.kind)
    case 'url':
      return originOf(spec.baseUrl)
    case 'gguf':
      return spec.modelPath
    default:
      return 'huggingface.co'
  }
}

function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : address
}
