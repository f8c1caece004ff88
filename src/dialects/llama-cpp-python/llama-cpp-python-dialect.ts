import type { Capabilities } from '../../contract/capabilities.js'
import type { AnswerContext, Dialect, ErrorAnswer, StreamReader, WireRequest } from '../../contract/dialect.js'
import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { toWire } from '../openai/compile-request.js'
import { readAnswer } from '../openai/read-answer.js'
import { readEventError } from '../openai/read-http-error.js'
import { OpenAIStreamReader } from '../openai/stream-reader.js'
import { thinkingOf } from '../openai/thinking-of.js'
import { compileBody } from './compile-body.js'
import { habits, readError } from './read-error.js'

/** What the dialect needs to know of a server. */
export interface LlamaCppPythonModel {
  /** As the server's list names it; a name that is not there is answered by the first model. @defaultValue `default` */
  readonly model?: string | undefined
  /** Whether the model takes images. @defaultValue true: one that takes none is the server's to refuse */
  readonly vision?: boolean | undefined
}

const unknown = 'the server of llama-cpp-python drops it'
const noVariables = 'the server of llama-cpp-python gives its chat template no variables of a request'
const grammars = { json: 'grammar', regex: 'grammar', choice: 'grammar', grammar: 'grammar' }

/** The server of llama-cpp-python (0.3.36), which has llama.cpp's engine and not the routes of its `llama-server`. */
export class LlamaCppPythonDialect implements Dialect {
  readonly capabilities: Capabilities
  readonly #model: string

  constructor({ model = 'default', vision = true }: LlamaCppPythonModel = {}) {
    this.#model = model
    this.capabilities = {
      vision,
      tools: true,
      unsupported: {
        typicalP: unknown,
        stopTokenIds: unknown,
        parallelToolCalls: unknown,
        reasoning: noVariables,
        chatTemplateKwargs: noVariables,
      },
      extras: { chat: ['logitBias'], completion: ['logitBias'] },
      constraints: {
        chat: { ...grammars, 'json-object': 'response_format' },
        completion: grammars,
      },
      // A stream counts no tokens, and ends as soon as anybody asks for anything else.
      batchWire: 'json',
      // It has one model in memory, which answers one request after the other.
      maxConcurrency: 1,
    }
  }

  compile(request: CanonicalRequest): WireRequest {
    const path = request.kind === 'chat' ? '/v1/chat/completions' : '/v1/completions'
    const { body, warnings } = compileBody(request, this.#model)
    return toWire(path, body, request, warnings)
  }

  read(answer: unknown, kind: CanonicalRequest['kind'], sink: AnswerSink, context?: AnswerContext): void {
    readAnswer(answer, kind, sink, thinkingOf(kind, context?.request))
  }

  createStreamReader(kind: CanonicalRequest['kind'], context?: AnswerContext): StreamReader {
    return new OpenAIStreamReader({
      kind,
      inlineThinking: thinkingOf(kind, context?.request),
      readStreamError: (error) => readEventError(habits, error),
      // An answer that was interrupted for another request ends with [DONE] as well.
      isEndedByReasonAlone: true,
    })
  }

  readError(answer: ErrorAnswer): HeadraceError {
    return readError(answer)
  }
}
