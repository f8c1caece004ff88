const opening = '<think>'
const closing = '</think>'

/**
 * Splits the thinking off a whole text: what stands between `<think>` and `</think>` at its beginning. A lone closing
 * tag ends thinking whose opening tag the template wrote; a lone opening tag is thinking that was cut off.
 */
export function splitThinking(content: string): { readonly reasoning: string; readonly text: string } {
  const start = content.trimStart()
  const isOpened = start.startsWith(opening)
  const body = isOpened ? start.slice(opening.length) : content
  const end = body.indexOf(closing)
  if (end === -1) return isOpened ? { reasoning: body.trim(), text: '' } : { reasoning: '', text: content }
  return { reasoning: body.slice(0, end).trim(), text: body.slice(end + closing.length).trimStart() }
}

/**
 * The same for a stream, as it arrives; holds back only what may be part of a tag or white space around one. Without
 * an opening tag everything is text: that a closing one will come cannot be known.
 */
export class ThinkSplitter {
  readonly #onReasoning: (delta: string) => void
  readonly #onText: (delta: string) => void
  #state: 'start' | 'thinking' | 'gap' | 'text' = 'start'
  #held = ''
  #hasReasoning = false

  constructor(onReasoning: (delta: string) => void, onText: (delta: string) => void) {
    this.#onReasoning = onReasoning
    this.#onText = onText
  }

  push(delta: string): void {
    if (this.#state === 'text') this.#onText(delta)
    else this.#read(this.#held + delta)
  }

  /** The stream ended: what was held back is what it looked like. */
  end(): void {
    const held = this.#held
    this.#held = ''
    if (held === '') return
    if (this.#state === 'thinking') this.#think(held.trimEnd())
    else if (this.#state === 'start') this.#onText(held)
  }

  #read(input: string): void {
    this.#held = ''
    if (this.#state === 'start') {
      const start = input.trimStart()
      if (start.startsWith(opening)) {
        this.#state = 'thinking'
        this.#read(start.slice(opening.length))
      } else if (opening.startsWith(start)) this.#held = input
      else {
        this.#state = 'text'
        this.#onText(input)
      }
    } else if (this.#state === 'thinking') {
      const end = input.indexOf(closing)
      if (end === -1) this.#hold(input)
      else {
        this.#think(input.slice(0, end).trimEnd())
        this.#state = 'gap'
        this.#read(input.slice(end + closing.length))
      }
    } else {
      const text = input.trimStart()
      if (text === '') return
      this.#state = 'text'
      this.#onText(text)
    }
  }

  #hold(input: string): void {
    let held = Math.min(closing.length - 1, input.length)
    while (held > 0 && !closing.startsWith(input.slice(-held))) held--
    const kept = input.slice(0, input.length - held)
    const trimmed = kept.trimEnd()
    this.#think(trimmed)
    this.#held = input.slice(trimmed.length)
  }

  #think(text: string): void {
    const delta = this.#hasReasoning ? text : text.trimStart()
    if (delta === '') return
    this.#hasReasoning = true
    this.#onReasoning(delta)
  }
}
