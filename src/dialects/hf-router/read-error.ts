import type { ErrorAnswer } from '../../contract/dialect.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { ModelNotFoundError } from '../../errors/model-not-found-error.js'
import { PaymentRequiredError } from '../../errors/payment-required-error.js'
import { PermissionError } from '../../errors/permission-error.js'
import { readErrorReport } from '../openai/error-report.js'
import { readEventError, readHttpError } from '../openai/read-http-error.js'

const habits = { name: "Hugging Face's router" }

/** Turns an answer with an error status into one of the family. */
export function readError(answer: ErrorAnswer): HeadraceError {
  const { status, headers } = answer
  const report = readErrorReport(answer)
  const { said } = report
  switch (status) {
    case 402:
      return new PaymentRequiredError(
        `The credits of the account are used up (${said}): add credits, name an organisation that pays (billTo), or use an endpoint of your own.`,
        { status },
      )
    case 403:
      return new PermissionError(
        `The token may not ask Inference Providers (${said}): give one with the permission "Make calls to Inference Providers".`,
        { status },
      )
    case 404:
      return new ModelNotFoundError(
        `No provider serves the model (${said}): look at the model's page for those that do, or leave provider out.`,
        { status },
      )
    default: {
      const retryAfterMs = answer.retryAfterMs ?? rateLimitMs(headers['ratelimit'])
      return readHttpError(habits, { ...answer, retryAfterMs }, report)
    }
  }
}

/** An error inside a stream. */
export function readStreamError(error: unknown): HeadraceError {
  return readEventError(habits, error)
}

/** `"api";r=0;t=55`: nothing is left for 55 s. */
function rateLimitMs(header: string | string[] | undefined): number | undefined {
  const text = String(header ?? '')
  const seconds = /;\s*t=(\d+)/.exec(text)?.[1]
  return seconds === undefined || !/;\s*r=0(?!\d)/.test(text) ? undefined : (Number(seconds) + 1) * 1000
}
