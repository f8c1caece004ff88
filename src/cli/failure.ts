import { isHeadraceError } from '../errors/headrace-error.js'
import { InvalidOutputError } from '../errors/invalid-output-error.js'
import { printable } from './terminal.js'

const longestExcerpt = 300

/**
 * Says in one line on standard error what went wrong, and in others what was not valid in which answer. `HEADRACE_LOG=debug` shows the stack as well.
 *
 * @returns the exit code: 2 when an option is wrong, otherwise 1.
 */
export function reportFailure(error: unknown): number {
  process.stderr.write(`headrace: ${describeFailure(error)}\n`)
  if (error instanceof InvalidOutputError) reportAttempts(error)
  if (process.env['HEADRACE_LOG'] === 'debug') process.stderr.write(`${stackOf(error)}\n`)
  return exitCodeOf(error)
}

/** Every answer, and each of its issues in a line of its own. */
function reportAttempts({ attempts }: InvalidOutputError): void {
  for (const [index, { text, issues }] of attempts.entries()) {
    const excerpt = text.length > longestExcerpt ? `${text.slice(0, longestExcerpt)}...` : text
    process.stderr.write(`  answer ${index + 1}: ${printable(excerpt.replaceAll(/\s+/g, ' '))}\n`)
    for (const { path, message } of issues) {
      process.stderr.write(`    ${printable(path || 'the whole')}: ${printable(message)}\n`)
    }
  }
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
