import type { ServerResponse } from 'node:http'

import {
  type Generated,
  beginStream,
  generate,
  type Json,
  logprobOf,
  Refusal,
  type Said,
  sendWhole,
} from './engine-server.js'

/** How a server answers in OpenAI's form. */
export interface Answering {
  readonly model: string
  readonly kind: 'chat' | 'completion'
  readonly body: Json
  readonly promptTokens: number
  readonly stops: readonly string[]
  readonly maxTokens: number
  /** The words for the ends of an answer. */
  readonly reasons: Readonly<Record<'eos' | 'stop' | 'length', string>>
  /** Leaves the stop string at the end of the text. */
  readonly keepsStop?: boolean
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The field of the reasoning. @defaultValue 'reasoning_content' */
  readonly reasoningField?: string
  /** How an error in mid-stream is written. */
  readonly failure: (error: Refusal) => unknown
}

/** Answers whole or streamed, as the body asks. */
export async function answerOpenAI(response: ServerResponse, said: Said, how: Answering): Promise<void> {
  if (how.body['stream'] === true) await stream(response, said, how)
  else await whole(response, said, how)
}

async function whole(response: ServerResponse, said: Said, how: Answering): Promise<void> {
  const { kind, promptTokens, body } = how
  const tokens: Generated[] = []
  for await (const token of generate(said, how.stops, how.maxTokens)) tokens.push(token)
  const last = tokens.at(-1) as Generated
  const words = tokens.filter(({ token }) => token !== '')
  const text = cutStop(last, how)
  const reason = said.toolCalls === undefined ? how.reasons[last.end ?? 'eos'] : 'tool_calls'
  const choice =
    kind === 'completion'
      ? { index: 0, text, logprobs: completionLogprobs(words, body['logprobs']), finish_reason: reason }
      : {
          index: 0,
          message: {
            role: 'assistant',
            content: said.toolCalls === undefined ? text : null,
            ...(said.reasoning === undefined ? {} : { [how.reasoningField ?? 'reasoning_content']: said.reasoning }),
            ...(said.toolCalls === undefined ? {} : { tool_calls: said.toolCalls.map(toCall) }),
          },
          logprobs: chatLogprobs(words, body),
          finish_reason: reason,
        }
  sendWhole(
    response,
    200,
    {
      ...frame(how, kind === 'chat' ? 'chat.completion' : 'text_completion'),
      choices: [choice],
      usage: usage(promptTokens, last.count),
    },
    how.headers,
  )
}

async function stream(response: ServerResponse, said: Said, how: Answering): Promise<void> {
  const { kind, body, promptTokens } = how
  beginStream(response, how.headers)
  const send = (event: unknown): void =>
    void response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
  const object = kind === 'chat' ? 'chat.completion.chunk' : 'text_completion'
  const chunk = (choice: Json): unknown => ({
    ...frame(how, object),
    choices: [{ index: 0, logprobs: null, finish_reason: null, ...choice }],
  })
  if (kind === 'chat') send(chunk({ delta: { role: 'assistant', content: '' } }))
  if (said.reasoning !== undefined)
    send(chunk({ delta: { [how.reasoningField ?? 'reasoning_content']: said.reasoning } }))
  for (const [index, call] of (said.toolCalls ?? []).entries())
    send(chunk({ delta: { tool_calls: [{ ...toCall(call), index }] } }))
  let sent = 0
  let count = 0
  try {
    for await (const generated of generate(said, how.stops, how.maxTokens)) {
      const { end, text } = generated
      const upTo = end === undefined ? text.length - heldBack(text, how) : cutStop(generated, how).length
      const delta = text.slice(sent, Math.max(sent, upTo))
      sent += delta.length
      const isWord = generated.token !== ''
      const words = isWord ? [{ ...generated, count: count + 1 }] : []
      if (isWord) count = generated.count
      const reason = end === undefined ? null : said.toolCalls === undefined ? how.reasons[end] : 'tool_calls'
      send(
        chunk(
          kind === 'chat'
            ? { delta: { content: delta }, logprobs: isWord ? chatLogprobs(words, body) : null, finish_reason: reason }
            : {
                text: delta,
                logprobs: isWord ? completionLogprobs(words, body['logprobs']) : null,
                finish_reason: reason,
              },
        ),
      )
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    send(how.failure(error))
    response.end('data: [DONE]\n\n')
    return
  }
  const options = body['stream_options'] as Json | undefined
  if (options?.['include_usage'] === true)
    send({ ...frame(how, object), choices: [], usage: usage(promptTokens, count) })
  response.end('data: [DONE]\n\n')
}

function frame({ id = 'cmpl-1', model }: Answering, object: string): Json {
  return { id, object, created: 1_790_000_000, model }
}

function usage(promptTokens: number, completionTokens: number): Json {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}

function toCall({ name, arguments: text }: { readonly name: string; readonly arguments: string }): Json {
  return { id: `call_${name}`, type: 'function', function: { name, arguments: text } }
}

function cutStop({ text, stop }: Generated, { keepsStop }: Answering): string {
  return stop === undefined || keepsStop === true ? text : text.slice(0, text.indexOf(stop))
}

/** Servers that take the stop string out hold back what may become one. */
function heldBack(text: string, { stops, keepsStop }: Answering): number {
  if (keepsStop === true) return 0
  const longest = Math.max(0, ...stops.map((stop) => stop.length - 1))
  return Math.min(longest, text.length)
}

function candidates(token: string, index: number, count: number): readonly Json[] {
  return Array.from({ length: count }, (_, rank) => ({
    token: rank === 0 ? token : `~${rank}`,
    logprob: logprobOf(index) - rank,
  }))
}

function chatLogprobs(words: readonly Generated[], body: Json): Json | null {
  if (body['logprobs'] !== true) return null
  const top = Number(body['top_logprobs'] ?? 0)
  return {
    content: words.map(({ token, count }) => ({
      token,
      logprob: logprobOf(count - 1),
      top_logprobs: candidates(token, count - 1, top),
    })),
  }
}

function completionLogprobs(words: readonly Generated[], asked: unknown): Json | null {
  if (typeof asked !== 'number') return null
  return {
    tokens: words.map(({ token }) => token),
    token_logprobs: words.map(({ count }) => logprobOf(count - 1)),
    top_logprobs: words.map(({ token, count }) =>
      Object.fromEntries(candidates(token, count - 1, asked).map(({ token: text, logprob }) => [text, logprob])),
    ),
    text_offset: words.map(() => 0),
  }
}
