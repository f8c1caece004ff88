/** What the choice of the number of sequences goes by. */
export interface SequenceFacts {
  /** What one more sequence takes: the memory of its whole window. */
  readonly bytesPerSequence: number
  /** Of the memory where it is taken. */
  readonly freeBytes: number
}

const candidates = [8, 4, 2]
const shareOfFreeMemory = 1 / 4

/**
 * How many sequences to evaluate in one batch: 8, or fewer when their windows, which are reserved whole, would take more
 * than a quarter of the memory that is free.
 */
export function chooseParallel({ bytesPerSequence, freeBytes }: SequenceFacts): number {
  return candidates.find((count) => count * bytesPerSequence <= freeBytes * shareOfFreeMemory) ?? 1
}
