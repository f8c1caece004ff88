import type { Capabilities } from '../../contract/capabilities.js'
import type { AnswerContext, Dialect, ErrorAnswer, StreamReader, WireRequest } from '../../contract/dialect.js'
import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { compileRequest, openAIFields, promptWithoutBos, toWire } from '../openai/compile-request.js'
import { isJsonConstraint, responseFormat } from '../openai/json-schema-format.js'
import { openAIGaps } from '../openai/openai-dialect.js'
import { readAnswer } from '../openai/read-answer.js'
import { OpenAIStreamReader } from '../openai/stream-reader.js'
import { thinkingOf } from '../openai/thinking-of.js'
import { readError, readStreamError } from './read-error.js'

/** What the dialect needs to know of a model. */
export interface HfRouterModel {
  /** The model's name on the Hub: `org/name`. */
  readonly model: string
  /** A provider, or a policy: `fastest`, `cheapest`, `preferred`. @defaultValue the router's own choice */
  readonly provider?: string | undefined
  /** Whether the model takes images. @defaultValue true: one that takes none is the provider's to refuse */
  readonly vision?: boolean | undefined
  /**
   * Where a provider continues literal text, behind the router, and what it calls the model.
   *
   * @defaultValue literal text is not taken: the router itself takes conversations only
   */
  readonly completions?: { readonly path: string; readonly model: string } | undefined
}

const rarelyTaken = 'which providers take it is not known, and the others drop it'

/**
 * Hugging Face's router to Inference Providers: OpenAI's chat protocol, and literal text where a provider is known to take it
 * (August 2026).
 */
export class HfRouterDialect implements Dialect {
  readonly capabilities: Capabilities
  readonly #model: string
  readonly #completions: HfRouterModel['completions']

  constructor({ model, provider, vision = true, completions }: HfRouterModel) {
    this.#completions = completions
    this.#model = provider === undefined ? model : `${model}:${provider}`
    this.capabilities = {
      completion: completions !== undefined,
      vision,
      tools: true,
      unsupported: Object.fromEntries(Object.keys(openAIGaps).map((option) => [option, rarelyTaken])),
      constraints: { chat: { json: 'response_format', 'json-object': 'response_format' } },
    }
  }

  compile(request: CanonicalRequest): WireRequest {
    if (request.kind === 'completion' && this.#completions !== undefined) {
      const { path, model } = this.#completions
      const body = compileRequest(request, model, openAIFields)
      body['prompt'] = promptWithoutBos(request)
      return toWire(path, body, request)
    }
    const body = compileRequest(request, this.#model, openAIFields)
    if (isJsonConstraint(request.constraint)) body['response_format'] = responseFormat(request.constraint)
    return toWire('/v1/chat/completions', body, request)
  }

  read(answer: unknown, kind: CanonicalRequest['kind'], sink: AnswerSink, context?: AnswerContext): void {
    readAnswer(answer, kind, sink, thinkingOf(kind, context?.request))
  }

  createStreamReader(kind: CanonicalRequest['kind'], context?: AnswerContext): StreamReader {
    return new OpenAIStreamReader({ kind, inlineThinking: thinkingOf(kind, context?.request), readStreamError })
  }

  readError(answer: ErrorAnswer): HeadraceError {
    return readError(answer)
  }
}
