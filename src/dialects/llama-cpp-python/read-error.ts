import type { ErrorAnswer } from '../../contract/dialect.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { InvalidRequestError } from '../../errors/invalid-request-error.js'
import { readErrorReport } from '../openai/error-report.js'
import { type ErrorHabits, readHttpError } from '../openai/read-http-error.js'

export const habits: ErrorHabits = { name: 'The server of llama-cpp-python' }

/** What pydantic finds wrong with a body, and what the engine cannot do as it was started: 500 as everything else (0.3.36). */
const requestsFault = /'loc': \('body'|validation errors?\b|is not supported for models created with/i

/** Turns an answer with an error status into one of the family. */
export function readError(answer: ErrorAnswer): HeadraceError {
  const report = readErrorReport(answer)
  if (answer.status === 500 && requestsFault.test(report.said)) {
    return new InvalidRequestError(`${habits.name} refused the request: ${report.said}.`, { status: answer.status })
  }
  return readHttpError(habits, answer, report)
}
