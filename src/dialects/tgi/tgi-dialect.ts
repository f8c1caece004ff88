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
import { OpenAIStreamReader } from '../openai/stream-reader.js'
import { StopCuttingReader, StopCuttingSink } from '../stop-cutting.js'
import { thinkingOf } from '../openai/thinking-of.js'
import { metricsLoad } from '../read-metrics.js'
import { capabilitiesOf } from './capabilities.js'
import { compileChat } from './compile-chat.js'
import { compileGenerate } from './compile-generate.js'
import { GenerateStreamReader } from './generate-stream-reader.js'
import { readChatStreamError, readError } from './read-error.js'
import { readGenerated, stopsOfAnswer } from './read-generated.js'
import type { TgiModel } from './tgi-model.js'

/** Hugging Face Text Generation Inference, 1.4 to 3.3: its native routes for literal text, OpenAI's form for chats. */
export class TgiDialect implements Dialect {
  readonly capabilities: Capabilities
  readonly load: LoadRoute = metricsLoad({ waiting: 'tgi_queue_size', running: 'tgi_batch_current_size' })
  readonly #model: TgiModel

  constructor(model: TgiModel = {}) {
    this.#model = model
    this.capabilities = capabilitiesOf(model)
  }

  compile(request: CanonicalRequest): WireRequest {
    if (request.kind === 'chat') return toWire('/v1/chat/completions', compileChat(request, this.#model), request)
    return toWire(request.stream ? '/generate_stream' : '/generate', compileGenerate(request, this.#model), request)
  }

  read(answer: unknown, kind: CanonicalRequest['kind'], sink: AnswerSink, context?: AnswerContext): void {
    if (kind === 'completion') {
      readGenerated(answer, sink, context)
      return
    }
    const target = new StopCuttingSink(sink, stopsOfAnswer(context))
    readAnswer(answer, kind, target, thinkingOf(kind, context?.request))
    target.flush()
  }

  createStreamReader(kind: CanonicalRequest['kind'], context?: AnswerContext): StreamReader {
    if (kind === 'completion') return new GenerateStreamReader(context)
    const inlineThinking = thinkingOf(kind, context?.request)
    const reader = new OpenAIStreamReader({ kind, inlineThinking, readStreamError: readChatStreamError })
    return new StopCuttingReader(reader, stopsOfAnswer(context))
  }

  readError(answer: ErrorAnswer): HeadraceError {
    return readError(answer)
  }
}
