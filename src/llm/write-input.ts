import type { ChatMessage } from '../contract/message.js'
import type { GenerationOptions } from '../contract/options.js'
import type { RenderedText } from '../contract/prompt-format.js'
import type { Warning } from '../contract/response.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import type { LoadedModel } from './loaded-model.js'
import { opensUserTurn, type Prompting, renderConversation } from './prompting.js'
import { type Form, whyNotRendered } from './route.js'

/** What a call asks, before it is known which way it goes. */
export type Question =
  | { readonly prompt: string; readonly messages?: undefined }
  | { readonly messages: readonly ChatMessage[]; readonly prompt?: undefined }

/** A question as it goes to the engine. */
export interface Input {
  readonly form: Form
  readonly messages: readonly ChatMessage[] | undefined
  readonly prompt: string | undefined
  readonly rendered: RenderedText | undefined
  /** Counted here, where the model's tokenizer is. */
  readonly tokens: number | undefined
}

/**
 * Decides which way a question goes: as a conversation, as one that is rendered here, or literally.
 *
 * @throws HeadraceError `MODEL_ABILITY` when there is no way, `INVALID_REQUEST` when the template refuses the messages.
 */
export function writeInput(
  { context, metadata, prompting }: LoadedModel,
  { messages, prompt }: Question,
  options: GenerationOptions,
  warnings: Warning[],
): Input {
  const { capabilities } = context.engine
  if (messages === undefined) {
    if (capabilities.completion === false) {
      throw new ModelAbilityError(
        `The model ${metadata.modelName} takes conversations only, no literal text: leave raw out, or use chat().`,
      )
    }
    const counts = prompting !== undefined && prompting.use !== 'turns'
    const tokens = counts ? prompting.format.countLiteralTokens(prompt) : undefined
    return { form: 'literal', messages: undefined, prompt, rendered: undefined, tokens }
  }
  if (prompting === undefined || (prompting.use === 'turns' && !opensUserTurn(prompting, messages))) {
    return { form: 'chat', messages, prompt: undefined, rendered: undefined, tokens: undefined }
  }
  const mustRender = opensUserTurn(prompting, messages) || capabilities.chat === false
  const obstacle = mustRender || prompting.use === 'send' ? whyNotRendered(messages, options, capabilities) : undefined
  if (mustRender && obstacle !== undefined) {
    throw new ModelAbilityError(
      `The model ${metadata.modelName} cannot be asked with text that is rendered here: ${obstacle}.`,
    )
  }
  const isSent = mustRender || (prompting.use === 'send' && obstacle === undefined)
  if (isSent) {
    const rendered = renderConversation(prompting, messages, options)
    const tokens = prompting.format.countTokens(rendered)
    return { form: 'rendered', messages: undefined, prompt: undefined, rendered, tokens }
  }
  if (obstacle !== undefined) {
    warnings.push({ code: 'chat-route', message: `Asked as a conversation, not as rendered text: ${obstacle}.` })
  }
  const tokens = countConversation(prompting, messages, options, warnings)
  return { form: 'chat', messages, prompt: undefined, rendered: undefined, tokens }
}

/** What the server will count, as far as its template is the one that is here. */
function countConversation(
  prompting: Prompting,
  messages: readonly ChatMessage[],
  options: GenerationOptions,
  warnings: Warning[],
): number | undefined {
  try {
    return prompting.format.countTokens(renderConversation(prompting, messages, options))
  } catch (error) {
    // The server has a template of its own, which may take what this one refuses.
    warnings.push({ code: 'tokens-not-counted', message: `The prompt was not counted: ${(error as Error).message}` })
    return undefined
  }
}
