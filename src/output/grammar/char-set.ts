/** Ranges of code points, both ends included, in order and apart from each other. */
export type CharSet = readonly (readonly [first: number, last: number])[]

const lastCodePoint = 0x10ffff

export const anyChar: CharSet = [[0, lastCodePoint]]

/** A set of single characters and ranges: `charSet('_', ['a', 'z'])`. */
export function charSet(...members: readonly (string | readonly [string, string])[]): CharSet {
  return union(
    ...members.map((member): CharSet => {
      const [first, last] = typeof member === 'string' ? [member, member] : member
      return [[first.codePointAt(0) as number, last.codePointAt(0) as number]]
    }),
  )
}

export function union(...sets: readonly CharSet[]): CharSet {
  const sorted = sets.flat().toSorted(([one], [other]) => one - other)
  const joined: [number, number][] = []
  for (const [first, last] of sorted) {
    const before = joined.at(-1)
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else joined.push([first, last])
  }
  return joined
}

export function complement(set: CharSet): CharSet {
  const rest: [number, number][] = []
  let next = 0
  for (const [first, last] of union(set)) {
    if (first > next) rest.push([next, first - 1])
    next = last + 1
  }
  if (next <= lastCodePoint) rest.push([next, lastCodePoint])
  return rest
}

export function intersection(one: CharSet, other: CharSet): CharSet {
  return complement(union(complement(one), complement(other)))
}

export function difference(one: CharSet, other: CharSet): CharSet {
  return intersection(one, complement(other))
}
