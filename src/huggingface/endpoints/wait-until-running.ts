import { z } from 'zod'

import type { Runtime } from '../../contract/runtime.js'
import { AbortedError } from '../../errors/aborted-error.js'
import { isHeadraceError } from '../../errors/headrace-error.js'
import { LaunchFailedError } from '../../errors/launch-failed-error.js'
import { TimeoutError } from '../../errors/timeout-error.js'
import { milliseconds, type Shape, signalSchema } from '../../llm/options-schema.js'
import { parseOptions } from '../../llm/parse-options.js'
import { sleep } from '../../transport/sleep.js'
import type { InferenceEndpoint } from './inference-endpoint.js'

export interface EndpointWaitOptions {
  /** The budget of the wait as a whole, in milliseconds. @defaultValue 600000 */
  readonly timeoutMs?: number | undefined
  /** Between two looks, in milliseconds. @defaultValue 5000 */
  readonly pollMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called at each look. */
  readonly onProgress?: ((endpoint: InferenceEndpoint, waitedMs: number) => void) | undefined
}

const waitShape: Shape<EndpointWaitOptions> = {
  timeoutMs: milliseconds,
  pollMs: milliseconds,
  signal: signalSchema.optional(),
  onProgress: z
    .custom<NonNullable<EndpointWaitOptions['onProgress']>>((value) => typeof value === 'function')
    .optional(),
}

const waitSchema: z.ZodType<EndpointWaitOptions, EndpointWaitOptions> = z.strictObject(waitShape)

/** For how long an endpoint that was just resumed may still be said to be stopped. */
export const resumeGraceMs = 60_000

export interface EndpointQuestions {
  /** The endpoint as it is now. */
  look(signal: AbortSignal | undefined): Promise<InferenceEndpoint>
  /** Whether it answers at its health route. */
  isHealthy(endpoint: InferenceEndpoint, signal: AbortSignal | undefined): Promise<boolean>
}

/**
 * Resolves when an endpoint is running and answers.
 *
 * What fails, or will never run by itself, ends the wait: an endpoint that failed, one that is paused, one that is scaled
 * to zero.
 *
 * @param stoppedGraceMs - For how long the latter two are waited for all the same, because it was just resumed.
 * @throws HeadraceError `LAUNCH_FAILED` with the server's reason, `TIMEOUT`, `ABORTED`, and what a look throws.
 */
export async function waitUntilRunning(
  options: EndpointWaitOptions,
  ask: EndpointQuestions,
  runtime: Runtime,
  stoppedGraceMs = 0,
): Promise<InferenceEndpoint> {
  const { timeoutMs = 600_000, pollMs = 5000, signal, onProgress } = parseOptions(waitSchema, options, 'wait')
  const startedAt = runtime.now()
  const waitedMs = (): number => runtime.now() - startedAt
  let last: InferenceEndpoint | undefined
  for (;;) {
    if (signal?.aborted) throw abortedBy(signal)
    last = (await lookAgain(ask, signal)) ?? last
    if (last !== undefined) {
      onProgress?.(last, waitedMs())
      refuseEnded(last, waitedMs() < stoppedGraceMs)
      if (last.state === 'running' && last.url !== undefined && (await ask.isHealthy(last, signal))) return last
    }
    if (waitedMs() + pollMs >= timeoutMs) throw tooLate(last, timeoutMs)
    // A little chance keeps many waiters from asking at once.
    await sleep(pollMs * (0.9 + 0.2 * runtime.random()), signal, runtime, abortedBy)
  }
}

/** A look that failed for a moment is no reason to stop. */
async function lookAgain(
  ask: EndpointQuestions,
  signal: AbortSignal | undefined,
): Promise<InferenceEndpoint | undefined> {
  try {
    return await ask.look(signal)
  } catch (error) {
    if (isHeadraceError(error) && (error.isRetryable || error.code === 'TIMEOUT')) return undefined
    throw error
  }
}

function refuseEnded({ name, state, message }: InferenceEndpoint, mayBeStopped: boolean): void {
  const reason = message === undefined ? '' : `: ${message.trim().replace(/\.+$/, '')}`
  const context = { endpointName: name, state }
  switch (state) {
    case 'failed':
      throw new LaunchFailedError(`The endpoint ${name} failed to deploy${reason}.`, { context })
    case 'updateFailed':
      throw new LaunchFailedError(`The endpoint ${name} failed to update${reason}.`, { context })
    case 'paused':
    case 'scaledToZero': {
      if (mayBeStopped) return
      const what = state === 'paused' ? 'is paused' : 'is scaled to zero'
      throw new LaunchFailedError(`The endpoint ${name} ${what} and does not start by itself: resume it.`, { context })
    }
    default:
  }
}

function tooLate(endpoint: InferenceEndpoint | undefined, timeoutMs: number): TimeoutError {
  const name = endpoint === undefined ? 'The endpoint' : `The endpoint ${endpoint.name}`
  const state =
    endpoint === undefined
      ? 'it could not be looked at'
      : `its state is ${endpoint.state}${endpoint.message === undefined ? '' : ` (${endpoint.message})`}`
  return new TimeoutError(`${name} did not run within ${timeoutMs} ms; ${state}: wait longer, or look at its logs.`, {
    phase: 'total',
    context: { timeoutMs, state: endpoint?.state },
  })
}

function abortedBy(signal: AbortSignal): AbortedError {
  return new AbortedError('The wait was aborted by the caller; the endpoint goes on starting.', {
    cause: signal.reason,
  })
}
