import type { ChatMessage } from '../../contract/message.js'
import { deriveSeed } from '../../llm/derive-seed.js'
import { RejectedAnswer } from '../rejected-answer.js'
import type { Row, StoredAnswer, Task, TaskRequest } from '../task.js'
import { toKey } from './judge-turn.js'
import { checkMagpieTaskOptions, type MagpieTaskOptions } from './magpie-options.js'
import { replayTalk, type Talk, type TalkPlan } from './magpie-talk.js'
import { SystemPromptChooser } from './system-prompts.js'

/** Of conversations with several exchanges: a model that is not told so closes its first answer with a farewell. */
const severalTurnsPrompt =
  'You are a helpful assistant. The user asks a question first and then follows it up with further, related ones. Answer each of them thoroughly, to the point, and in the light of what was said before.'

/**
 * Makes instructions, and conversations, out of nothing: a model that is given only the beginning of the user's turn writes
 * what a user would ask, and then answers it (Magpie, arXiv:2406.08464). The back end must continue literal text.
 *
 * With `numRows` the run keeps the first so many good rows of the source `candidates()`; else each row of the input gets
 * one. Columns: `instruction` and `response`; `instruction` alone; or `conversation`.
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export function magpieTask(options: MagpieTaskOptions = {}): Task {
  checkMagpieTaskOptions(options)
  return new MagpieTask(options)
}

class MagpieTask implements Task {
  readonly name = 'magpie'
  readonly config: Readonly<Record<string, unknown>>
  readonly selection: Task['selection']
  readonly writesUserTurns = true
  readonly probes: readonly TaskRequest[]
  readonly blank: Row
  readonly #plan: TalkPlan
  readonly #seed: number
  readonly #prompts: SystemPromptChooser
  readonly #instruction: MagpieTaskOptions['instruction']
  readonly #response: MagpieTaskOptions['response']
  readonly #includeSystemPrompt: boolean
  readonly #isConversation: boolean

  constructor(options: MagpieTaskOptions) {
    const { numRows, seed = 0, nTurns = 1, onlyInstruction = false, retries = 3, instruction, response } = options
    const { endWithUser = false, includeSystemPrompt = false } = options
    const isSeveral = nTurns > 1 && !onlyInstruction
    const systemPrompt = options.systemPrompt === undefined && isSeveral ? severalTurnsPrompt : options.systemPrompt
    const firstRetries = numRows === undefined ? retries : 0
    this.#plan = { nTurns, endWithUser, onlyInstruction, firstRetries, retries }
    this.#seed = seed
    this.#prompts = new SystemPromptChooser(systemPrompt)
    this.#instruction = instruction
    this.#response = response
    this.#includeSystemPrompt = includeSystemPrompt
    const mayHaveSystem = numRows === undefined || this.#prompts.example !== undefined
    this.#isConversation = !onlyInstruction && (isSeveral || endWithUser || (includeSystemPrompt && mayHaveSystem))
    this.config = { version: 1, ...this.#plan, seed, systemPrompt, includeSystemPrompt, instruction, response }
    this.selection =
      numRows === undefined ? undefined : { rows: numRows, key: (columns) => toKey(firstInstruction(columns)) }
    const system = this.#begin({}, 0).system
    const asked: readonly ChatMessage[] = [...replayTalk(this.#plan, system, []).messages, user('Hello!')]
    this.probes = [this.render({}, 0), ...(onlyInstruction ? [] : [{ input: asked, options: { ...response, seed } }])]
    const keys = this.#prompts.hasKeys ? { system_prompt_key: null } : {}
    if (this.#isConversation) this.blank = { conversation: [], ...keys }
    else this.blank = onlyInstruction ? { instruction: null, ...keys } : { instruction: null, response: null, ...keys }
  }

  render(row: Row, index: number): TaskRequest {
    return this.#ask(row, [], index) as TaskRequest
  }

  next(row: Row, answers: readonly StoredAnswer[], index: number): TaskRequest | undefined {
    return this.#ask(row, answers, index)
  }

  read(answer: StoredAnswer, row: Row, index: number): Row {
    const { steps = [] } = answer
    const { system, key } = this.#begin(row, index)
    const { messages, fault, isCut } = replayTalk(this.#plan, system, [...steps, answer])
    if (fault !== undefined) throw new RejectedAnswer(fault.reason, fault.message)
    const said = messages.filter(({ role }) => role !== 'system' || this.#includeSystemPrompt)
    const keys = this.#prompts.hasKeys ? { system_prompt_key: key } : {}
    const cut = isCut ? { finish_reason: 'length' } : {}
    if (this.#isConversation) return { conversation: said, ...keys, ...cut }
    const [instruction, response] = messages.filter(({ role }) => role !== 'system').map(({ content }) => content)
    return this.#plan.onlyInstruction ? { instruction, ...keys } : { instruction, response, ...keys, ...cut }
  }

  /** The request that follows these answers. Each has a seed of its own, which depends on the row and their number alone. */
  #ask(row: Row, answers: readonly StoredAnswer[], index: number): TaskRequest | undefined {
    const { seed, system } = this.#begin(row, index)
    const { messages, next }: Talk = replayTalk(this.#plan, system, answers)
    if (next === undefined) return undefined
    const own = next === 'user' ? this.#instruction : this.#response
    return { input: messages, options: { ...own, seed: deriveSeed(seed, answers.length + 1) } }
  }

  #begin(
    row: Row,
    index: number,
  ): { readonly seed: number; readonly system: string | undefined; readonly key: string | null } {
    const seed = deriveSeed(this.#seed, index + 1)
    const { text, key } = this.#prompts.choose(row, seed)
    return { seed, system: text, key }
  }
}

function user(content: string): ChatMessage {
  return { role: 'user', content }
}

/** Of the columns that {@link MagpieTask.read} gives. */
function firstInstruction({ instruction, conversation }: Row): string {
  if (typeof instruction === 'string') return instruction
  const messages = (conversation ?? []) as readonly { readonly role: string; readonly content: string }[]
  return messages.find(({ role }) => role === 'user')?.content ?? ''
}
