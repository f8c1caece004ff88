import { RunChangedError } from '../../errors/run-changed-error.js'
import { chunkBytes } from '../sources/chunk-hasher.js'
import type { Source, SourceChunk, SourceIdentity } from '../sources/source.js'

/** Holds an input against what the run has seen of it before. */
export class InputCheck {
  readonly #identity: SourceIdentity
  readonly #known = new Map<string, string>()
  readonly #onNew: (chunk: SourceChunk) => void

  constructor(identity: SourceIdentity, known: readonly SourceChunk[], onNew: (chunk: SourceChunk) => void) {
    this.#identity = identity
    this.#onNew = onNew
    for (const { part, index, hash } of known) this.#known.set(`${part}:${index}`, hash)
  }

  /** @throws RunChangedError `RUN_CHANGED` when other bytes stood there. */
  readonly check = (chunk: SourceChunk): void => {
    const key = `${chunk.part}:${chunk.index}`
    const known = this.#known.get(key)
    if (known === chunk.hash) return
    if (known === undefined) {
      this.#known.set(key, chunk.hash)
      this.#onNew(chunk)
      return
    }
    const name = this.#identity.parts[chunk.part]?.name ?? 'The input'
    const from = chunk.index * chunkBytes
    const isText = this.#identity.kind === 'jsonl' || this.#identity.kind === 'csv'
    const where = isText ? ` between byte ${from} and byte ${from + chunkBytes}` : ' in its rows'
    throw new RunChangedError(`The input has changed: ${name} is another one${where}. ${whatToDo}`)
  }

  /**
   * Holds the whole input, as far as it was read before, against what was seen of it.
   *
   * @throws RunChangedError `RUN_CHANGED`
   */
  async checkAll(source: Source): Promise<void> {
    if (this.#known.size === 0) return
    let left = this.#known.size
    const onChunk = (chunk: SourceChunk): void => {
      if (!this.#known.has(`${chunk.part}:${chunk.index}`)) return
      this.check(chunk)
      left--
    }
    const pages = source.read({ onChunk })[Symbol.asyncIterator]()
    while (left > 0 && (await pages.next()).done !== true);
    await pages.return?.()
  }
}

const whatToDo = 'Put the former input back, or begin a new run with --fork (fork: true).'

/**
 * Compares what is known of an input without reading it.
 *
 * @returns whether it must be read to know that it is the same.
 * @throws RunChangedError `RUN_CHANGED`
 */
export function compareIdentities(before: SourceIdentity, now: SourceIdentity): boolean {
  const refuse = (reason: string): never => {
    throw new RunChangedError(`The input has changed: ${reason}. ${whatToDo}`)
  }
  if (before.kind !== now.kind) refuse(`it was of the kind ${before.kind} and is ${now.kind}`)
  if (before.parts.length !== now.parts.length) {
    refuse(`it had ${count(before.parts.length)} and has ${count(now.parts.length)}`)
  }
  const unit = now.kind === 'rows' ? 'rows' : 'bytes'
  let isTouched = false
  for (const [index, part] of now.parts.entries()) {
    const former = before.parts[index]
    if (former === undefined) continue
    if (former.size !== part.size) refuse(`${part.name} had ${former.size} ${unit} and has ${part.size}`)
    if (former.modifiedMs !== part.modifiedMs || former.name !== part.name) isTouched = true
  }
  return isTouched
}

function count(files: number): string {
  return files === 1 ? 'one file' : `${files} files`
}
