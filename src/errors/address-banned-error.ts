import { HeadraceError } from './headrace-error.js'

/** The server bans this address or key after too many wrong credentials. */
export class AddressBannedError extends HeadraceError {
  override readonly name = 'AddressBannedError'
  readonly code = 'ADDRESS_BANNED'
  override readonly isFatal = true
}
