import type { Runtime } from '../contract/runtime.js'
import { detectEngine } from '../dialects/detect-engine.js'
import type { DetectedEngine, EngineName } from '../dialects/engine-facts.js'
import { AbortedError } from '../errors/aborted-error.js'
import { type HeadraceError, isHeadraceError } from '../errors/headrace-error.js'
import { redactError } from '../transport/redact.js'
import { requestWhole } from '../transport/request-whole.js'
import { sleep } from '../transport/sleep.js'
import type { Transport } from '../transport/transport.js'
import type { BaseUrl } from './base-url.js'

export interface Probing {
  readonly transport: Transport
  readonly runtime: Runtime
  readonly key: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Where the engine is known, only its names and limits are looked up. */
  readonly known?: EngineName | undefined
}

export interface ProbingPatiently extends Probing {
  /** How long a server that is still loading its model is waited for, in milliseconds. */
  readonly waitTimeoutMs: number
  /** Whether this failure will pass by itself. */
  readonly isLoading: (error: HeadraceError) => boolean
  readonly onWaiting: (cause: HeadraceError, waitedMs: number, delayMs: number) => void
}

const timeoutMs = 30_000
const firstDelayMs = 1000
const longestDelayMs = 5000

/** What is behind an address: at most three requests. @throws HeadraceError as `detectEngine`, and `TIMEOUT`, `ABORTED`. */
async function probeEngine(
  { origin, basePath }: BaseUrl,
  { transport, runtime, key, signal, known }: Probing,
): Promise<DetectedEngine> {
  const headers = { accept: 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) }
  let failure: unknown
  try {
    return await detectEngine(async (path) => {
      try {
        const request = { method: 'GET', origin, path: basePath + path, headers, body: undefined } as const
        const {
          status,
          headers: answered,
          body,
        } = await requestWhole(transport, request, { runtime, timeoutMs, signal })
        return { status, headers: answered, text: body, json: parse(body) }
      } catch (error) {
        if (signal?.aborted) throw error
        failure ??= error
        return undefined
      }
    }, known)
  } catch (error) {
    // Why nothing answers is better known here.
    const isSilent = isHeadraceError(error) && error.code === 'CONNECTION_FAILED' && failure !== undefined
    throw redactError(isSilent ? failure : error, key === undefined ? [] : [key])
  }
}

/** As {@link probeEngine}, and waits for a server that is still loading. */
export async function probeEnginePatiently(address: BaseUrl, how: ProbingPatiently): Promise<DetectedEngine> {
  const { runtime, signal, waitTimeoutMs, isLoading, onWaiting } = how
  const startedAt = runtime.now()
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
    try {
      return await probeEngine(address, how)
    } catch (error) {
      const waitedMs = runtime.now() - startedAt
      if (!isHeadraceError(error) || !isLoading(error) || waitedMs + delayMs > waitTimeoutMs) throw error
      onWaiting(error, waitedMs, delayMs)
      await sleep(delayMs, signal, runtime, abortedBy)
    }
  }
}

function abortedBy(signal: AbortSignal): AbortedError {
  return new AbortedError('The wait for the server was aborted.', { cause: signal.reason })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
