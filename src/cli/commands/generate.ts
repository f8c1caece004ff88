import { type Command, Option } from 'commander'

import { addApiKeyOption, addGenerationOptions, addModelOptions, toNumber } from '../command-options.js'
import type { GenerateArguments } from '../run-generate.js'

/** `headrace generate INPUT... -o OUTPUT`: every row of a file through a model. */
export function addGenerateCommand(program: Command): void {
  const command = program
    .command('generate')
    .description('Sends every row of a dataset to a model. Interrupted, the same command goes on where it was.')
    .argument(
      '<input...>',
      'JSON Lines, .csv, .tsv or .parquet files, * and ? stand for several; dataset folders; - is standard input',
    )
    .requiredOption(
      '-o, --output <file>',
      'where the rows go: .jsonl, .csv, .tsv, .parquet, a dataset folder (FOLDER/); - is standard output',
    )
    .option('--split <name>', 'which split of a dataset folder')
    .option('--config <name>', 'which config of a dataset folder')
    .addOption(new Option('--task <file>', 'a task: a JSON file, or a module').conflicts(['template', 'system', 'raw']))
    .option('--template <text>', 'the prompt, a Jinja template over the columns; @FILE reads it from there')
    .option('--system <text>', 'a system message')
    .option('--raw', 'continue the prompt as literal text, without a chat template')
    .option('--schema <file>', 'a JSON Schema that the answers must fit')
    .addOption(
      new Option('--batch', 'input and output are OpenAI batch files').conflicts(['task', 'template', 'system', 'raw']),
    )
    .option('--num-generations <number>', 'answers a row', toNumber)
    .addOption(new Option('--group', 'one line a row, with lists of answers').conflicts('batch'))
    .addOption(new Option('--keep-raw', 'add what was asked and the whole answer').conflicts('batch'))
  addApiKeyOption(addModelOptions(command, { isRepeatable: true }), { isRepeatable: true })
  addRunOptions(addRowOptions(addGenerationOptions(command))).action(
    async (inputs: readonly string[], args: GenerateArguments) => {
      const { runGenerate } = await import('../run-generate.js')
      process.exitCode = await runGenerate(inputs, args)
    },
  )
}

function addRowOptions(command: Command): Command {
  return command
    .option('--limit <number>', 'only the first so many rows; a later command may go further', toNumber)
    .option('--sample <number>', 'only so many rows, drawn by --sample-seed', toNumber)
    .option('--sample-seed <number>', 'the same seed draws the same rows (default: 0)', toNumber)
    .option('--dry-run', 'send nothing: show the first prompts, and what the run would take')
}

/** How every run is steered. */
export function addRunOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--concurrency <number>', 'requests in flight at each endpoint (default: auto, as many as fill it)')
        .argParser((text) => (text === 'auto' ? text : toNumber(text)))
        .conflicts('maxConcurrency'),
    )
    .option('--max-concurrency <number>', 'the most that auto may come to (default: 4096)', toNumber)
    .option('--fallback', 'with several --llm: the first one that works gets all rows')
    .option('--allow-different-models', 'with several --llm: of different models, windows or options')
    .option('--no-hedge', 'ask for none of the last rows a second time, however late they are')
    .option('--retries <number>', "how often a row is asked again after the server's fault (default: 5)", toNumber)
    .option('--timeout <seconds>', 'how long one request may take', toNumber)
    .option('--max-tokens-total <number>', 'stop when the whole run has used so many tokens', toNumber)
    .option('--max-cost <amount>', 'stop when the whole run has cost so much', toNumber)
    .option('--price-input <amount>', 'of a million input tokens', toNumber)
    .option('--price-output <amount>', 'of a million output tokens', toNumber)
    .option('--run <folder>', 'where the run keeps itself (default: the output with .run appended)')
    .option('--retry-failed', 'ask the rows again that failed before')
    .option('--fork', 'begin a new run where the folder holds one of another input, task or model')
    .option('--json-progress', 'print progress and summary as lines of JSON to standard error')
}
