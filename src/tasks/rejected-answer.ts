/** An answer that a task does not accept, for a reason that is counted. */
export class RejectedAnswer extends Error {
  override readonly name = 'RejectedAnswer'
  /** In a word or two, the same for all of a kind: `empty`, `cut`. */
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}
