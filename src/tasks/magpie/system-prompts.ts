import { InvalidOptionError } from '../../errors/invalid-option-error.js'
import { InvalidRowError } from '../../errors/invalid-row-error.js'
import { deriveSeed } from '../../llm/derive-seed.js'
import type { Row } from '../task.js'

/**
 * System messages to draw from: one text, a list of equally likely ones, or texts by name, each alone or with its weight.
 * Weights need not add up to 1.
 */
export type SystemPrompts =
  | string
  | readonly string[]
  | Readonly<Record<string, string | readonly [text: string, weight: number]>>

/** The system message of a row. */
export interface ChosenPrompt {
  readonly text: string | undefined
  /** The name it has, where prompts have names. */
  readonly key: string | null
}

interface Choice extends ChosenPrompt {
  readonly text: string
  /** The sum of the weights up to and with its own, as a share of all. */
  readonly upTo: number
}

/** Apart from the numbers of samples, so that the draw has nothing to do with the seeds of requests. */
const drawNumber = 0x5e1ec7

/** Chooses the system message of each row, by its seed. */
export class SystemPromptChooser {
  readonly hasKeys: boolean
  readonly #choices: readonly Choice[]

  /** @throws InvalidOptionError `INVALID_OPTION` */
  constructor(prompts: SystemPrompts | null | undefined) {
    this.hasKeys = typeof prompts === 'object' && prompts !== null && !Array.isArray(prompts)
    this.#choices = toChoices(prompts ?? [], prompts === undefined || prompts === null)
  }

  /** One of the messages that rows may get, for a look ahead. */
  get example(): string | undefined {
    return this.#choices[0]?.text
  }

  /** @throws InvalidRowError `INVALID_ROW` when the row's own prompt is no text. */
  choose(row: Row, seed: number): ChosenPrompt {
    const own = row['system_prompt']
    if (typeof own === 'string' && own !== '') return { text: own, key: null }
    if (own !== undefined && own !== null && own !== '') {
      throw new InvalidRowError('The column "system_prompt" must be text.')
    }
    const share = this.#choices.length > 1 ? deriveSeed(seed, drawNumber) / 2 ** 31 : 0
    const { text, key } = this.#choices.find(({ upTo }) => share < upTo) ?? { text: undefined, key: null }
    return { text, key }
  }
}

function toChoices(prompts: SystemPrompts, isNone: boolean): readonly Choice[] {
  const entries: readonly (readonly [string | null, unknown])[] =
    typeof prompts === 'string'
      ? [[null, prompts]]
      : Array.isArray(prompts)
        ? prompts.map((text: unknown) => [null, text] as const)
        : Object.entries(prompts)
  if (entries.length === 0 && !isNone) throw wrong('is empty: give at least one text, or leave it out')
  const weighted = entries.map(([key, value]) => {
    const name = key === null ? '' : ` ${JSON.stringify(key)}`
    const [text, weight] = Array.isArray(value) ? (value as readonly unknown[]) : [value, 1]
    if (typeof text !== 'string' || text.trim() === '') throw wrong(`has an entry${name} without a text`)
    if (typeof weight !== 'number' || !(weight >= 0) || weight === Infinity) {
      throw wrong(`has an entry${name} whose weight is no number of at least 0`)
    }
    return { key, text, weight }
  })
  const sum = weighted.reduce((total, { weight }) => total + weight, 0)
  if (weighted.length > 0 && sum === 0) throw wrong('has only weights of 0')
  let passed = 0
  const choices = weighted
    .filter(({ weight }) => weight > 0)
    .map(({ key, text, weight }) => ({ key, text, upTo: (passed += weight) / sum }))
  // Sums of fractions may end a little below 1.
  return choices.map((choice, index) => (index === choices.length - 1 ? { ...choice, upTo: 1 } : choice))
}

function wrong(reason: string): InvalidOptionError {
  return new InvalidOptionError(`magpieTask: systemPrompt ${reason}.`, { option: 'systemPrompt' })
}
