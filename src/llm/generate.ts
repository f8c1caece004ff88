import type {
  GenerateInput,
  GenerateOneOptions,
  GenerateOneResult,
  GenerateOptions,
  GenerateOutcome,
  GenerateOutput,
} from '../contract/generate.js'
import { AbortedError } from '../errors/aborted-error.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { onAbort } from '../transport/signal-listeners.js'

type GenerateOne = (input: GenerateInput, options: GenerateOneOptions) => Promise<GenerateOneResult>

/**
 * Runs all samples of all inputs, at most `concurrency` at once, and gathers them by input.
 *
 * @throws HeadraceError the first failure, with `throwOnError`; everything still running is cancelled first. So it is
 * when `onResult` throws.
 */
export async function generateAll(
  inputs: readonly GenerateInput[],
  options: GenerateOptions,
  maxConcurrency: number,
  generateOne: GenerateOne,
): Promise<GenerateOutput[]> {
  const { numGenerations = 1, concurrency = 16, throwOnError = false, onResult, signal, ...call } = options
  const results: GenerateOneResult[][] = inputs.map(() => [])
  const stop = new AbortController()
  const stopListening = signal && onAbort(signal, () => stop.abort(signal.reason))
  if (signal?.aborted) stop.abort(signal.reason)
  const total = inputs.length * numGenerations
  let next = 0
  let failure: { readonly cause: unknown } | undefined
  const fail = (cause: unknown): void => {
    if (failure !== undefined) return
    failure = { cause }
    stop.abort(new AbortedError('Another generation failed.', failure))
  }
  const work = async (): Promise<void> => {
    while (next < total && failure === undefined) {
      const position = next++
      const input = Math.floor(position / numGenerations)
      const sample = position % numGenerations
      const result = await generateOne(inputs[input] as GenerateInput, { ...call, signal: stop.signal, sample })
      ;(results[input] as GenerateOneResult[])[sample] = result
      if (throwOnError && result.cause !== undefined) fail(result.cause)
      try {
        onResult?.({ ...result, input, sample })
      } catch (error) {
        fail(error)
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, maxConcurrency, total) }, work))
  } finally {
    stopListening?.()
  }
  if (failure !== undefined) throw failure.cause
  return results.map(gather)
}

function gather(results: readonly GenerateOneResult[]): GenerateOutput {
  return {
    generations: results.map((result) => (result.outcome === 'ok' ? (result.text ?? null) : null)),
    errors: results.map((result) => result.cause),
    statistics: {
      inputTokens: results.map((result) => result.usage.inputTokens),
      outputTokens: results.map((result) => result.usage.outputTokens),
    },
    responses: results.map((result) => result.response),
  }
}

/** The row state that an error stands for. */
export function outcomeOf(error: HeadraceError): GenerateOutcome {
  switch (error.code) {
    case 'INVALID_OUTPUT':
    case 'OUTPUT_TRUNCATED':
    case 'INVALID_REQUEST':
    case 'INVALID_OPTION':
    case 'UNSUPPORTED_OPTION':
    case 'MODEL_ABILITY':
      return 'invalid'
    case 'CONTEXT_OVERFLOW':
      return 'too-long'
    case 'ABORTED':
      return 'cancelled'
    default:
      return 'failed'
  }
}
