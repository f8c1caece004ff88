/**
 * What became of a check.
 *
 * - `works`: as claimed
 * - `lies`: accepted, and not done
 * - `refused`: claimed, and refused by the server
 * - `missing`: something that answers usually have is not there
 * - `not-offered`: not claimed, so not tried
 * - `unknown`: could not be told
 */
export type Verdict = 'works' | 'lies' | 'refused' | 'missing' | 'not-offered' | 'unknown'

/** One thing that was found out about a model and its server. */
export interface Finding {
  /** Stable, for programs: `chat`, `stream-usage`, `json (chat)`, ... */
  readonly name: string
  readonly verdict: Verdict
  /** One sentence for people: what was found, and where it does not work, what to do. */
  readonly message: string
}

/** Verdicts of what will not work although it is claimed. */
export const badVerdicts: ReadonlySet<Verdict> = new Set(['lies', 'refused', 'missing'])
