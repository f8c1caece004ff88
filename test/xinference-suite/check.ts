import type { DifferenceName } from './differences.js'
import type { Side, SuiteTarget } from './target.js'

/** One thing that is asked of both servers, and what comes of it: the same, or a declared difference. */
export type Check = {
  readonly name: string
  readonly run: (target: SuiteTarget) => Promise<unknown>
} & (
  | { readonly expected: unknown }
  // In each case a value, or matchers of it.
  | ({ readonly difference: DifferenceName } & Readonly<Record<Side, unknown>>)
)

/** What is expected of a side. */
export function expectedOf(check: Check, side: Side): unknown {
  return 'expected' in check ? check.expected : check[side]
}
