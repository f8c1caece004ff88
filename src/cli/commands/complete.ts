import type { Command } from 'commander'

import { addAnswerOptions, addApiKeyOption, addGenerationOptions, addModelOptions } from '../command-options.js'
import { addOutputOptions } from '../output-options.js'
import type { CompleteArguments } from '../run-complete.js'

/** `headrace complete [PROMPT]`: asks, or with `--raw` continues a text. */
export function addCompleteCommand(program: Command): void {
  const command = program
    .command('complete')
    .description('Completes a prompt: asks it, or with --raw continues it as literal text.')
    .argument('[prompt]', 'in quotation marks; - or a pipe: standard input')
    .option('--raw', 'continue the prompt as literal text, without a chat template')
  addApiKeyOption(addModelOptions(command))
  addAnswerOptions(addOutputOptions(addGenerationOptions(command))).action(
    async (prompt: string | undefined, options: CompleteArguments) => {
      const { runComplete } = await import('../run-complete.js')
      process.exitCode = await runComplete(prompt, options)
    },
  )
}
