import type { AnswerContext } from '../../contract/dialect.js'
import type { CanonicalRequest } from '../../contract/engine.js'
import {
  compileRequest,
  copyOptions,
  type FieldNames,
  promptWithoutBos,
  stopsOf,
  type WireBody,
} from '../openai/compile-request.js'
import { templateVariables } from '../openai/template-variables.js'

const fields: FieldNames = { maxTokens: 'max_tokens', temperature: 'temperature', topP: 'top_p', seed: 'seed' }

/** What has no field of its own, and goes into `generation_config`. */
const configFields: FieldNames = {
  topK: 'top_k',
  minP: 'min_p',
  typicalP: 'typical_p',
  repetitionPenalty: 'repetition_penalty',
}

/** The server's own default, which a `generation_config` replaces by the model's, mostly 20. */
const defaultMaxTokens = 1024

/** OpenAI's body. A field that is not OpenAI's is refused; many that are OpenAI's are ignored. */
export function compileBody(request: CanonicalRequest, model: string | undefined): WireBody {
  const { kind, options } = request
  const { model: _name, ...body } = compileRequest(request, model ?? '', fields)
  delete body['stream_options']
  if (kind === 'completion') body['prompt'] = promptWithoutBos(request)
  else {
    const variables = templateVariables(options)
    if (variables !== undefined) body['chat_template_kwargs'] = variables
    if (options.logitBias !== undefined) body['logit_bias'] = options.logitBias
  }
  const stop = stopsOf(options)
  if (stop.length > 0) body['stop'] = stop
  const config = compileConfig(options)
  // What is not in it is the model's own.
  if (config !== undefined) body['generation_config'] = writeConfig(config)
  return model === undefined ? body : { model, ...body }
}

/** Sampling is switched on here alone: a temperature is ignored by a model whose own configuration is greedy. */
function compileConfig(options: CanonicalRequest['options']): WireBody | undefined {
  const config: WireBody = {}
  copyOptions(options, configFields, config)
  const { temperature, topP, maxTokens = defaultMaxTokens } = options
  const isSampled = temperature === undefined ? topP !== undefined || hasSamplingOf(options) : temperature > 0
  if (isSampled) config['do_sample'] = true
  return Object.keys(config).length === 0 ? undefined : { ...config, max_new_tokens: maxTokens }
}

/** A whole number is no `float` to the server's Python, which a repetition penalty must be (5.17): 2 is written `2.0`. */
function writeConfig(config: WireBody): string {
  return JSON.stringify(config).replace(/("repetition_penalty":\d+)(?=[,}])/, '$1.0')
}

function hasSamplingOf({ topK, minP, typicalP }: CanonicalRequest['options']): boolean {
  return [topK, minP, typicalP].some((value) => value !== undefined)
}

/** The stop strings of an answer's request, which the server leaves in the text. */
export function stopsSent(context: AnswerContext | undefined): readonly string[] {
  return context === undefined ? [] : stopsOf(context.request.options)
}
