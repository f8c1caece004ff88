/** Where simulated time comes from. */
export interface SimulatedTime {
  /** Simulated seconds in a real one, at most. */
  readonly timeScale: number
  /** Real milliseconds in which no simulated time passed although it should have. */
  readonly lostMs: number
  /** Simulated milliseconds since {@link start}; 0 before. */
  now(): number
  /** Calls back once after so many simulated milliseconds; before {@link start} none pass. The returned function cancels. */
  setTimer(callback: () => void, delayMs: number): () => void
  /** Time begins to pass. Later calls do nothing. */
  start(): void
  /** Something came over the network: what follows from it belongs to this instant. */
  note(): void
}
