/** A difference from transformers that is known, and stays. */
export interface KnownDifference {
  /** The first of the models that have the template. */
  readonly model: string
  readonly conversation: string
  readonly reason: string
}

/** None at the moment. */
export const knownDifferences: readonly KnownDifference[] = []
