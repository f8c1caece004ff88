import type { StoredAnswer, Task, TaskRequest } from '../../tasks/task.js'
import type { SourceRow } from '../sources/source.js'

/** One sample of a row, and how far it is. */
export interface SteppedRow {
  readonly row: SourceRow
  /** What is asked now. */
  request: TaskRequest
  /** The answers to what was asked before. */
  steps: readonly StoredAnswer[]
}

/**
 * Goes on to what the task asks next.
 *
 * @returns `false` when the row has all its answers with this one.
 */
export function takeStep(stepped: SteppedRow, answer: () => StoredAnswer, task: Task): boolean {
  if (task.next === undefined) return false
  const { row } = stepped
  const answers = [...stepped.steps, answer()]
  let request: TaskRequest | undefined
  try {
    request = task.next(row.columns, answers, row.index)
  } catch {
    // Reading the answers tells why.
    return false
  }
  if (request === undefined) return false
  stepped.steps = answers
  stepped.request = request
  return true
}

/** The last answer of a row, or its failure, with the answers before it; tokens are those of all. */
export function joinSteps(steps: readonly StoredAnswer[], last: StoredAnswer): StoredAnswer {
  if (steps.length === 0) return last
  const all = [...steps, last]
  return {
    ...last,
    inputTokens: sum(all.map(({ inputTokens }) => inputTokens)),
    outputTokens: sum(all.map(({ outputTokens }) => outputTokens)),
    steps,
  }
}

function sum(counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce((total, count) => (count === undefined ? total : (total ?? 0) + count), undefined)
}
