import { HeadraceError } from './headrace-error.js'

/** The account has no credit left for this. */
export class PaymentRequiredError extends HeadraceError {
  override readonly name = 'PaymentRequiredError'
  readonly code = 'PAYMENT_REQUIRED'
  override readonly isFatal = true
}
