import { createHash } from 'node:crypto'

import type { Source } from '../sources/source.js'

/** Which rows of an input are asked. */
export interface RowScope {
  /** The same text: the same rows. */
  readonly key: string
  /** Rows from here on are not asked. */
  readonly end: number
  /** How many rows they are, where that is known. */
  readonly count: number | undefined
  has(index: number): boolean
}

export interface ScopeOptions {
  readonly limit?: number | undefined
  readonly sample?: { readonly rows: number; readonly seed?: number | undefined } | undefined
}

/** `sample` counts the rows of the input first, and draws from those within `limit`. */
export async function createRowScope(source: Source, { limit, sample }: ScopeOptions): Promise<RowScope> {
  const end = limit ?? Infinity
  if (sample === undefined)
    return { key: limit === undefined ? 'all' : `limit ${limit}`, end, count: undefined, has: (index) => index < end }
  const count = Math.min(end, await countRows(source))
  const { rows, seed = 0 } = sample
  const chosen = draw(count, Math.min(rows, count), seed)
  const last = chosen.reduce((highest, index) => Math.max(highest, index), -1)
  const set = new Set(chosen)
  return {
    key: `sample ${rows} of ${limit ?? 'all'} by ${seed}`,
    end: last + 1,
    count: set.size,
    has: (index) => set.has(index),
  }
}

async function countRows(source: Source): Promise<number> {
  let count = 0
  for await (const page of source.read()) count += page.length
  return count
}

/** So many different numbers below `count`, by Floyd's algorithm; the same ones for the same seed on every machine. */
function draw(count: number, size: number, seed: number): readonly number[] {
  const chosen = new Set<number>()
  for (let top = count - size; top < count; top++) {
    const bytes = createHash('sha256').update(`${seed}:${top}`).digest()
    const candidate = Math.floor((bytes.readUIntBE(0, 6) / 2 ** 48) * (top + 1))
    chosen.add(chosen.has(candidate) ? top : candidate)
  }
  return [...chosen]
}
