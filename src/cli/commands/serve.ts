import { type Command, Option } from 'commander'

import { addModelOptions, toNumber } from '../command-options.js'
import type { ServeArguments } from '../run-serve.js'

/** `headrace serve`: an HTTP server over a model, with the routes of Xinference, TGI or OpenAI. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description(
      "Serves a model over HTTP, behind Xinference's routes, TGI's or OpenAI's own (OpenAI clients can use all three).",
    )
  addModelOptions(command)
    .addOption(
      new Option('--as <protocol>', 'whose protocol to speak')
        .choices(['xinference', 'tgi', 'openai'])
        .default('xinference'),
    )
    .option('--host <address>', 'where to listen; other than loopback needs --api-key', '127.0.0.1')
    .option('--port <number>', '0 takes a free one', toNumber, 9997)
    .addOption(new Option('--api-key <key>', 'the key that clients must send').env('HEADRACE_API_KEY'))
    .option('--model-uid <name>', "what clients call the model (default: the model's own name)")
    .option('--parallel <number>', 'answers that a GGUF file makes at once; further requests queue', toNumber)
    .option('--quiet', 'print no line for each request')
    .action(async (options: ServeArguments) => {
      const { runServe } = await import('../run-serve.js')
      process.exitCode = await runServe(options)
    })
}
