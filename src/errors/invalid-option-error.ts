import { HeadraceError, type HeadraceErrorOptions } from './headrace-error.js'

/** An option that is unknown, out of range, of the wrong type, or at odds with another one. */
export class InvalidOptionError extends HeadraceError {
  override readonly name = 'InvalidOptionError'
  readonly code = 'INVALID_OPTION'
  /** The option's name. */
  readonly option: string | undefined

  constructor(message: string, options: HeadraceErrorOptions & { readonly option?: string | undefined } = {}) {
    super(message, options)
    this.option = options.option
  }
}
