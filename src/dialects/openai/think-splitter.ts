import type { AnswerSink } from '../../contract/engine.js'
import type { FinishReason } from '../../contract/response.js'

const opening = '<think>'
const closing = '</think>'

/**
 * Whether thinking may stand in the text itself.
 *
 * - `none`: no; tags are text
 * - `possible`: the text may begin with `<think>`, or be thinking up to a lone `</think>`
 * - `expected`: it begins with thinking although no tag says so, because the model's template wrote `<think>`
 */
export type InlineThinking = 'none' | 'possible' | 'expected'

interface Split {
  readonly reasoning: string
  readonly text: string
}

/**
 * Splits the thinking off a whole text: what stands between `<think>` and `</think>` at its beginning. A lone closing
 * tag ends thinking whose opening tag the template wrote; a lone opening tag is thinking that was cut off. Without any
 * tag all is text, unless thinking was expected and did not come to its end.
 */
export function splitThinking(content: string, thinking: InlineThinking, reason: FinishReason | undefined): Split {
  if (thinking === 'none') return { reasoning: '', text: content }
  const start = content.trimStart()
  const isOpened = start.startsWith(opening)
  const body = isOpened ? start.slice(opening.length) : content
  const at = body.indexOf(closing)
  if (at === -1) {
    const isThinking = isOpened || (thinking === 'expected' && !isFinished(reason))
    return isThinking ? { reasoning: body.trim(), text: '' } : { reasoning: '', text: content }
  }
  const before = body.slice(0, at)
  if (!isOpened && !endsThinking(before, thinking)) return { reasoning: '', text: content }
  return { reasoning: before.trim(), text: body.slice(at + closing.length).trimStart() }
}

/** Whether the model ended its answer by itself, so that thinking would have come to its end. */
function isFinished(reason: FinishReason | undefined): boolean {
  return reason?.unified === 'stop' || reason?.unified === 'tool-calls'
}

/** Without an opening tag of its own in front; else the tags are what the text is about. */
function endsThinking(before: string, thinking: InlineThinking): boolean {
  return thinking === 'expected' || !before.includes(opening)
}

/**
 * - `start`: nothing yet but white space and what may become `<think>`
 * - `opened`: thinking, after its tag
 * - `assumed`: thinking, as was expected; `untagged`: text, for all one knows. Either may turn out to be the other.
 * - `gap`: white space after thinking
 * - `text`: nothing but text from here on
 */
type State = 'start' | 'opened' | 'assumed' | 'untagged' | 'gap' | 'text'

/**
 * The same for a stream, as it arrives; holds back only what may be part of a tag, and white space around one. What was
 * reported as the wrong one of the two is revised: untagged text when a lone closing tag comes, expected thinking when
 * the answer ends without one.
 */
export class ThinkSplitter {
  readonly #sink: Pick<AnswerSink, 'text' | 'reasoning' | 'revise'>
  readonly #thinking: InlineThinking
  #state: State
  #held = ''
  /** Everything so far, for as long as it may be revised. */
  #whole = ''
  #hasReasoning = false

  constructor(sink: Pick<AnswerSink, 'text' | 'reasoning' | 'revise'>, thinking: InlineThinking) {
    this.#sink = sink
    this.#thinking = thinking
    this.#state = thinking === 'none' ? 'text' : 'start'
  }

  push(delta: string): void {
    if (this.#state === 'text') {
      this.#sink.text(delta)
      return
    }
    if (this.#state !== 'opened' && this.#state !== 'gap') this.#whole += delta
    this.#read(this.#held + delta)
  }

  /** The server tells thinking and text apart by itself: from here on everything is text. */
  trust(): void {
    if (this.#state !== 'start') return
    this.#state = 'text'
    if (this.#held !== '') this.#sink.text(this.#held)
    this.#held = ''
  }

  /** Nothing more comes: what was held back is what it looked like. `reason`: of an answer that is complete. */
  end(reason: FinishReason | undefined): void {
    const held = this.#held
    this.#held = ''
    if (this.#state === 'assumed' && isFinished(reason)) this.#sink.revise(this.#whole, undefined)
    else if (this.#state === 'opened' || this.#state === 'assumed') this.#think(held.trimEnd())
    else if (held !== '') this.#endUntagged(held, reason)
    this.#state = 'text'
  }

  #endUntagged(held: string, reason: FinishReason | undefined): void {
    const { reasoning, text } =
      this.#state === 'start' ? splitThinking(held, this.#thinking, reason) : { reasoning: '', text: held }
    this.#think(reasoning)
    if (text !== '') this.#sink.text(text)
  }

  #read(input: string): void {
    this.#held = ''
    switch (this.#state) {
      case 'start':
        this.#begin(input)
        break
      case 'opened':
      case 'assumed':
        this.#readThinking(input)
        break
      case 'untagged':
        this.#readUntagged(input)
        break
      default: {
        const text = input.trimStart()
        if (text === '') return
        this.#state = 'text'
        this.#sink.text(text)
      }
    }
  }

  #begin(input: string): void {
    const start = input.trimStart()
    if (start.startsWith(opening)) {
      this.#state = 'opened'
      this.#read(start.slice(opening.length))
    } else if (opening.startsWith(start)) this.#held = input
    else {
      this.#state = this.#thinking === 'expected' ? 'assumed' : 'untagged'
      this.#read(input)
    }
  }

  #readThinking(input: string): void {
    const at = input.indexOf(closing)
    if (at === -1) {
      const kept = input.slice(0, input.length - tagStart(input)).trimEnd()
      this.#think(kept)
      this.#held = input.slice(kept.length)
      return
    }
    this.#think(input.slice(0, at).trimEnd())
    this.#close(input.slice(at + closing.length))
  }

  #readUntagged(input: string): void {
    const at = input.indexOf(closing)
    if (at === -1) {
      const kept = input.slice(0, input.length - tagStart(input))
      if (kept !== '') this.#sink.text(kept)
      this.#held = input.slice(kept.length)
      return
    }
    const before = this.#whole.slice(0, this.#whole.indexOf(closing))
    if (!endsThinking(before, this.#thinking)) {
      this.#state = 'text'
      this.#sink.text(input)
      return
    }
    const isReported = this.#whole.length > input.length
    if (isReported) this.#sink.revise('', before.trim() || undefined)
    else this.#think(before.trim())
    this.#close(input.slice(at + closing.length))
  }

  #close(rest: string): void {
    this.#state = 'gap'
    this.#whole = ''
    this.#read(rest)
  }

  #think(text: string): void {
    const delta = this.#hasReasoning ? text : text.trimStart()
    if (delta === '') return
    this.#hasReasoning = true
    this.#sink.reasoning(delta)
  }
}

/** How many characters at the end may be the beginning of a closing tag. */
function tagStart(input: string): number {
  let length = Math.min(closing.length - 1, input.length)
  while (length > 0 && !closing.startsWith(input.slice(-length))) length--
  return length
}
