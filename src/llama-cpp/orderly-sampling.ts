import type { LlamaContext } from 'node-llama-cpp'

/** What node-llama-cpp calls of its native context; private to it. */
interface NativeContext {
  decodeBatch(...args: unknown[]): Promise<unknown>
  sampleToken(...args: unknown[]): Promise<unknown>
}

/**
 * Keeps the answers of concurrent calls apart.
 *
 * node-llama-cpp samples the sequences of a batch on several threads at once, while llama.cpp's first look at a batch's
 * logits puts them into order, in place and without a lock: sequences then read each other's logits, and pieces of one
 * answer turn up in another (seen with node-llama-cpp 3.21.1, from four sequences on, in up to a third of the answers).
 * So the first sample after each decoding finishes alone; the others may then run side by side.
 *
 * @returns `false` when this version of the library does not work as expected here: batches must then not be shared.
 */
export function orderSampling(context: LlamaContext): boolean {
  const native = (context as unknown as { readonly _ctx?: Partial<NativeContext> })._ctx
  if (typeof native?.decodeBatch !== 'function' || typeof native.sampleToken !== 'function') return false
  const decode = native.decodeBatch.bind(native)
  const sample = native.sampleToken.bind(native)
  let first: Promise<unknown> | undefined
  // They are inherited and read-only there: assigning is refused.
  Object.defineProperties(native, {
    decodeBatch: {
      value: (...args: unknown[]): Promise<unknown> => {
        first = undefined
        return decode(...args)
      },
    },
    sampleToken: {
      value: (...args: unknown[]): Promise<unknown> => {
        if (first === undefined) return (first = sample(...args))
        const next = (): Promise<unknown> => sample(...args)
        return first.then(next, next)
      },
    },
  })
  return true
}
