import { HeadraceError } from './headrace-error.js'

/** `fromJSON` cannot turn this into a model. */
export class SerializationError extends HeadraceError {
  override readonly name = 'SerializationError'
  readonly code = 'NOT_DESERIALIZABLE'
}
