import { type Command, InvalidArgumentError, Option } from 'commander'

import { specForms } from './llm-spec.js'

/** Which model, and how it is run. */
export interface ModelArguments {
  readonly llm?: string
  readonly apiKey?: string
  readonly contextWindow?: number
  readonly tokenizer?: string
  readonly threads?: number
  readonly parallel?: number
  /** How a user's turn begins. */
  readonly preQuery?: string
}

/** What shapes the text. */
export interface GenerationArguments {
  readonly maxTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly minP?: number
  readonly seed?: number
  readonly stop?: readonly string[]
}

/** How an answer is shown. */
export interface AnswerArguments {
  readonly stats?: boolean
  readonly json?: boolean
}

/** `isRepeatable`: the command takes several models. */
export function addModelOptions(
  command: Command,
  { isRepeatable = false }: { readonly isRepeatable?: boolean } = {},
): Command {
  const model = isRepeatable
    ? new Option('--llm <spec>', `${specForms}; may be repeated (default: the demo model)`).argParser(append)
    : new Option('--llm <spec>', `${specForms} (default: the demo model)`)
  return command
    .addOption(model)
    .option('--context-window <tokens>', 'tokens that prompt and answer share', toNumber)
    .option(
      '--tokenizer <id>',
      "the model's tokenizer, a folder or a repository of the Hub: counts prompts before they go",
    )
    .option('--threads <number>', 'threads to evaluate a GGUF file with', toNumber)
}

export function addGenerationOptions(command: Command): Command {
  return command
    .option('--max-tokens <number>', 'the most tokens to generate', toNumber)
    .option('--temperature <number>', '0 (greedy) to 2', toNumber)
    .option('--top-p <number>', 'keep the likeliest tokens that add up to this probability, 0 to 1', toNumber)
    .option('--top-k <number>', 'keep this many of the likeliest tokens; 0: all', toNumber)
    .option('--min-p <number>', 'drop tokens less likely than this share of the likeliest one, 0 to 1', toNumber)
    .option('--seed <number>', 'the same seed gives the same text', toNumber)
    .addOption(new Option('--stop <text>', 'end before this text; may be repeated').argParser(append))
}

export function addAnswerOptions(command: Command): Command {
  return command
    .option('--stats', 'print token counts and speed to standard error')
    .option('--json', 'print one JSON object when the answer, or an error, is there')
}

/** For models behind a server that wants one. `isRepeatable`: the command takes several models. */
export function addApiKeyOption(
  command: Command,
  { isRepeatable = false }: { readonly isRepeatable?: boolean } = {},
): Command {
  const key = "the server's key"
  const defaults = "(default: XINFERENCE_API_KEY for Xinference, HF_TOKEN for Hugging Face's hosts)"
  return isRepeatable
    ? command.addOption(
        new Option('--api-key <key>', `${key}; for several servers once for each --llm ${defaults}`).argParser(append),
      )
    : command.option('--api-key <key>', `${key} ${defaults}`)
}

/** Ranges are checked where they are known, by the model's class. */
export function toNumber(text: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new InvalidArgumentError('It must be a number.')
  return Number(text)
}

/** Of an option that may be repeated. */
export function append(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text]
}

/** Only what was given, so that the model's own defaults hold for the rest. */
export function generationOptions(args: GenerationArguments): GenerationArguments {
  const { maxTokens, temperature, topP, topK, minP, seed, stop } = args
  const options = { maxTokens, temperature, topP, topK, minP, seed, stop }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
