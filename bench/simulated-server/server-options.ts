import type { AnswerOptions } from './answers.js'
import type { Change } from './change.js'
import type { EngineOptions } from './engine-options.js'

export interface SimulatedServerOptions extends EngineOptions, AnswerOptions {
  /** @defaultValue 0: any that is free */
  readonly port?: number | undefined
  /** @defaultValue '127.0.0.1' */
  readonly host?: string | undefined
  /** @defaultValue 'simulated/model' */
  readonly model?: string | undefined
  /** @defaultValue '0.12.0' */
  readonly version?: string | undefined
  /** Prompt and answer together, in tokens. @defaultValue 8192 */
  readonly maxModelLen?: number | undefined
  /** Requests are refused while so many wait, vLLM's `--max-num-queued-reqs`. @defaultValue none are */
  readonly maxQueued?: number | undefined
  /** The status with which they are refused. @defaultValue 503, as vLLM does */
  readonly rejectStatus?: 429 | 503 | undefined
  /** Whether there is a `/metrics`. @defaultValue true */
  readonly hasMetrics?: boolean | undefined
  /** How many times as fast as the clock simulated time passes. @defaultValue 1 */
  readonly timeScale?: number | undefined
  /** What will happen, by simulated time from the first request on. */
  readonly changes?: readonly Change[] | undefined
  /** Simulated milliseconds of a window of the book-keeping. @defaultValue 5000 */
  readonly windowMs?: number | undefined
  /**
   * Simulated milliseconds between two writes to a stream: the tokens of the steps between them go out in one event, as
   * with vLLM's `--stream-interval`. The first token and the last are never held back. 0 writes every step.
   *
   * @defaultValue 0 up to a time scale of 2; above it 50 times the time scale, which are 50 real ones
   */
  readonly streamEveryMs?: number | undefined
  /**
   * Real milliseconds that the process may be late before time stands still. What it is late beyond that, because the
   * machine was busy or an event took long, is no simulated time: otherwise the simulated machine would look idle
   * because the real one was not.
   *
   * @defaultValue 5
   */
  readonly slackMs?: number | undefined
}
