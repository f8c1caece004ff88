import type { ContentLogprob, FinishReason, TokenLogprob, UnifiedFinishReason, Usage } from '../../contract/response.js'

const unified: Readonly<Record<string, UnifiedFinishReason>> = {
  stop: 'stop',
  eos_token: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
}

/** `undefined` while there is none: null, or the string "None" that old servers write. */
export function readFinishReason(value: unknown): FinishReason | undefined {
  if (typeof value !== 'string' || value === '' || value === 'None') return undefined
  return { unified: unified[value] ?? 'other', raw: value }
}

/** `undefined` when there is none. Counts of -1 mean that the server does not know (Xinference's tool path). */
export function readUsage(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Record<string, unknown>
  const inputTokens = count(fields['prompt_tokens'])
  const outputTokens = count(fields['completion_tokens'])
  const totalTokens = count(fields['total_tokens'])
  if (inputTokens === undefined && outputTokens === undefined && totalTokens === undefined) return undefined
  return { inputTokens, outputTokens, totalTokens, raw: value }
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}

/** Chat form (`content: [...]`) or completion form (`tokens`, `token_logprobs`, `top_logprobs`). */
export function readLogprobs(value: unknown): readonly ContentLogprob[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Record<string, unknown>
  if (Array.isArray(fields['content'])) {
    return (fields['content'] as Record<string, unknown>[]).map((entry) => ({
      ...tokenLogprob(entry),
      top: Array.isArray(entry['top_logprobs'])
        ? (entry['top_logprobs'] as Record<string, unknown>[]).map(tokenLogprob)
        : [],
    }))
  }
  const { tokens, token_logprobs: logprobs, top_logprobs: tops } = fields as Record<string, unknown[] | undefined>
  if (!Array.isArray(tokens) || !Array.isArray(logprobs)) return undefined
  return tokens.map((token, index) => ({
    token: String(token),
    logprob: Number(logprobs[index] ?? 0),
    top: Object.entries((tops?.[index] ?? {}) as Record<string, number>).map(([text, logprob]) => ({
      token: text,
      logprob,
    })),
  }))
}

function tokenLogprob(entry: Record<string, unknown>): TokenLogprob {
  const bytes = entry['bytes']
  return {
    token: String(entry['token']),
    logprob: Number(entry['logprob']),
    ...(Array.isArray(bytes) ? { bytes: bytes as number[] } : {}),
  }
}
