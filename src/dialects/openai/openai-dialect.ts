import type { Capabilities, OptionGaps } from '../../contract/capabilities.js'
import type { AnswerContext, Dialect, ErrorAnswer, StreamReader, WireRequest } from '../../contract/dialect.js'
import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { compileRequest, openAIFields, promptWithoutBos, toWire } from './compile-request.js'
import { isJsonConstraint, responseFormat } from './json-schema-format.js'
import { readAnswer } from './read-answer.js'
import { readEventError, readHttpError } from './read-http-error.js'
import { OpenAIStreamReader } from './stream-reader.js'
import { thinkingOf } from './thinking-of.js'

/** What the dialect needs to know of a server. */
export interface OpenAIModel {
  /** As the server's list names it. */
  readonly model: string
  /** Whether the model takes images. @defaultValue true: one that takes none is the server's to refuse */
  readonly vision?: boolean | undefined
}

const reason = "it is not of OpenAI's protocol, and what this server does with it is not known"

/** Options that are not of OpenAI's own protocol. */
export const openAIGaps: OptionGaps = {
  topK: reason,
  minP: reason,
  typicalP: reason,
  repetitionPenalty: reason,
  stopTokenIds: reason,
  reasoning: reason,
  chatTemplateKwargs: reason,
}

const habits = { name: 'The server' }

/** A server that speaks OpenAI's protocol, and of which nothing more is known. */
export class OpenAIDialect implements Dialect {
  readonly capabilities: Capabilities
  readonly #model: string

  constructor({ model, vision = true }: OpenAIModel) {
    this.#model = model
    this.capabilities = {
      vision,
      tools: true,
      unsupported: openAIGaps,
      extras: { chat: ['logitBias'], completion: ['logitBias'] },
      constraints: { chat: { json: 'response_format', 'json-object': 'response_format' } },
    }
  }

  compile(request: CanonicalRequest): WireRequest {
    const { kind, constraint } = request
    const body = compileRequest(request, this.#model, openAIFields)
    if (kind === 'completion') body['prompt'] = promptWithoutBos(request)
    if (isJsonConstraint(constraint)) body['response_format'] = responseFormat(constraint)
    return toWire(kind === 'chat' ? '/v1/chat/completions' : '/v1/completions', body, request)
  }

  read(answer: unknown, kind: CanonicalRequest['kind'], sink: AnswerSink, context?: AnswerContext): void {
    readAnswer(answer, kind, sink, thinkingOf(kind, context?.request))
  }

  createStreamReader(kind: CanonicalRequest['kind'], context?: AnswerContext): StreamReader {
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
