import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { printable } from './terminal.js'

/**
 * Asks for a user's password at the terminal, which does not show it.
 *
 * @returns `undefined` where there is nobody to ask, or `XINFERENCE_PASSWORD` has it.
 */
export async function readPassword(username: string | undefined): Promise<string | undefined> {
  if (username === undefined || process.env['XINFERENCE_PASSWORD'] || !process.stdin.isTTY) return undefined
  return ask(`Password of ${printable(username)}: `)
}

/**
 * The password that a new user shall have: that of `XINFERENCE_PASSWORD`, else what is typed twice.
 *
 * @throws InvalidOptionError `INVALID_OPTION` where there is nobody to ask, and for two different ones.
 */
export async function readNewPassword(username: string): Promise<string> {
  const given = process.env['XINFERENCE_PASSWORD']
  if (given) return given
  if (!process.stdin.isTTY) {
    throw new InvalidOptionError('The new user needs a password: set the environment variable XINFERENCE_PASSWORD.', {
      option: 'password',
    })
  }
  const password = await ask(`New password of ${printable(username)}: `)
  if ((await ask('The same again: ')) === password) return password
  throw new InvalidOptionError('The two passwords differ: try again.', { option: 'password' })
}

async function ask(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  // Only now: what is typed before the terminal stops to show it would be seen.
  process.stderr.write(question)
  const password = await new Promise<string | undefined>((resolve) => {
    reader.once('line', resolve)
    // Ctrl-C and Ctrl-D.
    reader.once('close', () => resolve(undefined))
    reader.once('SIGINT', () => reader.close())
  })
  reader.close()
  process.stderr.write('\n')
  if (password === undefined) process.exit(130)
  return password
}
