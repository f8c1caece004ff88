import type { ClientFigures } from './client-figures.js'

/** The figures of each subject, by name, one a round. */
export type Rounds = ReadonlyMap<string, readonly ClientFigures[]>

/**
 * Measures all of `names` one after the other, `rounds` times over (A B A B ...), so that whatever else the machine does
 * falls on all of them alike.
 */
export async function alternate(
  names: readonly string[],
  rounds: number,
  measure: (name: string) => Promise<ClientFigures>,
): Promise<Rounds> {
  const figures = new Map<string, ClientFigures[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    // One at a time is the point.
    for (const name of names) figures.get(name)?.push(await measure(name))
  }
  return figures
}

export interface Comparison {
  /** Medians. */
  readonly ours: number
  readonly theirs: number
  /** The median of the rounds' own ratios, and the lowest and highest of them. */
  readonly ratio: number
  readonly range: readonly [number, number]
}

/** Two subjects of the same rounds; each pair is a ratio of its own. */
export function compare(rounds: Rounds, ours: string, theirs: string, figure: keyof ClientFigures): Comparison {
  const values = (name: string): number[] => (rounds.get(name) ?? []).map((each) => each[figure])
  const [own, other] = [values(ours), values(theirs)]
  const ratios = own.map((value, round) => value / (other[round] ?? Number.NaN))
  return {
    ours: median(own),
    theirs: median(other),
    ratio: median(ratios),
    range: [Math.min(...ratios), Math.max(...ratios)],
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
