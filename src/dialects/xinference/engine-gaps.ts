import type { OptionGaps as Gaps } from '../../contract/capabilities.js'
import type { XinferenceModel } from './read-description.js'

/** What Xinference's HTTP layer drops for every engine (server 3.2). */
const serverGaps: Gaps = {
  minP: 'Xinference drops min_p without a word',
  typicalP: 'Xinference drops typical_p without a word',
}

const noPenalties = (engine: string): Gaps => ({
  frequencyPenalty: `the ${engine} engine of Xinference ignores it`,
  presencePenalty: `the ${engine} engine of Xinference ignores it`,
})

/** What an engine behind Xinference ignores; an unknown one is taken to honour everything. */
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
    stop: 'the MLX engine of Xinference ignores stop strings before server 4 (stopTokenIds works, and extraBody sends them)',
    logprobs: 'the MLX engine of Xinference gives none',
    toolChoice: 'the MLX engine of Xinference ignores it',
  },
}

/** What servers drop whose descriptions prove less than version 1.6. */
const oldServerGaps: Gaps = {
  reasoning: 'servers before 1.17 drop enable_thinking',
  chatTemplateKwargs: 'servers before 1.6 drop chat_template_kwargs',
}

/** Why which option cannot be honoured. */
export function gapsOf({
  engine,
  abilities,
  serverVersion,
}: Pick<XinferenceModel, 'engine' | 'abilities' | 'serverVersion'>): Gaps {
  const isReasoning = abilities?.includes('reasoning') ?? false
  return {
    ...serverGaps,
    ...engineGaps[engine ?? ''],
    ...(engine === 'vllm' && isReasoning
      ? {
          stop: 'the vLLM engine of Xinference replaces it on reasoning models',
          stopTokenIds: 'the vLLM engine of Xinference replaces it on reasoning models',
        }
      : {}),
    ...(abilities !== undefined && !abilities.includes('hybrid')
      ? { reasoning: "this model's thinking cannot be switched (it has not the ability hybrid)" }
      : {}),
    ...(serverVersion < 1.6 ? oldServerGaps : {}),
  }
}
