import type { ChatResponse, CompletionResponse } from '../contract/response.js'
import type { ChatStreamPart, CompletionStreamPart, LLMStream } from '../contract/stream-part.js'
import type { StructuredOutput } from '../contract/structured-output.js'
import type { LLM } from '../llm/llm.js'
import { answerToJSON, failureToJSON } from './answer-json.js'
import { AnswerPrinter, formatStats, noteCut, printWarnings } from './answer-printer.js'
import type { AnswerArguments, ModelArguments } from './command-options.js'
import { exitCodeOf, reportFailure } from './failure.js'
import { Interrupt } from './interrupt.js'
import { openLLM } from './open-llm.js'

type Response = ChatResponse | CompletionResponse
type Stream = LLMStream<ChatStreamPart | CompletionStreamPart, Response>

/** One question to a model, and how its answer is shown. */
export interface Question extends ModelArguments, AnswerArguments {
  /** Says when an answer is cut, which is nothing special where a text is only continued. */
  readonly notesCut: boolean
  /** What the answer must look like. */
  readonly output: StructuredOutput | undefined
  readonly ask: (llm: LLM, signal: AbortSignal) => Stream
}

/**
 * Asks a model once and prints the answer as it comes, or with `json` one object at the end. Ctrl-C stops the model.
 *
 * @returns the exit code.
 */
export async function answerOnce(question: Question): Promise<number> {
  using interrupt = new Interrupt()
  let llm: LLM | undefined
  try {
    llm = await openLLM(question)
    await llm.load()
    const stream = question.ask(llm, interrupt.signal)
    if (question.json) printJSON(answerToJSON(await stream.response(), llm.warnings))
    else if (question.output !== undefined) await printValue(llm, stream, question)
    else await printAnswer(llm, stream, question)
    return 0
  } catch (error) {
    if (question.json) printJSON(failureToJSON(error))
    else if (interrupt.exitCode === undefined) reportFailure(error)
    return interrupt.exitCode ?? exitCodeOf(error)
  } finally {
    await llm?.unload()
  }
}

async function printAnswer(llm: LLM, stream: Stream, { notesCut, stats }: Question): Promise<void> {
  printWarnings(llm.warnings)
  const printer = new AnswerPrinter()
  let response: Response
  try {
    for await (const part of stream) printer.part(part)
    response = await stream.response()
  } finally {
    printer.end()
  }
  printWarnings(response.warnings)
  if (notesCut) noteCut(response)
  if (stats) process.stderr.write(`${formatStats(response)}\n`)
}

/** The value alone, once it is valid: what was not may be the beginning of what is printed otherwise. */
async function printValue(llm: LLM, stream: Stream, { output, stats }: Question): Promise<void> {
  printWarnings(llm.warnings)
  const response = await stream.response()
  const { parsed, warnings } = response
  process.stdout.write(`${output?.format === 'json' ? JSON.stringify(parsed) : String(parsed)}\n`)
  printWarnings(warnings)
  if (stats) process.stderr.write(`${formatStats(response)}\n`)
}

function printJSON(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
