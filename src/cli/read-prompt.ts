import { buffer } from 'node:stream/consumers'

import { InvalidOptionError } from '../errors/invalid-option-error.js'

/**
 * The prompt of a command: its argument, or standard input for `-` and where that is a pipe. One line break at the end of
 * standard input is not part of it.
 *
 * @returns `undefined` where there is none: no argument, at a terminal.
 * @throws InvalidOptionError `INVALID_OPTION` for an empty one, or one that is not UTF-8.
 */
export async function readPrompt(argument: string | undefined): Promise<string | undefined> {
  if (argument === undefined && process.stdin.isTTY) return undefined
  const prompt = argument === undefined || argument === '-' ? await readStandardInput() : argument
  if (prompt.trim() === '') {
    throw new InvalidOptionError('The prompt is empty: give one in quotation marks, or on standard input.', {
      option: 'prompt',
    })
  }
  return prompt
}

async function readStandardInput(): Promise<string> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await buffer(process.stdin))
    return text.replace(/\r?\n$/, '')
  } catch (cause) {
    throw new InvalidOptionError('The prompt on standard input is not UTF-8 text.', { cause, option: 'prompt' })
  }
}
