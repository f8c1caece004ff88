/** Who asks: a caller that waits for the answer, one that reads it as it comes, or `generate`. */
export type CallMode = 'interactive' | 'stream' | 'batch'
