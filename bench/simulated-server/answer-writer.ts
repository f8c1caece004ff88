import type { ServerResponse } from 'node:http'

import type { Answers, DrawnAnswer } from './answers.js'
import type { OpenAIRequest } from './openai-request.js'
import type { Sequence } from './sequence.js'

export interface WriterOptions {
  readonly id: string
  readonly model: string
  readonly created: number
}

/** Writes one answer in OpenAI's form, as vLLM (0.12) does. Words need no escapes, so events are put together as text. */
export class AnswerWriter {
  readonly request: OpenAIRequest
  readonly sequence: Sequence
  readonly #response: ServerResponse
  readonly #answers: Answers
  readonly #drawn: DrawnAnswer
  readonly #frame: string
  #isBegun = false
  #sent = 0

  constructor(
    response: ServerResponse,
    request: OpenAIRequest,
    sequence: Sequence,
    answers: Answers,
    drawn: DrawnAnswer,
    { id, model, created }: WriterOptions,
  ) {
    this.request = request
    this.sequence = sequence
    this.#response = response
    this.#answers = answers
    this.#drawn = drawn
    const object =
      request.kind === 'completion' ? 'text_completion' : `chat.completion${request.streams ? '.chunk' : ''}`
    this.#frame = `{"id":"${id}","object":"${object}","created":${created},"model":${JSON.stringify(model)},"choices":[`
  }

  /** Whether it would go on if it had more tokens. */
  get isCut(): boolean {
    const goesOn = this.request.ignoresEnd && this.#drawn.stopsAt === undefined
    return goesOn || this.sequence.outputTokens < this.#drawn.tokens
  }

  /** Begins a stream: with the first token, as the head of vLLM's answer comes. */
  begin(): void {
    if (!this.request.streams) return
    this.#isBegun = true
    this.#response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
    if (this.request.kind === 'chat') {
      this.#response.write(
        this.#event('{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}'),
      )
    }
    this.flush()
  }

  /** Sends the tokens that came since the last time, in one event, unless the client does not keep up. */
  flush(): void {
    const { generated, outputTokens } = this.sequence
    if (!this.#isBegun || generated === this.#sent || generated === outputTokens) return
    if (this.#response.writableNeedDrain) return
    this.#response.write(this.#event(this.#delta(generated, 'null')))
    this.#sent = generated
  }

  finish(reason: 'stop' | 'length'): void {
    const { generated } = this.sequence
    if (this.request.streams) {
      const last = this.#event(this.#delta(generated, `"${reason}"`))
      const usage = this.request.usage === 'none' ? '' : `data: ${this.#frame}],${this.#usage(generated)}}\n\n`
      this.#response.end(`${last}${usage}data: [DONE]\n\n`)
      return
    }
    const text = this.#answers.text(this.#drawn, 0, generated)
    const said =
      this.request.kind === 'chat' ? `"message":{"role":"assistant","content":"${text}"}` : `"text":"${text}"`
    const body = `${this.#frame}{"index":0,${said},"logprobs":null,"finish_reason":"${reason}"}],${this.#usage(generated)}}`
    this.#response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    this.#response.end(body)
  }

  #delta(upTo: number, reason: string): string {
    const text = this.#answers.text(this.#drawn, this.#sent, upTo)
    const said = this.request.kind === 'chat' ? `"delta":{"content":"${text}"}` : `"text":"${text}"`
    return `{"index":0,${said},"logprobs":null,"finish_reason":${reason}}`
  }

  #event(choice: string): string {
    const usage = this.request.usage === 'every' ? `,${this.#usage(this.sequence.generated)}` : ''
    return `data: ${this.#frame}${choice}]${usage}}\n\n`
  }

  #usage(generated: number): string {
    const { promptTokens } = this.sequence
    return `"usage":{"prompt_tokens":${promptTokens},"total_tokens":${promptTokens + generated},"completion_tokens":${generated}}`
  }
}
