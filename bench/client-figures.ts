/** What a measured process prints: microseconds of CPU and of wall time, a request where it made many. */
export interface ClientFigures {
  readonly cpu: number
  readonly wall: number
}
