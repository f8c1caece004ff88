/** Blocks of Unicode from which lines are drawn: scripts, digits, marks, spaces, symbols, emoji. */
const ranges: readonly (readonly [first: number, last: number])[] = [
  [0x20, 0x7e],
  [0xa1, 0xff],
  [0x100, 0x24f],
  [0x300, 0x36f],
  [0x370, 0x3ff],
  [0x400, 0x4ff],
  [0x531, 0x587],
  [0x5d0, 0x5ea],
  [0x620, 0x6d3],
  [0x904, 0x96f],
  [0xe01, 0xe5b],
  [0x10d0, 0x10ff],
  [0x1e00, 0x1eff],
  [0x2000, 0x206f],
  [0x2070, 0x209c],
  [0x20a0, 0x20bf],
  [0x2100, 0x218b],
  [0x2190, 0x23ff],
  [0x2460, 0x24ff],
  [0x2600, 0x27bf],
  [0x3001, 0x30ff],
  [0x4e00, 0x9fa5],
  [0xac00, 0xd7a3],
  [0xff01, 0xffdc],
  [0x1d400, 0x1d7ff],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x2a6d6],
]

const words =
  'The capital of Norway is Oslo. 12 + 19 = 31. It\'s don\'t WE\'LL I\'m naïve Straße façade ﬁne Ǆ İstanbul 北京 東京 서울 Москва שלום مرحبا नमस्ते 👩‍👩‍👧 🇳🇴 👍🏽 a\u0301 \t \u00a0 \u3000   x,y;z ... --> {"name": "Mia", "age": 31} ½ ² ٣ Ⅷ ___ \'\'s !?'.split(
    ' ',
  )

/** Lines of text of all kinds, the same for the same seed: words, characters of one script, of all, and runs of spaces. */
export function unicodeLines(count: number, seed: number): readonly string[] {
  const below = createRandom(seed)
  const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T
  const character = (range: readonly [number, number]): string =>
    String.fromCodePoint(range[0] + below(range[1] - range[0] + 1))
  return Array.from({ length: count }, () => {
    const range = pick(ranges)
    const pieces = Array.from({ length: 1 + below(30) }, () => {
      const kind = below(8)
      if (kind === 0) return ' '.repeat(1 + below(4))
      if (kind === 1) return `${below(100_000)}`
      if (kind <= 3) return `${pick(words)} `
      return character(kind === 4 ? pick(ranges) : range)
    })
    return pieces.join('')
  })
}

/** Marsaglia's xorshift; a whole number below `limit`. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed | 0 || 1
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}
