import type { AnswerSink } from '../../contract/engine.js'
import { asArguments, optionalString } from './read-values.js'
import type { WireToolCall } from './wire-types.js'

interface AssembledCall {
  id: string | undefined
  name: string | undefined
  arguments: string
}

/**
 * Puts tool calls together from the pieces of a stream, or from whole ones.
 *
 * A piece belongs to the call of its index. The ids of pieces mean nothing: Xinference's parsers make a new one for each
 * chunk (server 3.2). Old servers leave the index out, and some send arguments, or the whole list, once more.
 */
export class ToolCallAssembler {
  readonly #calls: AssembledCall[] = []
  /** The call that goes on under a server's index. */
  readonly #positions = new Map<number, number>()

  /** The pieces of one chunk. */
  add(pieces: readonly WireToolCall[], sink: Pick<AnswerSink, 'toolCall'>): void {
    const known = this.#calls.length
    for (const piece of pieces) this.#add(piece, known, sink)
  }

  #add(piece: WireToolCall, known: number, sink: Pick<AnswerSink, 'toolCall'>): void {
    const id = optionalString(piece.id)
    const name = optionalString(piece.function?.name)
    const text = asArguments(piece.function?.arguments)
    const { index } = piece
    const hasIndex = typeof index === 'number' && index >= 0
    const at = hasIndex ? this.#atIndex(index, name, text) : this.#withoutIndex(id, name, text, known)
    if (hasIndex) this.#positions.set(index, at)
    const call = this.#calls[at]
    if (call === undefined) {
      this.#calls[at] = { id, name, arguments: text }
      sink.toolCall(at, id, name, text)
      return
    }
    // Some parsers send the arguments in pieces and then once more as a whole.
    const delta = isObject(parse(text)) && isObject(parse(call.arguments)) ? '' : text
    if (delta === '' && call.name !== undefined) return
    call.id ??= id
    call.name ??= name
    call.arguments += delta
    sink.toolCall(at, id, name, delta)
  }

  /** Where a piece with an index belongs; servers that number nothing write 0 everywhere. */
  #atIndex(index: number, name: string | undefined, text: string): number {
    const at = this.#positions.get(index)
    const call = at === undefined ? undefined : this.#calls[at]
    if (at === undefined || call === undefined) return this.#calls.length
    if (name === undefined || call.name === undefined) return at
    const isOther = name !== call.name || isAnotherObject(text, call.arguments)
    return isOther ? this.#calls.length : at
  }

  /** A known id continues its call, a name begins a new one unless it only repeats one of an earlier chunk. */
  #withoutIndex(id: string | undefined, name: string | undefined, text: string, known: number): number {
    const last = this.#calls.length - 1
    const named = id === undefined ? -1 : this.#calls.findLastIndex((call) => call.id === id)
    if (named !== -1) return named
    if (name === undefined) return Math.max(0, last)
    const repeated = this.#calls.findIndex(
      (call, at) => at < known && call.name === name && isSame(call.arguments, text),
    )
    return repeated === -1 ? last + 1 : repeated
  }
}

/** Whether both are whole objects, and not the same one. */
function isAnotherObject(text: string, before: string): boolean {
  return isObject(parse(text)) && isObject(parse(before)) && !isSame(text, before)
}

/** Whether two texts are the same JSON, but for white space. */
function isSame(one: string, other: string): boolean {
  return one === other || JSON.stringify(parse(one) ?? one) === JSON.stringify(parse(other) ?? other)
}

function parse(text: string): unknown {
  // Nothing else is an object, and most pieces of one are not worth an exception.
  if (!/^\s*\{[^]*\}\s*$/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
