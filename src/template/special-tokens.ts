import type { SpecialTokenTexts } from './chat-template.js'

const names = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'] as const

/**
 * The special tokens that templates may name, from `tokenizer_config.json`, else from `special_tokens_map.json` of older
 * repositories. Each is a text or an object with a `content`.
 */
export function readSpecialTokens(
  config: Readonly<Record<string, unknown>>,
  map: Readonly<Record<string, unknown>> = {},
): SpecialTokenTexts {
  const entries = names.map((name) => [name, readToken(config[name]) ?? readToken(map[name])])
  return Object.fromEntries(entries.filter(([, text]) => text !== undefined))
}

function readToken(value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null && 'content' in value) return readToken(value.content)
  return typeof value === 'string' ? value : undefined
}
