import type { ChatMessage } from '../../contract/message.js'
import type { StoredAnswer } from '../task.js'
import { type Fault, judgeInstruction, judgeResponse } from './judge-turn.js'

export interface TalkPlan {
  readonly nTurns: number
  readonly endWithUser: boolean
  readonly onlyInstruction: boolean
  /** How often a first turn is asked for again. */
  readonly firstRetries: number
  /** The same of all others. */
  readonly retries: number
}

/** How far the conversation of a row is. */
export interface Talk {
  /** The system message among them. */
  readonly messages: readonly ChatMessage[]
  /** Whose turn is to be written; `undefined`: all are there, or one could not be had. */
  readonly next: 'user' | 'assistant' | undefined
  /** Why it is not acceptable. */
  readonly fault: Fault | undefined
  /** Whether a response was cut off. */
  readonly isCut: boolean
}

/** What a row's answers, in their order, amount to. Depends on nothing else. */
export function replayTalk(plan: TalkPlan, system: string | undefined, answers: readonly StoredAnswer[]): Talk {
  const messages: ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }]
  let next: Talk['next'] = 'user'
  let turns = 0
  let attempts = 0
  let isCut = false
  for (const answer of answers) {
    if (next === undefined) break
    const fault: Fault | undefined = next === 'user' ? judgeInstruction(answer, messages) : judgeResponse(answer)
    if (fault !== undefined) {
      const isFirst = next === 'user' && turns === 0
      if (attempts++ < (isFirst ? plan.firstRetries : plan.retries)) continue
      return { messages, next: undefined, fault, isCut }
    }
    attempts = 0
    messages.push({ role: next, content: answer.text.trim() })
    if (next === 'user') next = plan.onlyInstruction || turns === plan.nTurns ? undefined : 'assistant'
    else {
      isCut ||= answer.finishReason?.unified === 'length'
      next = ++turns < plan.nTurns || plan.endWithUser ? 'user' : undefined
    }
  }
  return { messages, next, fault: undefined, isCut }
}
