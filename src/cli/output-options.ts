import { type Command, Option } from 'commander'

import type { StructuredOutput } from '../contract/structured-output.js'
import { readSchemaFile } from './read-schema-file.js'

/** What the answer must look like; at most one of them. */
export interface OutputArguments {
  readonly schema?: string
  readonly regex?: string
  readonly choice?: readonly string[]
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
}

/** The constraint that the arguments ask for, if they do. @throws HeadraceError for a file that is no schema. */
export async function readOutput({ schema, regex, choice }: OutputArguments): Promise<StructuredOutput | undefined> {
  if (schema !== undefined) return { format: 'json', schema: await readSchemaFile(schema) }
  if (regex !== undefined) return { format: 'regex', schema: regex }
  return choice === undefined ? undefined : { format: 'choice', schema: choice }
}
