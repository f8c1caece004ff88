import type { ErrorAnswer } from '../../contract/dialect.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { ModelNotFoundError } from '../../errors/model-not-found-error.js'
import { readErrorReport } from '../openai/error-report.js'
import { type ErrorHabits, readHttpError } from '../openai/read-http-error.js'

export const habits: ErrorHabits = { name: 'transformers serve' }

/** Turns an answer with an error status into one of the family. */
export function readError(answer: ErrorAnswer): HeadraceError {
  const report = readErrorReport(answer)
  if (answer.status === 400 && report.said.startsWith('Server is pinned to')) {
    return new ModelNotFoundError(
      `transformers serve has another model than its list says (${report.said}): give its name as extraBody.model.`,
      { status: answer.status },
    )
  }
  return readHttpError(habits, answer, report)
}
