import { z } from 'zod'

import type { GenerationOptions } from '../../contract/options.js'
import { InvalidOptionError } from '../../errors/invalid-option-error.js'
import { generateOneSchema, type Shape } from '../../llm/options-schema.js'
import { parseOptions } from '../../llm/parse-options.js'
import type { SystemPrompts } from './system-prompts.js'

/** What of a request may be said for instructions or for responses alone. */
export type TurnOptions = Omit<GenerationOptions, 'n' | 'seed' | 'structuredOutput' | 'tools' | 'toolChoice'>

/** The names are those of distilabel's Magpie, in camelCase. */
export interface MagpieTaskOptions {
  /** How many rows to make out of nothing, from the source `candidates()`. Absent: one for each row of the input. */
  readonly numRows?: number | undefined
  /** The same seed, model and options give the same rows, as far as the server heeds seeds. @defaultValue 0 */
  readonly seed?: number | undefined
  /** Exchanges of a conversation. @defaultValue 1 */
  readonly nTurns?: number | undefined
  /** One more message of the user at the end. @defaultValue false */
  readonly endWithUser?: boolean | undefined
  /** Only the first message of the user; `nTurns` means nothing then. @defaultValue false */
  readonly onlyInstruction?: boolean | undefined
  /** Keep the system message in the column `conversation`, which there is then for a single exchange too. @defaultValue false */
  readonly includeSystemPrompt?: boolean | undefined
  /**
   * The system message: one, a list to draw from, or by name with or without weights, of which the name becomes the column
   * `system_prompt_key`. A row's own column `system_prompt` goes before it; `null` is none.
   *
   * @defaultValue none for a single exchange; for several a text that announces questions to follow
   */
  readonly systemPrompt?: SystemPrompts | null | undefined
  /** Options of the requests in which the model writes as the user, over those of the run. */
  readonly instruction?: TurnOptions | undefined
  /** Options of the requests in which it answers, over those of the run. */
  readonly response?: TurnOptions | undefined
  /**
   * How often a turn that is empty, cut or no turn is asked for again, by another seed. A first turn is not where another
   * candidate does as well.
   *
   * @defaultValue 3
   */
  readonly retries?: number | undefined
}

const flag = z.boolean().optional()
const turnOptions = z.custom<TurnOptions>((value) => typeof value === 'object' && value !== null).optional()
const prompts = z.custom<SystemPrompts>(
  (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
  'must be a text, a list of texts, or texts by name',
)

const shape: Shape<MagpieTaskOptions> = {
  numRows: z.int().min(1).optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
  nTurns: z.int().min(1).optional(),
  endWithUser: flag,
  onlyInstruction: flag,
  includeSystemPrompt: flag,
  systemPrompt: prompts.nullish(),
  instruction: turnOptions,
  response: turnOptions,
  retries: z.int().min(0).optional(),
}

const schema: z.ZodType<MagpieTaskOptions, MagpieTaskOptions> = z.strictObject(shape)

/** @throws InvalidOptionError `INVALID_OPTION` */
export function checkMagpieTaskOptions(options: MagpieTaskOptions): void {
  parseOptions(schema, options, 'magpieTask')
  for (const name of ['instruction', 'response'] as const) {
    const turn = options[name] ?? {}
    parseOptions(generateOneSchema, turn, `magpieTask: ${name}`)
    for (const own of ['n', 'seed', 'structuredOutput', 'tools', 'toolChoice'] as const) {
      if (!Object.hasOwn(turn, own)) continue
      const instead = own === 'seed' ? ': give the seed of the task, from which each request has its own' : ''
      throw new InvalidOptionError(`magpieTask: ${name} cannot have ${own}${instead}.`, { option: own })
    }
  }
  if (options.onlyInstruction && options.endWithUser) {
    throw new InvalidOptionError('magpieTask: onlyInstruction ends with the user already: leave out endWithUser.', {
      option: 'endWithUser',
    })
  }
}
