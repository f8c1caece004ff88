import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

import { printable } from './terminal.js'

/**
 * Asks for a user's password at the terminal, which does not show it.
 *
 * @returns `undefined` where there is nobody to ask, or `XINFERENCE_PASSWORD` has it.
 */
export async function readPassword(username: string | undefined): Promise<string | undefined> {
  if (username === undefined || process.env['XINFERENCE_PASSWORD'] || !process.stdin.isTTY) return undefined
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  // Only now: what is typed before the terminal stops to show it would be seen.
  process.stderr.write(`Password of ${printable(username)}: `)
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
