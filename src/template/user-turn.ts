import type { ChatMessage } from '../contract/message.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import type { ChatTemplate, ChatTemplateInput } from './chat-template.js'
import { chooseMark } from './content-marks.js'
import { readPreQueryTemplate } from './pre-query-presets.js'

/** What a user's turn is written with, besides the messages before it. */
export type UserTurnInput = Pick<ChatTemplateInput, 'tools' | 'variables' | 'now'>

export interface UserTurnOptions extends UserTurnInput {
  /** The name of a preset, or literal text. @defaultValue what the template writes before a user's text */
  readonly preQueryTemplate?: string | undefined
  /** The BOS token, which no later turn begins with. */
  readonly bos?: string | undefined
}

/**
 * A conversation, which may be empty, and the beginning of a user's turn, which the model then writes (Magpie,
 * arXiv:2406.08464). The template is asked for when it is needed: a preset alone begins a prompt without one.
 *
 * @throws HeadraceError `INVALID_REQUEST` when the template refuses the messages, `MODEL_ABILITY` when no user's turn can be
 * derived from it.
 */
export function renderUserTurn(
  template: () => ChatTemplate,
  messages: readonly ChatMessage[],
  { preQueryTemplate, bos, ...input }: UserTurnOptions = {},
): string {
  if (preQueryTemplate === undefined) return deriveUserTurn(template(), messages, input)
  const { first, later } = readPreQueryTemplate(preQueryTemplate, bos)
  if (messages.length === 0) return first
  return template().render({ ...input, messages, addGenerationPrompt: false }) + later
}

/**
 * A conversation, which may be empty, and the beginning of a user's turn, as the template itself writes it: a last
 * message of the user is rendered, and cut off where its text begins. So the BOS token and a default system message stand
 * where the template has them, and nowhere else.
 *
 * @throws HeadraceError `MODEL_ABILITY` when the template does not write a user's message as it is, `INVALID_REQUEST` when
 * it refuses the messages.
 */
function deriveUserTurn(template: ChatTemplate, messages: readonly ChatMessage[], input: UserTurnInput): string {
  const mark = chooseMark(template.source + JSON.stringify(messages))
  const text = template.render({
    ...input,
    messages: [...messages, { role: 'user', content: mark }],
    addGenerationPrompt: false,
  })
  const [before, ...after] = text.split(mark)
  if (before !== undefined && after.length === 1) return before
  throw new ModelAbilityError(
    "The beginning of a user's turn cannot be derived from the model's chat template, which does not write a user's text once and as it is: give the text as magpiePreQueryTemplate.",
  )
}
