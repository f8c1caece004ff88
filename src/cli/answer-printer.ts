import type { ChatResponse, CompletionResponse, Warning } from '../contract/response.js'
import type { ChatStreamPart, CompletionStreamPart } from '../contract/stream-part.js'
import { dim, printable } from './terminal.js'

type Part = ChatStreamPart | CompletionStreamPart

/**
 * Writes an answer as it comes: the text to standard output, what the model thinks to standard error where that is a
 * terminal.
 */
export class AnswerPrinter {
  #isThinking = false
  #isLineOpen = false

  part(part: Part): void {
    if (part.type === 'reasoning') this.#think(part.reasoningDelta)
    else if (part.delta !== '') this.#write(part.delta)
  }

  /** Ends the line, so that what follows stands on its own. */
  end(): void {
    this.#endThought()
    if (this.#isLineOpen) process.stdout.write('\n')
    this.#isLineOpen = false
  }

  #write(delta: string): void {
    this.#endThought()
    process.stdout.write(process.stdout.isTTY ? printable(delta) : delta)
    this.#isLineOpen = !delta.endsWith('\n')
  }

  #think(delta: string): void {
    if (!process.stderr.isTTY) return
    this.#isThinking = true
    process.stderr.write(dim(printable(delta), process.stderr))
  }

  #endThought(): void {
    if (this.#isThinking) process.stderr.write('\n')
    this.#isThinking = false
  }
}

export function printWarnings(warnings: readonly Warning[]): void {
  for (const { message } of warnings) process.stderr.write(`headrace: warning: ${printable(message)}\n`)
}

/** Says that the end is missing, which nobody can see in the text. */
export function noteCut({ finishReason, usage }: ChatResponse | CompletionResponse): void {
  if (finishReason.unified !== 'length') return
  const count = usage.outputTokens === undefined ? '' : ` after ${usage.outputTokens} tokens`
  process.stderr.write(dim(`(The answer was cut${count}, by --max-tokens or the context window.)\n`, process.stderr))
}

/** `14 tokens in, 23 out; first token after 12 ms, 120 ms in all: 191.7 tokens/s`. */
export function formatStats({ usage, timings }: ChatResponse | CompletionResponse): string {
  const { inputTokens = '?', outputTokens } = usage
  const { firstTokenMs, totalMs } = timings
  const first = firstTokenMs === undefined ? '' : `first token after ${Math.round(firstTokenMs)} ms, `
  const speed = outputTokens === undefined ? '' : `: ${((outputTokens / totalMs) * 1000).toFixed(1)} tokens/s`
  return `${inputTokens} tokens in, ${outputTokens ?? '?'} out; ${first}${Math.round(totalMs)} ms in all${speed}`
}
