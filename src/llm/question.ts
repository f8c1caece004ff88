import type { ChatMessage } from '../contract/message.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import type { LoadedModel } from './loaded-model.js'
import { prepareMessages } from './prepare-messages.js'
import { opensUserTurn } from './prompting.js'
import type { Question } from './write-input.js'

/** What a prompt asks of a model: one user message where it can chat, else literal text. */
export function promptQuestion(model: LoadedModel, prompt: string, raw: boolean | undefined): Question {
  const { completionToPrompt, systemPrompt } = model.options
  if (raw) return { prompt }
  if (completionToPrompt !== undefined) return { prompt: completionToPrompt(prompt) }
  if (!model.metadata.isChatModel) return { prompt: systemPrompt ? `${systemPrompt}\n\n${prompt}` : prompt }
  return { messages: withSystemPrompt([{ role: 'user', content: prompt }], systemPrompt) }
}

/**
 * What a conversation asks of a model.
 *
 * @throws ModelAbilityError `MODEL_ABILITY` when it can only continue text, InvalidRequestError `INVALID_REQUEST`.
 */
export function chatQuestion(model: LoadedModel, messages: readonly ChatMessage[]): Question | Promise<Question> {
  const { isVisionModel, isChatModel, modelName } = model.metadata
  const { messagesToPrompt, systemPrompt } = model.options
  const toQuestion = (resolved: readonly ChatMessage[]): Question => {
    const whole = withSystemPrompt(resolved, systemPrompt)
    if (messagesToPrompt !== undefined) return { prompt: messagesToPrompt(whole) }
    if (isChatModel) return { messages: whole }
    throw new ModelAbilityError(
      `The model ${modelName} cannot chat, it only continues text: use complete(), or give messagesToPrompt.`,
    )
  }
  const resolved = prepareMessages(messages, isVisionModel, modelName)
  if (messages.length === 0 && !opensUserTurn(model.prompting, messages)) {
    throw new InvalidRequestError('The conversation is empty: give at least one message.')
  }
  return resolved instanceof Promise ? resolved.then(toQuestion) : toQuestion(resolved)
}

function withSystemPrompt(messages: readonly ChatMessage[], systemPrompt: string | undefined): readonly ChatMessage[] {
  if (!systemPrompt || messages[0]?.role === 'system') return messages
  return [{ role: 'system', content: systemPrompt }, ...messages]
}
