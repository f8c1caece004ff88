import type { ChatMessage } from '../contract/message.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { chooseMark } from './content-marks.js'
import type { TemplateMessage } from './template-messages.js'

/** Whether a conversation ends with text of the assistant, which is then to be continued. Calls of tools are whole. */
export function endsOpen(messages: readonly ChatMessage[]): boolean {
  const last = messages.at(-1)
  return last?.role === 'assistant' && (last.toolCalls === undefined || last.toolCalls.length === 0)
}

/**
 * A last message that the model is to continue: it is rendered with a mark at its end, and what the template writes from
 * there on is cut off. The rules are those of Transformers' `continue_final_message`.
 */
export class ContinuedMessage {
  /** To be rendered: the last one carries the mark. */
  readonly messages: readonly TemplateMessage[]
  readonly #text: string
  readonly #mark: string

  /** @throws HeadraceError `INVALID_REQUEST` when there is no message. */
  constructor(messages: readonly TemplateMessage[]) {
    const last = messages.at(-1)
    if (last === undefined) throw new InvalidRequestError('There is no last message to continue: give one.')
    this.#text = last.content
    this.#mark = chooseMark(JSON.stringify(messages))
    // The space shows whether the template trims what it writes.
    this.messages = [...messages.slice(0, -1), { ...last, content: `${last.content}${this.#mark} ` }]
  }

  /** @throws HeadraceError `INVALID_REQUEST` when the template did not write the message as it is. */
  cut(rendered: string): string {
    const end = rendered.lastIndexOf(this.#mark)
    if (end === -1 || !rendered.includes(this.#text.trim())) {
      throw new InvalidRequestError(
        "The model's chat template changes the last message, so that the model cannot continue it: end with a user's message.",
      )
    }
    const text = rendered.slice(0, end)
    return rendered[end + this.#mark.length] === ' ' ? text : text.trimEnd()
  }
}
