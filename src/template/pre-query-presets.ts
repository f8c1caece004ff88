/** How a family of models begins a user's turn. */
export interface PreQueryPreset {
  /** At the beginning of a prompt, with the BOS token and the system message that the family's template writes of itself. */
  readonly first: string
  /** After other messages. */
  readonly later: string
  /** What ends the turn where the model does not end its text with it, most important first: the lists of the Magpie project. */
  readonly stops: readonly string[]
}

/** The name of a preset. */
export type PreQueryPresetName =
  | 'llama2'
  | 'llama3'
  | 'qwen2'
  | 'qwen2.5'
  | 'mistral'
  | 'gemma'
  | 'phi3'
  | 'phi3-small'
  | 'yi1.5'
  | 'deepseek-coder-v2'
  | 'vicuna'
  | 'nous-hermes'

const chatML = ['<|im_end|>', '<|im_start|>', '<|endoftext|>']
const qwen = (system: string): PreQueryPreset => ({
  first: `<|im_start|>system\n${system}<|im_end|>\n<|im_start|>user\n`,
  later: '<|im_start|>user\n',
  stops: chatML,
})
const withBos = (bos: string, later: string, stops: readonly string[]): PreQueryPreset => ({
  first: bos + later,
  later,
  stops,
})

/**
 * By the names that `magpiePreQueryTemplate` takes. They are what the families' own chat templates write; `llama3` and
 * `qwen2` have the names and texts of distilabel 1.5, but only the first turn has the BOS token. Where the Magpie project's
 * texts differ from the templates (a space after Mistral's BOS, a second line break in Gemma 2's turn), the templates are
 * right: they are what the models were trained on.
 */
export const preQueryPresets: Readonly<Record<PreQueryPresetName, PreQueryPreset>> = {
  llama2: withBos('<s>', '[INST] ', ['[/INST]', '</s>', '<s>', '<unk>']),
  llama3: withBos('<|begin_of_text|>', '<|start_header_id|>user<|end_header_id|>\n\n', [
    '<|eot_id|>',
    '<|start_header_id|>',
    '<|end_of_text|>',
    '<|end_header_id|>',
  ]),
  qwen2: withBos('', '<|im_start|>user\n', chatML),
  'qwen2.5': qwen('You are Qwen, created by Alibaba Cloud. You are a helpful assistant.'),
  mistral: withBos('<s>', '[INST] ', ['[/INST]', '</s>', '[INST]', '<s>']),
  gemma: withBos('<bos>', '<start_of_turn>user\n', ['<end_of_turn>', '<start_of_turn>', '<eos>', '<bos>']),
  phi3: withBos('<s>', '<|user|>\n', [
    '<|end|>',
    '<|assistant|>',
    '<|endoftext|>',
    '<|user|>',
    '<|system|>',
    '</s>',
    '<s>',
    '<unk>',
  ]),
  'phi3-small': withBos('<|endoftext|>', '<|user|>\n', [
    '<|end|>',
    '<|assistant|>',
    '<|endoftext|>',
    '<|user|>',
    '<|system|>',
  ]),
  'yi1.5': withBos('', '<|im_start|>user\n', ['<|im_end|>', '<|im_start|>', '<|endoftext|>', '<|startoftext|>']),
  'deepseek-coder-v2': withBos('<\uff5cbegin\u2581of\u2581sentence\uff5c>', 'User: ', [
    '<\uff5cend\u2581of\u2581sentence\uff5c>',
    '\n\nAssistant:',
    '<|EOT|>',
    '<\uff5cbegin\u2581of\u2581sentence\uff5c>',
  ]),
  vicuna: withBos(
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.\n\n",
    'USER: ',
    ['ASSISTANT:', '</s>', '<s>', '<unk>'],
  ),
  'nous-hermes': withBos('', '### Instruction:\n', ['### Response:', '</s>', '<s>', '<unk>']),
}

export function isPreQueryPreset(nameOrText: string): nameOrText is PreQueryPresetName {
  return Object.hasOwn(preQueryPresets, nameOrText)
}

/** The preset of a name; any other text begins a turn as it is, after other messages without the BOS token. */
export function readPreQueryTemplate(
  nameOrText: string,
  bos: string | undefined,
): Pick<PreQueryPreset, 'first' | 'later'> {
  if (isPreQueryPreset(nameOrText)) return preQueryPresets[nameOrText]
  const hasBos = bos !== undefined && bos !== '' && nameOrText.startsWith(bos)
  return { first: nameOrText, later: hasBos ? nameOrText.slice(bos.length) : nameOrText }
}
