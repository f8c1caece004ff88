import type { Capabilities } from '../../contract/capabilities.js'
import type { AnswerContext, Dialect, ErrorAnswer, StreamReader, WireRequest } from '../../contract/dialect.js'
import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { toWire } from '../openai/compile-request.js'
import { readAnswer } from '../openai/read-answer.js'
import { thinkingOf } from '../openai/thinking-of.js'
import { StopCuttingReader, StopCuttingSink } from '../stop-cutting.js'
import { compileBody, stopsSent } from './compile-body.js'
import { readError } from './read-error.js'
import { TransformersStreamReader } from './transformers-stream-reader.js'

/** What the dialect needs to know of a server. */
export interface TransformersModel {
  /** `undefined`: the one model that the server was started with. */
  readonly model?: string | undefined
  /** Whether the model takes images. @defaultValue true: one that takes none is the server's to refuse */
  readonly vision?: boolean | undefined
}

const ignored = 'transformers serve ignores it'

/** `transformers serve` (5.17). */
export class TransformersDialect implements Dialect {
  readonly capabilities: Capabilities
  readonly #model: string | undefined

  constructor({ model, vision = true }: TransformersModel = {}) {
    this.#model = model
    this.capabilities = {
      vision,
      tools: true,
      unsupported: {
        frequencyPenalty: 'transformers serve makes a repetition penalty of p + 1 out of it',
        presencePenalty: ignored,
        stopTokenIds: ignored,
        logprobs: ignored,
        toolChoice: ignored,
        parallelToolCalls: ignored,
      },
      extras: { chat: ['logitBias'] },
    }
  }

  compile(request: CanonicalRequest): WireRequest {
    const path = request.kind === 'chat' ? '/v1/chat/completions' : '/v1/completions'
    return toWire(path, compileBody(request, this.#model), request)
  }

  read(answer: unknown, kind: CanonicalRequest['kind'], sink: AnswerSink, context?: AnswerContext): void {
    const target = new StopCuttingSink(sink, stopsSent(context))
    readAnswer(answer, kind, target, thinkingOf(kind, context?.request))
    target.flush()
  }

  createStreamReader(kind: CanonicalRequest['kind'], context?: AnswerContext): StreamReader {
    const reader = new TransformersStreamReader(kind, thinkingOf(kind, context?.request))
    return new StopCuttingReader(reader, stopsSent(context))
  }

  readError(answer: ErrorAnswer): HeadraceError {
    return readError(answer)
  }
}
