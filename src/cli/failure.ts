import { isHeadraceError } from '../errors/headrace-error.js'
import { InvalidOutputError } from '../errors/invalid-output-error.js'
import { printable } from './terminal.js'

/**
 * Says in one line on standard error what went wrong, and each issue of an answer that is not valid in another. `HEADRACE_LOG=debug` shows the stack as well.
 *
 * @returns the exit code: 2 when an option is wrong, otherwise 1.
 */
export function reportFailure(error: unknown): number {
  process.stderr.write(`headrace: ${describeFailure(error)}\n`)
  // The sentence names the first one.
  const issues = error instanceof InvalidOutputError && error.issues.length > 1 ? error.issues : []
  for (const { path, message } of issues)
    process.stderr.write(`  ${printable(path || 'the answer')}: ${printable(message)}\n`)
  if (process.env['HEADRACE_LOG'] === 'debug') process.stderr.write(`${stackOf(error)}\n`)
  return exitCodeOf(error)
}

/** `message [CODE]`, in one line. */
export function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const line = printable(message.trim().replaceAll(/\s*[\r\n]+\s*/g, ' '))
  return isHeadraceError(error) ? `${line} [${error.code}]` : line
}

export function exitCodeOf(error: unknown): number {
  return isHeadraceError(error) && error.code === 'INVALID_OPTION' ? 2 : 1
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`
  return `${error.stack ?? ''}${cause}`
}
