import type { Usage } from '../contract/response.js'
import type { OutputIssue, OutputAttempt } from '../errors/invalid-output-error.js'

/** The answers of a call that were not valid, and what they cost. */
export class EarlierAnswers {
  readonly attempts: OutputAttempt[] = []
  #usage: Usage | undefined

  add(text: string, issues: readonly OutputIssue[], usage: Usage): void {
    this.attempts.push({ text, issues })
    this.#usage = this.total(usage)
  }

  /** What all answers cost together, the last one's usage given. */
  total(last: Usage): Usage {
    const before = this.#usage
    if (before === undefined) return last
    return {
      inputTokens: sum(before.inputTokens, last.inputTokens),
      outputTokens: sum(before.outputTokens, last.outputTokens),
      totalTokens: sum(before.totalTokens, last.totalTokens),
      raw: last.raw,
    }
  }
}

function sum(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : one + (other ?? 0)
}
