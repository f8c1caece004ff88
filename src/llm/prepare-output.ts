import type { Route } from '../contract/capabilities.js'
import type { CanonicalRequest } from '../contract/engine.js'
import type { ChatMessage } from '../contract/message.js'
import type { CallOptions } from '../contract/options.js'
import type { Warning } from '../contract/response.js'
import type { Constraint, OutputRung, StructuredOutput } from '../contract/structured-output.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import type { OutputIssue } from '../errors/invalid-output-error.js'
import { compileOutput } from '../output/compile-output.js'
import { describeIssues, describeOutput } from '../output/describe-output.js'
import { isRefusalOfConstraint } from '../output/output-refusals.js'
import { planOutput } from '../output/plan-output.js'
import type { Answer } from './answer.js'
import type { CallMode } from './call-mode.js'
import { deriveSeed } from './derive-seed.js'
import type { LoadedModel } from './loaded-model.js'
import type { Question } from './write-input.js'

type RequestOptions = CanonicalRequest['options']

/** What is being prepared. */
export interface OutputContext {
  readonly model: LoadedModel
  readonly route: Route
  readonly question: Question
  readonly mode: CallMode
  /** The form was asked for in words already. */
  readonly isTold: boolean
  readonly options: RequestOptions
  readonly warnings: Warning[]
}

/** A `structuredOutput` in a call that is being prepared. */
export interface PreparedOutput {
  readonly rung: OutputRung
  readonly constraint: Constraint | undefined
  readonly isWrapped: boolean
  /** The question, with the form asked for in words where no constraint does it. */
  readonly question: Question
  readonly maxAttempts: number
  /** @throws HeadraceError `INVALID_OUTPUT`, `OUTPUT_TRUNCATED`. */
  read(answer: Answer): unknown
  /** What to ask after an answer that is not valid; `undefined` where that would be the same thing again. */
  askAgain(
    text: string,
    issues: readonly OutputIssue[],
    options: RequestOptions,
  ): { readonly question: Question; readonly changes: CallOptions } | undefined
  /** Whether to prepare the call again, without the constraint that this failure is about. */
  stepDown(error: HeadraceError): boolean
}

const defaultAttempts = 2

/** @throws HeadraceError `INVALID_OPTION` for what is no schema, `UNSUPPORTED_OPTION` where nothing holds to it. */
export async function prepareOutput(
  structuredOutput: StructuredOutput,
  { model, route, question, mode, isTold, options, warnings }: OutputContext,
): Promise<PreparedOutput> {
  const { strict: isStrict = false, maxAttempts = mode === 'stream' ? 1 : defaultAttempts } = structuredOutput
  const { refusals } = model
  const { capabilities } = model.context.engine
  const output = await compileOutput(structuredOutput)
  const form = output.constraint
  const canInstruct = question.messages !== undefined
  const plan = planOutput(output, { route, capabilities, refusals, isStrict, canInstruct }, warnings)
  const { rung, constraint, isWrapped } = plan
  const told = rung === 'constrained' || isTold ? question : instruct(question, describeOutput(form))
  return {
    rung,
    constraint,
    isWrapped,
    question: told,
    maxAttempts,
    read: ({ text, finishReason }) => output.read({ text, isWrapped, wasCut: finishReason.unified === 'length' }),
    askAgain(text, issues, { temperature, seed }) {
      const correction = describeIssues(form, issues, rung === 'constrained')
      const reply = text === '' ? undefined : correct(told, text, correction)
      if (reply !== undefined) return { question: reply, changes: {} }
      // Asked once more as it is, another answer comes by chance alone.
      if (temperature === 0) return undefined
      return { question: told, changes: seed === undefined ? {} : { seed: deriveSeed(seed, 1) } }
    },
    stepDown(error) {
      const hasTools = options.tools !== undefined && options.tools.length > 0
      const canStepDown = !isStrict && canInstruct && !hasTools && form.format !== 'grammar'
      if (!canStepDown || constraint === undefined || !isRefusalOfConstraint(error)) return false
      refusals.add(route, rung === 'constrained' ? form : constraint)
      return true
    },
  }
}

/** The instruction at the end of the last thing that the user says, or before everything where the user says nothing. */
function instruct(question: Question, instruction: string): Question {
  const { messages } = question
  if (messages === undefined) return question
  const at = messages.findLastIndex(({ role }) => role === 'user')
  if (at === -1) return { messages: [{ role: 'system', content: instruction }, ...messages] }
  return { messages: messages.map((message, index) => (index === at ? withText(message, instruction) : message)) }
}

function withText(message: ChatMessage, text: string): ChatMessage {
  const { content } = message
  if (typeof content === 'string') return { ...message, content: `${content}\n\n${text}` }
  return { ...message, content: [...content, { type: 'text', text }] }
}

/** The conversation with the answer and what is wrong with it; a text, or an answer that was begun, has no place for that. */
function correct({ messages }: Question, answer: string, correction: string): Question | undefined {
  if (messages === undefined || messages.at(-1)?.role === 'assistant') return undefined
  return { messages: [...messages, { role: 'assistant', content: answer }, { role: 'user', content: correction }] }
}
