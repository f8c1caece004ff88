import type { ChatStream, CompletionStream, HeadraceError } from '../../src/index.js'

/** What a promise was rejected with. @throws Error when it was not. */
export async function errorOf<E = HeadraceError>(promise: PromiseLike<unknown>): Promise<E> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error as E
  }
  throw new Error(`Expected a failure, got ${JSON.stringify(value)}.`)
}

/** Everything that came out of a stream, and what ended it if not the answer's end. */
export async function drain<Part>(
  stream: AsyncIterable<Part> & (ChatStream | CompletionStream),
): Promise<{ readonly parts: readonly Part[]; readonly error: HeadraceError | undefined }> {
  const parts: Part[] = []
  try {
    for await (const part of stream as AsyncIterable<Part>) parts.push(part)
  } catch (error) {
    return { parts, error: error as HeadraceError }
  }
  return { parts, error: undefined }
}
