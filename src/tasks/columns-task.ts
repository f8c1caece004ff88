import type { ChatMessage } from '../contract/message.js'
import { InvalidRowError } from '../errors/invalid-row-error.js'
import { missingColumn } from './missing-column.js'
import { readMessages } from './read-messages.js'
import { readStructuredOutput } from './read-structured-output.js'
import type { Row, Task, TaskRequest } from './task.js'

export interface ColumnsTaskOptions {
  /** The system message of rows that bring none of their own. */
  readonly system?: string | undefined
  /** Continue the prompt as literal text, without a chat template. @defaultValue false */
  readonly raw?: boolean | undefined
}

/**
 * Asks what stands in a row's columns: `messages` as the conversation, else `prompt`, else `instruction`. A column
 * `system_prompt` goes first. With `raw` it is `prompt`, else `instruction`, continued literally. A column
 * `structured_output` (`{ format, schema }`) says what the row's answer must look like.
 */
export function columnsTask(options: ColumnsTaskOptions = {}): Task {
  const { system, raw = false } = options
  return {
    name: 'columns',
    config: { ...(system === undefined ? {} : { system }), ...(raw ? { raw } : {}) },
    render(row): TaskRequest {
      const input = raw ? readPrompt(row) : readConversation(row, system)
      const structuredOutput = readStructuredOutput(row)
      return structuredOutput === undefined ? { input } : { input, options: { structuredOutput } }
    },
  }
}

function readConversation(row: Row, system: string | undefined): readonly ChatMessage[] {
  const own = row['system_prompt']
  if (own !== undefined && own !== null && typeof own !== 'string') {
    throw new InvalidRowError('The column "system_prompt" must be text.')
  }
  const first = own ?? system
  if (row['messages'] !== undefined && row['messages'] !== null) {
    const messages = readMessages(row['messages'], 'messages')
    if (first === undefined || messages[0]?.role === 'system') return messages
    return [{ role: 'system', content: first }, ...messages]
  }
  const asked: ChatMessage = { role: 'user', content: readPrompt(row, 'messages') }
  return first === undefined ? [asked] : [{ role: 'system', content: first }, asked]
}

function readPrompt(row: Row, ...alternatives: readonly string[]): string {
  for (const name of ['prompt', 'instruction']) {
    const value = row[name]
    if (value === undefined || value === null) continue
    if (typeof value !== 'string') throw new InvalidRowError(`The column "${name}" must be text.`)
    return value
  }
  throw missingColumn(row, ...alternatives, 'prompt', 'instruction')
}
