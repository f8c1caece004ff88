import { type Command, Option } from 'commander'

import type { StructuredOutput } from '../contract/structured-output.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { toNumber } from './command-options.js'
import { readSchemaFile } from './read-schema-file.js'

const defaultAttempts = 2

/** What the answer must look like; at most one of them. */
export interface OutputArguments {
  readonly schema?: string
  readonly regex?: string
  readonly choice?: readonly string[]
  readonly strict?: boolean
  readonly maxAttempts?: number
}

export function addOutputOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--schema <file>', 'the answer must be JSON that fits the JSON Schema in this file').conflicts([
        'regex',
        'choice',
      ]),
    )
    .addOption(new Option('--regex <pattern>', 'the answer must match this regular expression').conflicts('choice'))
    .addOption(
      new Option('--choice <texts>', 'the answer must be one of these texts, with commas between them').argParser(
        (texts) => texts.split(','),
      ),
    )
    .option('--strict', 'refuse a server that cannot constrain its text to that')
    .option('--max-attempts <number>', 'answers in all, if the first one is not valid (default: 2)', toNumber)
}

/**
 * What the arguments ask for, if they do.
 *
 * @throws HeadraceError for a file that is no schema, and for `--strict` or `--max-attempts` without something to hold to.
 */
export async function readOutput(args: OutputArguments): Promise<StructuredOutput | undefined> {
  const { schema, regex, choice, strict, maxAttempts = defaultAttempts } = args
  const effort = { maxAttempts, ...(strict === undefined ? {} : { strict }) }
  if (schema !== undefined) return { format: 'json', schema: await readSchemaFile(schema), ...effort }
  if (regex !== undefined) return { format: 'regex', schema: regex, ...effort }
  if (choice !== undefined) return { format: 'choice', schema: choice, ...effort }
  const option = strict === undefined ? (args.maxAttempts === undefined ? undefined : '--max-attempts') : '--strict'
  if (option === undefined) return undefined
  throw new InvalidOptionError(`${option} needs --schema, --regex or --choice.`, { option })
}
