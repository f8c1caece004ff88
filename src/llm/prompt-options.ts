import { z } from 'zod'

import type { Runtime } from '../contract/runtime.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { loadTokenizer } from '../template/load-tokenizer.js'
import { TemplatePromptFormat } from '../template/template-prompt-format.js'
import type { Transport } from '../transport/transport.js'
import type { Shape } from './options-schema.js'

/** How a model is made to write the user's turns (Magpie, arXiv:2406.08464). */
export interface MagpieOptions {
  /**
   * Conversations that do not end with the user's message, the empty one too, make the model write the user's turn.
   *
   * @defaultValue false
   */
  readonly useMagpieTemplate?: boolean | undefined
  /**
   * How a user's turn begins: the name of a preset (`llama3`, `qwen2`, ...; see `docs/templates.md`) or the text itself.
   *
   * @defaultValue derived from the chat template
   */
  readonly magpiePreQueryTemplate?: string | undefined
}

/** The prompt format of a model behind a server, which is had from its tokenizer. */
export interface PromptOptions extends MagpieOptions {
  /** The model's tokenizer: a folder, or a repository of the Hub. */
  readonly tokenizerId?: string | undefined
  /** A branch, tag or commit of `tokenizerId`. @defaultValue 'main' */
  readonly tokenizerRevision?: string | undefined
  /** The name of one of the tokenizer's chat templates, or a template itself. @defaultValue its default one */
  readonly chatTemplate?: string | undefined
}

const text = z.string().min(1)

export const magpieShape: Shape<MagpieOptions> = {
  useMagpieTemplate: z.boolean().optional(),
  magpiePreQueryTemplate: text.optional(),
}

export const promptShape: Shape<PromptOptions> = {
  tokenizerId: text.optional(),
  tokenizerRevision: text.optional(),
  chatTemplate: text.optional(),
  ...magpieShape,
}

/** @throws InvalidOptionError `INVALID_OPTION` for options that do nothing without another one. */
export function checkMagpieOptions(options: MagpieOptions, owner: string): void {
  if (options.magpiePreQueryTemplate === undefined || options.useMagpieTemplate) return
  throw new InvalidOptionError(`${owner}: magpiePreQueryTemplate does nothing without useMagpieTemplate: true.`, {
    option: 'magpiePreQueryTemplate',
  })
}

/** @throws InvalidOptionError `INVALID_OPTION` for options that do nothing without another one. */
export function checkPromptOptions(options: PromptOptions, owner: string): void {
  checkMagpieOptions(options, owner)
  if (options.tokenizerId !== undefined) return
  for (const option of ['useMagpieTemplate', 'tokenizerRevision', 'chatTemplate'] as const) {
    if (options[option] === undefined || options[option] === false) continue
    throw new InvalidOptionError(
      `${owner}: ${option} needs tokenizerId, the repository or folder of the model's tokenizer.`,
      { option: 'tokenizerId' },
    )
  }
}

export interface LoadingPromptFormat {
  /** Of the Hub. @defaultValue the one of this machine */
  readonly token?: string | undefined
  /** @defaultValue `HF_ENDPOINT`, or `https://huggingface.co` */
  readonly hubUrl?: string | undefined
  readonly transport: Transport
  readonly runtime: Runtime
  readonly signal: AbortSignal
}

/**
 * The prompt format that the options name, if they do.
 *
 * @throws HeadraceError when the tokenizer cannot be had, or has no chat template, or none that a user's turn can
 * be derived from (`MODEL_ABILITY`).
 */
export async function loadPromptFormat(
  { tokenizerId, tokenizerRevision, chatTemplate, useMagpieTemplate, magpiePreQueryTemplate }: PromptOptions,
  how: LoadingPromptFormat,
): Promise<TemplatePromptFormat | undefined> {
  if (tokenizerId === undefined) return undefined
  const tokenizer = await loadTokenizer(tokenizerId, { ...how, revision: tokenizerRevision })
  const format = new TemplatePromptFormat(tokenizer, { chatTemplate, preQueryTemplate: magpiePreQueryTemplate })
  // Whether it can, rather than at the first call.
  if (useMagpieTemplate) format.renderUserTurn([])
  return format
}
