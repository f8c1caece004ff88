import type { ToolCall } from '../contract/message.js'
import type { ContentLogprob, FinishReason, Usage, Warning } from '../contract/response.js'
import type { PartialAnswer } from '../errors/headrace-error.js'

export const unknownUsage: Usage = { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined }
const unknownFinish: FinishReason = { unified: 'other', raw: undefined }

const noCalls: readonly ToolCall[] = Object.freeze([])

/** What has arrived of one answer. */
export class Answer {
  // Appended with +=, which V8 keeps as a rope: having the text so far costs nothing until somebody reads it.
  text = ''
  reasoning: string | undefined
  finishReason: FinishReason = unknownFinish
  usage: Usage = unknownUsage
  logprobs: ContentLogprob[] | undefined
  model: string | undefined
  raw: unknown
  #toolCalls: { id: string | undefined; name: string | undefined; arguments: string }[] | undefined

  /** Whether anything of the answer itself has arrived. */
  get hasBegun(): boolean {
    return this.text !== '' || this.reasoning !== undefined || this.#toolCalls !== undefined
  }

  addText(delta: string, logprobs: readonly ContentLogprob[] | undefined): void {
    this.text += delta
    if (logprobs !== undefined) (this.logprobs ??= []).push(...logprobs)
  }

  addReasoning(delta: string): string {
    this.reasoning = this.reasoning === undefined ? delta : this.reasoning + delta
    return this.reasoning
  }

  addToolCall(index: number, id: string | undefined, name: string | undefined, argumentsDelta: string): void {
    const call = ((this.#toolCalls ??= [])[index] ??= { id, name, arguments: '' })
    call.id ??= id
    call.name ??= name
    call.arguments += argumentsDelta
  }

  /** Whole calls; one that the server gave no id gets one by its position. */
  toolCalls(): readonly ToolCall[] {
    if (this.#toolCalls === undefined) return noCalls
    return this.#toolCalls.flatMap((call, index) =>
      call?.name === undefined ? [] : [{ id: call.id ?? `call_${index}`, name: call.name, arguments: call.arguments }],
    )
  }

  /** Once it was handed over: a call that has grown old meanwhile would keep it until it is collected itself. */
  clear(): void {
    this.text = ''
    this.reasoning = undefined
    this.finishReason = unknownFinish
    this.usage = unknownUsage
    this.logprobs = undefined
    this.raw = undefined
    this.#toolCalls = undefined
  }

  partial(): PartialAnswer {
    return { text: this.text, reasoning: this.reasoning, usage: this.usage === unknownUsage ? undefined : this.usage }
  }
}

/** Warnings without repetitions. */
export function uniqueWarnings(warnings: readonly Warning[]): readonly Warning[] {
  if (warnings.length < 2) return warnings
  return warnings.filter((warning, index) => warnings.findIndex((other) => other.message === warning.message) === index)
}
