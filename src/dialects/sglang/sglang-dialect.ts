import type { Capabilities } from '../../contract/capabilities.js'
import type {
  AnswerContext,
  Dialect,
  ErrorAnswer,
  LoadRoute,
  StreamReader,
  WireRequest,
} from '../../contract/dialect.js'
import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { toWire } from '../openai/compile-request.js'
import { readAnswer } from '../openai/read-answer.js'
import { readEventError, readHttpError } from '../openai/read-http-error.js'
import { OpenAIStreamReader } from '../openai/stream-reader.js'
import { thinkingOf } from '../openai/thinking-of.js'
import { metricsLoad } from '../read-metrics.js'
import { compileChat } from './compile-chat.js'
import { compileGenerate } from './compile-generate.js'
import { GenerateStreamReader } from './generate-stream-reader.js'
import { habits } from './habits.js'
import { readGenerated } from './read-generated.js'

/** What the dialect needs to know of a server. */
export interface SglangModel {
  /** As the server's list names it. */
  readonly model: string
  /** Started with `--enable-deterministic-inference`; without it a seed is ignored. @defaultValue false */
  readonly isDeterministic?: boolean | undefined
  /** Started with `--stream-output`: the events of `/generate` are pieces of the text. @defaultValue false */
  readonly streamsPieces?: boolean | undefined
  /** Whether the model takes images. @defaultValue true: one that takes none is the server's to refuse */
  readonly vision?: boolean | undefined
}

const formats = { json: 'json_schema', regex: 'regex', choice: 'regex', grammar: 'ebnf' }

/**
 * SGLang, 0.4 to 0.5. Literal text goes to the native `/generate` and not to `/v1/completions`: there alone a seed
 * counts (sgl-project/sglang#15481), constraints of all kinds are documented on all versions, and the answer says which stop
 * string ended it.
 */
export class SglangDialect implements Dialect {
  readonly capabilities: Capabilities
  /** There with `--enable-metrics` only. */
  readonly load: LoadRoute = metricsLoad({ waiting: 'sglang:num_queue_reqs', running: 'sglang:num_running_reqs' })
  readonly #model: string
  readonly #streamsPieces: boolean

  constructor({ model, isDeterministic = false, streamsPieces = false, vision = true }: SglangModel) {
    this.#model = model
    this.#streamsPieces = streamsPieces
    this.capabilities = {
      vision,
      tools: true,
      unsupported: {
        typicalP: 'SGLang does not know it',
        ...(isDeterministic
          ? {}
          : { seed: 'SGLang ignores it unless it was started with --enable-deterministic-inference' }),
      },
      extras: { chat: ['logitBias'], completion: ['logitBias'] },
      constraints: {
        chat: { ...formats, json: 'response_format', 'json-object': 'response_format' },
        completion: { ...formats, 'json-object': 'json_schema' },
      },
      holdsLengths: true,
      // It stops for a closed connection; a stream repeats the text so far in every event.
      batchWire: 'json',
    }
  }

  compile(request: CanonicalRequest): WireRequest {
    if (request.kind === 'chat') return toWire('/v1/chat/completions', compileChat(request, this.#model), request)
    return toWire('/generate', compileGenerate(request), request)
  }

  read(answer: unknown, kind: CanonicalRequest['kind'], sink: AnswerSink, context?: AnswerContext): void {
    if (kind === 'chat') readAnswer(answer, kind, sink, thinkingOf(kind, context?.request))
    else readGenerated(answer, sink, context)
  }

  createStreamReader(kind: CanonicalRequest['kind'], context?: AnswerContext): StreamReader {
    if (kind === 'completion') return new GenerateStreamReader(context, this.#streamsPieces)
    return new OpenAIStreamReader({
      kind,
      inlineThinking: thinkingOf(kind, context?.request),
      readStreamError: (error) => readEventError(habits, error),
    })
  }

  readError(answer: ErrorAnswer): HeadraceError {
    return readHttpError(habits, answer)
  }
}
