import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { answerOnce } from './answer-once.js'
import {
  type AnswerArguments,
  type GenerationArguments,
  generationOptions,
  type ModelArguments,
} from './command-options.js'
import { type OutputArguments, readOutput } from './output-options.js'
import { readPrompt } from './read-prompt.js'

export interface CompleteArguments extends ModelArguments, GenerationArguments, AnswerArguments, OutputArguments {
  readonly raw?: boolean
}

/** @returns the exit code. */
export async function runComplete(argument: string | undefined, args: CompleteArguments): Promise<number> {
  const prompt = await readPrompt(argument)
  if (prompt === undefined) {
    throw new InvalidOptionError('complete needs a prompt: give one in quotation marks, or on standard input.', {
      option: 'prompt',
    })
  }
  const { raw = false } = args
  const structuredOutput = await readOutput(args)
  const options = { ...generationOptions(args), raw, ...(structuredOutput && { structuredOutput }) }
  return answerOnce({
    ...args,
    notesCut: !raw,
    output: structuredOutput,
    ask: (llm, signal) => llm.streamComplete(prompt, { ...options, signal }),
  })
}
