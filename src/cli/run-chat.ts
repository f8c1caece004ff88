import type { ChatMessage } from '../contract/message.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { answerOnce } from './answer-once.js'
import {
  type AnswerArguments,
  type GenerationArguments,
  generationOptions,
  type ModelArguments,
} from './command-options.js'
import { openLLM } from './open-llm.js'
import { type OutputArguments, readOutput } from './output-options.js'
import { readPrompt } from './read-prompt.js'

export interface ChatArguments extends ModelArguments, GenerationArguments, AnswerArguments, OutputArguments {
  readonly system?: string
}

/** One answer where there is a prompt, otherwise a conversation. @returns the exit code. */
export async function runChat(argument: string | undefined, args: ChatArguments): Promise<number> {
  const prompt = await readPrompt(argument)
  const structuredOutput = await readOutput(args)
  const options = { ...generationOptions(args), ...(structuredOutput && { structuredOutput }) }
  const system: readonly ChatMessage[] = args.system === undefined ? [] : [{ role: 'system', content: args.system }]
  if (prompt !== undefined) {
    const messages: readonly ChatMessage[] = [...system, { role: 'user', content: prompt }]
    return answerOnce({
      ...args,
      notesCut: true,
      output: structuredOutput,
      ask: (llm, signal) => llm.streamChat(messages, { ...options, signal }),
    })
  }
  if (args.json || !process.stdout.isTTY) {
    throw new InvalidOptionError(
      'A conversation needs a terminal: give a prompt, in quotation marks or on standard input.',
      {
        option: 'prompt',
      },
    )
  }
  const llm = await openLLM(args)
  try {
    const { Conversation } = await import('./conversation.js')
    await new Conversation(await llm.load(), { system, options, stats: args.stats ?? false }).run()
    return 0
  } finally {
    await llm.unload()
  }
}
