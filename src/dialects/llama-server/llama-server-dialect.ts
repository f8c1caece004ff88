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
import { compileCompletion } from './compile-completion.js'
import { CompletionStreamReader } from './completion-stream-reader.js'
import { habits } from './habits.js'
import { readCompletion } from './read-completion.js'

/** What the dialect needs to know of a server. */
export interface LlamaServerModel {
  /** As the server's list names it. @defaultValue `default` */
  readonly model?: string | undefined
  /** Requests that are answered at once; more wait in the server. */
  readonly slots?: number | undefined
  /** Whether the model takes images. @defaultValue true: one that takes none is the server's to refuse */
  readonly vision?: boolean | undefined
}

const formats = { regex: 'grammar', choice: 'grammar', grammar: 'grammar' }

/** llama.cpp's `llama-server`, of 2024 and later: its native route for literal text, OpenAI's form for chats. */
export class LlamaServerDialect implements Dialect {
  readonly capabilities: Capabilities
  /** There with `--metrics` only. */
  readonly load: LoadRoute = metricsLoad({
    waiting: 'llamacpp:requests_deferred',
    running: 'llamacpp:requests_processing',
  })
  readonly #model: string

  constructor({ model = 'default', slots, vision = true }: LlamaServerModel = {}) {
    this.#model = model
    this.capabilities = {
      vision,
      tools: true,
      unsupported: { stopTokenIds: 'llama-server does not know it' },
      extras: { chat: ['logitBias'], completion: ['logitBias'] },
      constraints: {
        chat: { ...formats, json: 'response_format', 'json-object': 'response_format' },
        completion: { ...formats, json: 'json_schema', 'json-object': 'json_schema' },
      },
      holdsLengths: true,
      maxConcurrency: slots,
    }
  }

  compile(request: CanonicalRequest): WireRequest {
    const isChat = request.kind === 'chat'
    const { body, warnings } = isChat ? compileChat(request, this.#model) : compileCompletion(request)
    return toWire(isChat ? '/v1/chat/completions' : '/completion', body, request, warnings)
  }

  read(answer: unknown, kind: CanonicalRequest['kind'], sink: AnswerSink, context?: AnswerContext): void {
    if (kind === 'chat') readAnswer(answer, kind, sink, thinkingOf(kind, context?.request))
    else readCompletion(answer, sink, context)
  }

  createStreamReader(kind: CanonicalRequest['kind'], context?: AnswerContext): StreamReader {
    if (kind === 'completion') return new CompletionStreamReader(context)
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
