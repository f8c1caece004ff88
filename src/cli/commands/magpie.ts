import { type Command, Option } from 'commander'

import { addApiKeyOption, addGenerationOptions, addModelOptions, append, toNumber } from '../command-options.js'
import type { MagpieArguments } from '../run-magpie.js'
import { addRunOptions } from './generate.js'

/** `headrace magpie -n N -o OUTPUT`: instructions, and conversations, out of nothing. */
export function addMagpieCommand(program: Command): void {
  const command = program
    .command('magpie')
    .description(
      'Makes a dataset out of nothing: the model writes what users would ask, and answers it. Interrupted, the same command goes on.',
    )
    .option('-n, --rows <number>', 'how many rows; exactly so many come out', toNumber)
    .addOption(
      new Option('--input <file...>', 'one row for each of these JSON Lines, with its own system_prompt').conflicts(
        'rows',
      ),
    )
    .requiredOption('-o, --output <file>', 'where the rows go; - is standard output')
    .option('--turns <number>', 'exchanges of a conversation (default: 1)', toNumber)
    .option('--end-with-user', 'one more message of the user at the end')
    .addOption(new Option('--only-instruction', 'no answers').conflicts('endWithUser'))
    .addOption(new Option('--system <text>', 'a system message; several are drawn from').argParser(append))
    .addOption(
      new Option(
        '--system-prompts <file>',
        'JSON: a list of system messages, or an object of them by name, each a text or [text, weight]',
      ).conflicts('system'),
    )
    .addOption(
      new Option(
        '--no-system-prompt',
        'none, where --turns would bring one that announces further questions',
      ).conflicts(['system', 'systemPrompts']),
    )
    .option('--include-system-prompt', 'keep the system message in the conversation')
    .option('--pre-query <name>', "how a user's turn begins: a preset, or the text (default: by the chat template)")
    .addOption(
      new Option('--instruction-stop <text>', 'end a message of the user before this text; may be repeated').argParser(
        append,
      ),
    )
    .option('--response-temperature <number>', 'of the answers (default: as --temperature)', toNumber)
    .option('--response-max-tokens <number>', 'of an answer (default: as --max-tokens)', toNumber)
    .option('--dry-run', 'send nothing: show the prompt of the first row')
    .option('--json', 'print the summary, or an error, as one JSON object to standard output')
  addApiKeyOption(addModelOptions(command, { isRepeatable: true }), { isRepeatable: true })
  addRunOptions(addGenerationOptions(command)).action(async (args: MagpieArguments) => {
    const { runMagpie } = await import('../run-magpie.js')
    process.exitCode = await runMagpie(args)
  })
}
