import type { Command } from 'commander'

import { addAnswerOptions, addApiKeyOption, addGenerationOptions, addModelOptions } from '../command-options.js'
import { addOutputOptions } from '../output-options.js'
import type { ChatArguments } from '../run-chat.js'

/** `headrace chat [PROMPT]`: one answer, or a conversation. */
export function addChatCommand(program: Command): void {
  const command = program
    .command('chat')
    .description('Answers a prompt, or without one talks in the terminal.')
    .argument('[prompt]', 'what to ask, in quotation marks; - or a pipe: standard input')
    .option('--system <text>', 'a system message that goes first')
  addApiKeyOption(addModelOptions(command))
  addAnswerOptions(addOutputOptions(addGenerationOptions(command))).action(
    async (prompt: string | undefined, options: ChatArguments) => {
      const { runChat } = await import('../run-chat.js')
      process.exitCode = await runChat(prompt, options)
    },
  )
}
