import { WrongServerError } from '../errors/wrong-server-error.js'
import type { EngineFacts, EngineName, ProbeAnswer } from './engine-facts.js'

/** What one probe says. */
export interface Finding {
  /** `undefined`: it says nothing of the engine. */
  readonly engine?: EngineName | undefined
  /** For people to read. */
  readonly evidence: string
  readonly facts?: Omit<EngineFacts, 'engine'> | undefined
  /** Whether the server is one of Python's, which describe their routes at `/openapi.json`. */
  readonly isPython?: boolean | undefined
}

type Fields = Readonly<Record<string, unknown>>

/** Who servers say that models are owned by. */
const owners: Readonly<Record<string, EngineName>> = {
  vllm: 'vllm',
  sglang: 'sglang',
  llamacpp: 'llama-server',
  xinference: 'xinference',
}

/** `/v1/models`: OpenAI's list, with each engine's own fields. */
export function readModels({ json, headers }: ProbeAnswer): Finding | undefined {
  const list = fieldsOf(json)['data']
  if (!Array.isArray(list)) return undefined
  const entries = list.map(fieldsOf)
  const models = entries.map(({ id }) => id).filter((id) => typeof id === 'string')
  const [first = {}] = entries
  const { owned_by: owner, max_model_len: maxModelLen, providers, meta } = first
  const facts = compact({
    model: models[0],
    models,
    contextWindow: asCount(maxModelLen) ?? asCount(fieldsOf(meta)['n_ctx']),
  })
  const engine = typeof owner === 'string' ? owners[owner] : undefined
  if (engine !== undefined) return { engine, evidence: `/v1/models: owned_by is "${String(owner)}"`, facts }
  if (headers['server'] === 'llama.cpp') {
    return { engine: 'llama-server', evidence: 'the header server is "llama.cpp"', facts }
  }
  // The context window is each provider's own.
  if (Array.isArray(providers)) {
    return { engine: 'hf-router', evidence: '/v1/models: models have providers', facts: {} }
  }
  return { evidence: describeList(entries, owner), facts, isPython: isOfPython(first, headers) }
}

function describeList(entries: readonly Fields[], owner: unknown): string {
  return entries.length === 0
    ? '/v1/models: a list without models'
    : `/v1/models: a list whose models are owned by "${String(owner)}"`
}

/** By the server under it, or, where a proxy hides that, by how llama-cpp-python lists its models (0.3.36). */
function isOfPython({ owned_by: owner, permissions }: Fields, headers: ProbeAnswer['headers']): boolean {
  return headers['server'] === 'uvicorn' || (owner === 'me' && Array.isArray(permissions))
}

/** `/info` of TGI, or of its sibling for embeddings. @throws WrongServerError `WRONG_SERVER` */
export function readInfo({ json }: ProbeAnswer): Finding | undefined {
  const info = fieldsOf(json)
  const isTgi = info['router'] === 'text-generation-router' || 'max_total_tokens' in info || 'max_input_length' in info
  // TEI has max_input_length as well, and what only embeddings need.
  if (
    ['tokenization_workers', 'max_batch_tokens', 'auto_truncate'].some((field) => field in info) &&
    'model_type' in info
  ) {
    throw new WrongServerError(
      'The server is Text Embeddings Inference (TEI), which makes vectors and no text: give the address of a server that generates text.',
    )
  }
  if (!isTgi) return undefined
  const contextWindow = asCount(info['max_total_tokens'])
  const limits = compact({
    maxStopSequences: asCount(info['max_stop_sequences']),
    maxInputTokens: asCount(info['max_input_tokens']) ?? asCount(info['max_input_length']),
    maxTotalTokens: contextWindow,
    maxConcurrentRequests: asCount(info['max_concurrent_requests']),
  })
  const task = info['model_pipeline_tag']
  return {
    engine: 'tgi',
    evidence: '/info: it is the router of Text Generation Inference',
    facts: compact({
      version: asText(info['version']),
      model: asText(info['model_id']),
      contextWindow,
      limits,
      vision: typeof task === 'string' ? task === 'image-text-to-text' : undefined,
    }),
  }
}

/** `/version` of vLLM. */
export function readVersion({ json }: ProbeAnswer): Finding | undefined {
  const version = asText(fieldsOf(json)['version'])
  return version === undefined ? undefined : { evidence: `/version: ${version}`, facts: { version } }
}

/** `/props` of llama-server. */
export function readProps({ json }: ProbeAnswer): Finding | undefined {
  const props = fieldsOf(json)
  if (!('default_generation_settings' in props) && !('total_slots' in props)) return undefined
  const settings = fieldsOf(props['default_generation_settings'])
  const vision = fieldsOf(props['modalities'])['vision']
  return {
    engine: 'llama-server',
    evidence: '/props: it has slots',
    facts: compact({
      version: asText(props['build_info']),
      contextWindow: asCount(settings['n_ctx']),
      slots: asCount(props['total_slots']),
      vision: typeof vision === 'boolean' ? vision : undefined,
    }),
  }
}

/** `/get_model_info` of SGLang. */
export function readModelInfo({ json }: ProbeAnswer): Finding | undefined {
  const info = fieldsOf(json)
  if (!('is_generation' in info)) return undefined
  if (info['is_generation'] === false) {
    throw new WrongServerError(
      'The server is SGLang with a model that generates no text: give the address of one with a model that does.',
    )
  }
  const model = asText(info['model_path'])
  const evidence = '/get_model_info: it is SGLang'
  return { engine: 'sglang', evidence, facts: compact({ model, models: model === undefined ? undefined : [model] }) }
}

/** `/get_server_info` of SGLang. */
export function readServerInfo({ json }: ProbeAnswer): Finding | undefined {
  const info = fieldsOf(json)
  const isOn = (field: string): boolean | undefined => (typeof info[field] === 'boolean' ? info[field] : undefined)
  return {
    evidence: '/get_server_info: the options that the server was started with',
    facts: compact({
      version: asText(info['version']),
      contextWindow: asCount(info['context_length']) ?? asCount(info['max_req_input_len']),
      isDeterministic: isOn('enable_deterministic_inference'),
      streamsPieces: isOn('stream_output') ?? isOn('incremental_streaming_output'),
    }),
  }
}

/** What transformers serve (5.17) has besides OpenAI's routes. */
const transformersPaths = ['/load_model', '/reset', '/v1/chat/completions']

/** `/openapi.json` of servers that are made with FastAPI. */
export function readOpenApi({ json }: ProbeAnswer): Finding | undefined {
  const { info, paths } = fieldsOf(json)
  const { title, version } = fieldsOf(info)
  if (typeof title === 'string' && title.includes('llama.cpp Python API')) {
    const evidence = `/openapi.json: its title is "${title}"`
    return { engine: 'llama-cpp-python', evidence, facts: compact({ version: asText(version) }) }
  }
  const routes = fieldsOf(paths)
  if (!transformersPaths.every((path) => path in routes)) return undefined
  return { engine: 'transformers', evidence: '/openapi.json: it has the routes of transformers serve' }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What is unknown must not hide what another probe knows. */
function compact<T extends object>(facts: T): T {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as T
}
