import type { ToolCall } from '../../contract/message.js'
import type { CallOptions } from '../../contract/options.js'
import type { ContentLogprob, TokenLogprob } from '../../contract/response.js'
import type { ChatStream, CompletionStream } from '../../contract/stream-part.js'
import { isHeadraceError } from '../../errors/headrace-error.js'
import { asCutAnswer, type CutAnswer } from '../inference/cut-answer.js'
import { restarted } from '../inference/restarted.js'
import { cutAfterStop } from './cut-after-stop.js'

/** Why an answer ended, in TGI's words. */
export type EndReason = 'eos_token' | 'length' | 'stop_sequence'

/** A token of an answer; where the model does not tell its tokens, as much text as it gave at once. */
export interface Piece {
  readonly text: string
  /** `null`: the model does not tell it. */
  readonly logprob: number | null
  readonly top: readonly TokenLogprob[]
  /** Stands for the token that ended the answer and is no text. */
  readonly special: boolean
  /** On the last one alone. */
  readonly end: End | undefined
}

export interface End {
  readonly reason: EndReason
  /** The whole text, with the stop string that ended it. */
  readonly text: string
  /** Absent: nobody counted them. */
  readonly inputTokens: number | undefined
  readonly outputTokens: number
  readonly toolCalls: readonly ToolCall[]
}

/** What the model is asked, and until when. */
export interface Question {
  readonly ask: (options: CallOptions) => ChatStream | CompletionStream
  readonly options: CallOptions
  readonly stop: readonly string[]
  /** How many of the likeliest tokens to tell besides each. */
  readonly topTokens: number
  /** Tokens of the prompt, where they were counted. */
  readonly inputTokens: number | undefined
}

/**
 * Asks the model. The end is on the last piece: the token that reached the limit or completed a stop string, else one that
 * stands for the model's own end. A piece is handed on once the next one is there.
 *
 * @throws HeadraceError what the model throws
 */
export async function* generatePieces(question: Question): AsyncGenerator<Piece, void, undefined> {
  const { topTokens } = question
  try {
    yield* answer(question, topTokens === 0 ? true : topTokens)
  } catch (error) {
    const isRefused = isHeadraceError(error) && error.code === 'UNSUPPORTED_OPTION'
    if (!isRefused || error.context['option'] !== 'logprobs' || topTokens > 0) throw error
    // Such a refusal comes before anything is generated. TGI always tells log-probabilities; not every model can.
    yield* answer(question, undefined)
  }
}

async function* answer(
  { ask, options, stop, inputTokens }: Question,
  logprobs: number | true | undefined,
): AsyncGenerator<Piece, void, undefined> {
  const parts = readParts(ask({ ...options, logprobs }))
  const { maxTokens = Infinity } = options
  let text = ''
  let count = 0
  let held: Piece | undefined
  try {
    for (;;) {
      const { done, value } = await parts.next()
      if (done) {
        yield* finish(held, text, count, inputTokens, value)
        return
      }
      if (held !== undefined) yield held
      count++
      const { kept, isStopped } = cutAfterStop(text, value.text, stop)
      text += kept
      held = { ...value, text: kept, special: false, end: undefined }
      if (!isStopped) continue
      const reason = count >= maxTokens ? 'length' : 'stop_sequence'
      yield { ...held, end: { reason, text, inputTokens, outputTokens: count, toolCalls: [] } }
      return
    }
  } finally {
    // Closes the model's stream when a stop string or the client ended the answer.
    await parts.return(nothing)
  }
}

function* finish(
  held: Piece | undefined,
  text: string,
  count: number,
  inputTokens: number | undefined,
  { finishReason, usage, toolCalls }: Finish,
): Generator<Piece, void, undefined> {
  const isCut = finishReason.unified === 'length'
  const end: End = {
    reason: isCut ? 'length' : 'eos_token',
    text,
    inputTokens: inputTokens ?? usage.inputTokens,
    outputTokens: usage.outputTokens ?? count,
    toolCalls,
  }
  if (isCut && held !== undefined) {
    yield { ...held, end }
    return
  }
  if (held !== undefined) yield held
  yield { text: '', logprob: null, top: [], special: true, end }
}

type Finish = Pick<CutAnswer, 'finishReason' | 'usage' | 'toolCalls'>
type TokenPiece = Pick<Piece, 'text' | 'logprob' | 'top'>

const nothing: Finish = {
  finishReason: { unified: 'other', raw: undefined },
  usage: { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined },
  toolCalls: [],
}

/** An answer that was cut before its JSON was whole is an answer like any other. */
async function* readParts(stream: ChatStream | CompletionStream): AsyncGenerator<TokenPiece, Finish, undefined> {
  try {
    for await (const part of stream) {
      if (part.type === 'finish') return { ...nothing, ...part.response }
      if (part.type === 'restart') throw restarted(part)
      if (part.type === 'text') yield* toPieces(part.delta, part.logprobs)
      else if (part.type === 'reasoning') yield* toPieces(part.reasoningDelta, undefined)
    }
    return nothing
  } catch (error) {
    return asCutAnswer(error)
  }
}

/** One a token, where the tokens make up the text. */
function* toPieces(
  text: string,
  logprobs: readonly ContentLogprob[] | undefined,
): Generator<TokenPiece, void, undefined> {
  if (logprobs !== undefined && logprobs.map(({ token }) => token).join('') === text) {
    for (const { token, logprob, top } of logprobs) yield { text: token, logprob, top }
  } else if (text !== '') {
    yield { text, logprob: null, top: [] }
  }
}
