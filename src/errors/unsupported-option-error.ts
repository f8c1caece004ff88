import { HeadraceError, type HeadraceErrorOptions } from './headrace-error.js'

/** An option that this server or engine would silently drop. */
export class UnsupportedOptionError extends HeadraceError {
  override readonly name = 'UnsupportedOptionError'
  readonly code = 'UNSUPPORTED_OPTION'
  /** The option's name. */
  readonly option: string | undefined

  constructor(message: string, options: HeadraceErrorOptions & { readonly option?: string | undefined } = {}) {
    super(message, options)
    this.option = options.option
  }
}
