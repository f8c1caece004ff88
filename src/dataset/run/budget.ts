import type { GenerateDatasetOptions } from '../dataset-options.js'
import type { Totals } from './totals.js'

type BudgetOptions = Pick<GenerateDatasetOptions, 'maxTokensTotal' | 'maxCost' | 'prices'>

/** What a whole run may use, and what it has cost: tokens for nothing count as well. */
export class Budget {
  readonly #options: BudgetOptions
  readonly #totals: Pick<Totals, 'allTokens'>

  constructor(options: BudgetOptions, totals: Pick<Totals, 'allTokens'>) {
    this.#options = options
    this.#totals = totals
  }

  /** The bound that is reached, if one is. */
  get reached(): 'max-tokens' | 'max-cost' | undefined {
    const { maxTokensTotal = Infinity, maxCost = Infinity } = this.#options
    if (maxTokensTotal === Infinity && maxCost === Infinity) return undefined
    const { input, output } = this.#totals.allTokens
    if (input + output >= maxTokensTotal) return 'max-tokens'
    return (this.cost ?? 0) >= maxCost ? 'max-cost' : undefined
  }

  /** `undefined` without prices. */
  get cost(): number | undefined {
    const { prices } = this.#options
    if (prices === undefined) return undefined
    const { input, output } = this.#totals.allTokens
    return (input * prices.input + output * prices.output) / 1_000_000
  }
}
