import type { ErrorAnswer } from '../../contract/dialect.js'
import { ModelLoadingError } from '../../errors/model-loading-error.js'

/**
 * A model that is being launched, or made anew after its process died. Servers before 2.11 have no words for that:
 * they miss a replica of it in the words in which they miss a model, `uid: my-qwen-0` (before 1.0 `my-qwen-1-0`, since
 * 3.2 `my-qwen-rep0`).
 */
export function readMissingReplica(
  { status, body, retryAfterMs }: ErrorAnswer,
  modelUid: string,
): ModelLoadingError | undefined {
  const start = body.indexOf(`uid: ${modelUid}-`)
  if (start === -1 || !/model not found/i.test(body)) return undefined
  const replica = /^(\d+-\d+|\d+|rep\d+)/.exec(body.slice(start + `uid: ${modelUid}-`.length))
  if (replica === null) return undefined
  return new ModelLoadingError(`The model is not ready yet: the server misses its replica ${replica[0]}.`, {
    status,
    retryAfterMs,
  })
}
