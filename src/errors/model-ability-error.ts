import { HeadraceError } from './headrace-error.js'

/** The model cannot do what was asked: a generate-only model to chat, a text model to see. */
export class ModelAbilityError extends HeadraceError {
  override readonly name = 'ModelAbilityError'
  readonly code = 'MODEL_ABILITY'
}
