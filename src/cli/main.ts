#!/usr/bin/env node
// The command `headrace`. Nothing but commander is loaded before a command runs, so that help comes at once.
import { Command, CommanderError } from 'commander'

import { version } from '../version.js'
import { addChatCommand } from './commands/chat.js'
import { addCompleteCommand } from './commands/complete.js'
import { addDoctorCommand } from './commands/doctor.js'
import { addEndpointsCommand } from './commands/endpoints.js'
import { addGenerateCommand } from './commands/generate.js'
import { addMagpieCommand } from './commands/magpie.js'
import { addModelsCommand } from './commands/models.js'
import { addRunsCommand } from './commands/runs.js'
import { addServeCommand } from './commands/serve.js'

const program = new Command('headrace')
  .description('Runs prompts through the open models that people serve themselves.')
  .version(version, '-v, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .helpCommand('help [command]', 'print the help of a command')
  .configureOutput({ outputError: (message, write) => write(toUsageLine(message)) })
  .exitOverride()

addChatCommand(program)
addCompleteCommand(program)
addGenerateCommand(program)
addMagpieCommand(program)
addRunsCommand(program)
addServeCommand(program)
addModelsCommand(program)
addEndpointsCommand(program)
addDoctorCommand(program)
program.addHelpText(
  'after',
  `\nWithout --llm, commands use a tiny model that comes with the package. Try:\n  headrace chat "What is the capital of Norway?"`,
)

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Who read the output has gone (`headrace chat | head -1`): there is nobody left to tell.
  if (error.code !== 'EPIPE') process.stderr.write(`headrace: The output cannot be written: ${error.message}\n`)
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

try {
  if (process.argv.length <= 2) program.outputHelp()
  else await program.parseAsync()
} catch (error) {
  process.exitCode = await toExitCode(error)
}

async function toExitCode(error: unknown): Promise<number> {
  // Commander has said what is wrong. Help and version come this way too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const { reportFailure } = await import('./failure.js')
  return reportFailure(error)
}

/** Commander's message as one line in the form of all others. */
function toUsageLine(message: string): string {
  const line = message
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
  if (/^too many arguments for '(chat|complete)'/.test(line)) {
    return 'headrace: too many arguments: put the prompt in quotation marks\n'
  }
  return `headrace: ${line}${line.endsWith('?)') ? '' : ' (try --help)'}\n`
}
