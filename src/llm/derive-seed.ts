/**
 * The seed of sample `sample`: the seed itself for sample 0, and else a hash of both (the finalizer of MurmurHash3), so
 * that samples differ, and neighbouring seeds share none. From 0 to 2^31 - 1.
 */
export function deriveSeed(seed: number, sample: number): number {
  if (sample === 0) return seed
  let hash = (seed ^ Math.imul(sample, 0x9e3779b1)) >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) & 0x7fffffff
}
