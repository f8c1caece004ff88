import type { ChatMessage } from '../../contract/message.js'
import type { StoredAnswer } from '../task.js'

/** Why a turn is not good, in a word, and as a sentence. */
export interface Fault {
  readonly reason: string
  readonly message: string
}

/** What a model's own control tokens look like as text. */
const controlToken = /<[|\uff5c][^<>\n]{1,40}[|\uff5c]>|<\/?s>|<(?:start|end)_of_turn>|\[\/?INST\]/
/** The header of the assistant's turn, left of `<|start_header_id|>assistant<|end_header_id|>` when the tokens are gone. */
const nextHeader = /(?:^|[\n.?!:"')])[ \t]*(?:assistant|Assistant|ASSISTANT)[ \t]*:?[ \t]*(?:\n|$)/

/** What is wrong with a message that the model wrote as the user, if anything is. */
export function judgeInstruction(answer: StoredAnswer, before: readonly ChatMessage[]): Fault | undefined {
  const text = answer.text.trim()
  if (answer.finishReason?.unified === 'length') return { reason: 'cut', message: 'The instruction was cut off.' }
  if (text === '') return { reason: 'empty', message: 'The instruction is empty.' }
  if (controlToken.test(text) || nextHeader.test(text)) {
    return { reason: 'run-on', message: "The instruction runs on into the chat template's own words." }
  }
  const key = toKey(text)
  if (before.some(({ content }) => typeof content === 'string' && toKey(content) === key)) {
    return { reason: 'echo', message: 'The instruction repeats an earlier message.' }
  }
  return undefined
}

/** What is wrong with an answer of the assistant. One that was cut off is an answer, and its `finish_reason` says so. */
export function judgeResponse(answer: StoredAnswer): Fault | undefined {
  if (answer.text.trim() === '') return { reason: 'empty-response', message: 'The response is empty.' }
  return undefined
}

/** What makes two texts the same: letter case, white space, and marks at the end do not count. */
export function toKey(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/[\s.!?]+$/, '')
}
