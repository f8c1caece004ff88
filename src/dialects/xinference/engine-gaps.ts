import type { OptionName } from '../../contract/capabilities.js'

type Gaps = Readonly<Partial<Record<OptionName, string>>>

/** What Xinference's HTTP layer drops for every engine (server 3.2). */
const serverGaps: Gaps = {
  minP: 'Xinference drops min_p without a word',
  typicalP: 'Xinference drops typical_p without a word',
}

const noPenalties = (engine: string): Gaps => ({
  frequencyPenalty: `the ${engine} engine of Xinference ignores it`,
  presencePenalty: `the ${engine} engine of Xinference ignores it`,
})

/**
 * What an engine behind Xinference ignores. The engine's name is in the model list since server 3.1; an unknown engine
 * is taken to honour everything.
 */
const engineGaps: Readonly<Record<string, Gaps>> = {
  'llama.cpp': {
    repetitionPenalty: "the llama.cpp engine of Xinference ignores it (llama.cpp's own name for it cannot be reached)",
  },
  vllm: { toolChoice: 'the vLLM engine of Xinference ignores it' },
  transformers: {
    ...noPenalties('transformers'),
    seed: 'the transformers engine of Xinference ignores it',
    logprobs: 'the transformers engine of Xinference gives none',
    toolChoice: 'the transformers engine of Xinference ignores it',
  },
  sglang: {
    seed: 'the SGLang engine of Xinference fails on it',
    toolChoice: 'the SGLang engine of Xinference fails on it',
  },
  mlx: {
    ...noPenalties('MLX'),
    seed: 'the MLX engine of Xinference ignores it',
    stop: 'the MLX engine of Xinference ignores stop strings (stopTokenIds works)',
    logprobs: 'the MLX engine of Xinference gives none',
    toolChoice: 'the MLX engine of Xinference ignores it',
  },
}

const enginesWithoutSchema = new Set(['transformers', 'mlx'])

/** Why which option cannot be honoured, for a model with these abilities on this engine. */
export function gapsOf(engine: string | undefined, abilities: readonly string[] | undefined): Gaps {
  const name = engine?.toLowerCase() ?? ''
  const isReasoning = abilities?.includes('reasoning') ?? false
  return {
    ...serverGaps,
    ...engineGaps[name],
    ...(name === 'vllm' && isReasoning
      ? {
          stop: 'the vLLM engine of Xinference replaces it on reasoning models',
          stopTokenIds: 'the vLLM engine of Xinference replaces it on reasoning models',
        }
      : {}),
    ...(abilities !== undefined && !abilities.includes('hybrid')
      ? { reasoning: "this model's thinking cannot be switched (it has not the ability hybrid)" }
      : {}),
  }
}

/** Whether `response_format` with a schema constrains the text. */
export function takesJsonSchema(engine: string | undefined): boolean {
  return !enginesWithoutSchema.has(engine?.toLowerCase() ?? '')
}
