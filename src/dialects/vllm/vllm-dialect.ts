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
import { compileRequest, type FieldNames, isPrefilled, openAIFields, toWire } from '../openai/compile-request.js'
import { readAnswer } from '../openai/read-answer.js'
import { readEventError, readHttpError } from '../openai/read-http-error.js'
import { OpenAIStreamReader } from '../openai/stream-reader.js'
import { templateVariables } from '../openai/template-variables.js'
import { thinkingOf } from '../openai/thinking-of.js'
import { metricsLoad } from '../read-metrics.js'
import { compileConstraint, takesStructuredOutputs } from './compile-constraint.js'

/** What the dialect needs to know of a server. */
export interface VllmModel {
  /** As the server's list names it; requests for another name are refused. */
  readonly model: string
  /** `0.11.2`. Without it only a JSON Schema can constrain the text. */
  readonly version?: string | undefined
  /** Whether the model takes images. @defaultValue true: one that takes none is the server's to refuse */
  readonly vision?: boolean | undefined
}

const fields: FieldNames = {
  ...openAIFields,
  minP: 'min_p',
  repetitionPenalty: 'repetition_penalty',
  stopTokenIds: 'stop_token_ids',
}

/** A full queue is 503 (`--max-num-queued-reqs`). */
const habits = { name: 'vLLM', isBusyBy503: true }

const unknownVersion =
  'which version of vLLM the server is is not known, and a field of another version would be ignored'
const jsonFormats = { json: 'response_format', 'json-object': 'response_format' }
const formats = {
  ...jsonFormats,
  regex: 'structured_outputs.regex or guided_regex',
  choice: 'structured_outputs.choice or guided_choice',
  grammar: 'structured_outputs.grammar or guided_grammar',
}

/** vLLM's OpenAI-compatible server, 0.6 to 0.12. */
export class VllmDialect implements Dialect {
  readonly capabilities: Capabilities
  readonly load: LoadRoute = metricsLoad({
    waiting: 'vllm:num_requests_waiting',
    running: 'vllm:num_requests_running',
  })
  readonly #model: string
  readonly #version: string | undefined

  constructor({ model, version, vision = true }: VllmModel) {
    this.#model = model
    this.#version = version
    const isKnown = takesStructuredOutputs(version) !== undefined
    const offered = isKnown ? formats : jsonFormats
    this.capabilities = {
      vision,
      tools: true,
      unsupported: { typicalP: 'vLLM does not know it' },
      extras: { chat: ['logitBias'], completion: ['logitBias'] },
      constraints: { chat: offered, completion: offered },
      unconstrained: isKnown ? {} : { regex: unknownVersion, choice: unknownVersion, grammar: unknownVersion },
      whitespace: isKnown ? ['chat', 'completion'] : [],
      holdsLengths: true,
      // It stops for a closed connection, and /metrics has its queue.
      batchWire: 'json',
    }
  }

  compile(request: CanonicalRequest): WireRequest {
    const { kind, options, rendered, constraint } = request
    const body = compileRequest(request, this.#model, fields)
    // 0 was refused until 0.9; -1 is off on all versions.
    if (options.topK !== undefined) body['top_k'] = options.topK === 0 ? -1 : options.topK
    if (kind === 'chat') {
      const variables = templateVariables(options)
      if (variables !== undefined) body['chat_template_kwargs'] = variables
      if (isPrefilled(request)) Object.assign(body, { add_generation_prompt: false, continue_final_message: true })
    } else if (rendered !== undefined) {
      // The text has them already (vllm-project/vllm#27515).
      body['add_special_tokens'] = false
    }
    if (constraint !== undefined) Object.assign(body, compileConstraint(constraint, this.#version))
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
