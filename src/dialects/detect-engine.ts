import { ConnectionError } from '../errors/connection-error.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { ModelLoadingError } from '../errors/model-loading-error.js'
import { WrongServerError } from '../errors/wrong-server-error.js'
import type { DetectedEngine, EngineFacts, EngineName, Probe, ProbeAnswer } from './engine-facts.js'
import { readErrorReport } from './openai/error-report.js'
import { readHttpError } from './openai/read-http-error.js'
import {
  type Finding,
  readInfo,
  readModelInfo,
  readModels,
  readOpenApi,
  readProps,
  readServerInfo,
  readVersion,
} from './read-probes.js'

const listPath = '/v1/models'

/** What reads the answer to which probe. */
const readers = {
  [listPath]: readModels,
  '/info': readInfo,
  '/version': readVersion,
  '/props': readProps,
  '/get_model_info': readModelInfo,
  '/get_server_info': readServerInfo,
  '/openapi.json': readOpenApi,
} as const

type Path = keyof typeof readers

/** Where an engine tells more of itself than the list does. */
const detailPaths: Readonly<Partial<Record<EngineName, Path>>> = {
  tgi: '/info',
  vllm: '/version',
  'llama-server': '/props',
  'llama-cpp-python': '/openapi.json',
  sglang: '/get_server_info',
}

/**
 * Finds out what is behind an address, with three requests at most.
 *
 * @param known - The engine, where it is known already: only its limits and names are looked up.
 * @throws WrongServerError `WRONG_SERVER` for a server that generates no text.
 * @throws HeadraceError `AUTHENTICATION_FAILED`, `PERMISSION_DENIED`, `MODEL_LOADING`, `SERVER_ERROR` when the server does
 * not show its models, `CONNECTION_FAILED` when nothing answers.
 */
export async function detectEngine(get: Probe, known?: EngineName): Promise<DetectedEngine> {
  const findings: Finding[] = []
  let isAnswered = false
  /** The list is refused: not the end yet where the server may be known by something else. */
  let refused: ProbeAnswer | undefined
  const probe = async (path: Path): Promise<Finding | undefined> => {
    const answer = await get(path)
    if (answer === undefined) return undefined
    isAnswered = true
    if (path === listPath && isFailure(answer)) {
      if (!isListless(answer)) throw listFailure(answer)
      refused = answer
    }
    const finding = answer.status === 200 ? readers[path](answer) : undefined
    if (finding !== undefined) findings.push(finding)
    return finding
  }
  const engineSoFar = (): EngineName | undefined => known ?? findings.find(({ engine }) => engine !== undefined)?.engine

  const list = await probe(listPath)
  let engine = engineSoFar()
  if (engine !== undefined) {
    const details = detailPaths[engine]
    if (details !== undefined) await probe(details)
  } else {
    await probe('/info')
    if (engineSoFar() === undefined) await probe(refused === undefined ? nextPath(list) : '/openapi.json')
    engine = engineSoFar()
  }
  if (refused !== undefined && engine === undefined) throw listFailure(refused)
  if (!isAnswered) throw new ConnectionError('Nothing answers at the address: check it, and that the server runs.')
  return assemble(engine, findings)
}

/** Where a server is asked that is neither known by its list nor TGI. */
function nextPath(list: Finding | undefined): Path {
  // One with native routes alone.
  if (list === undefined) return '/get_model_info'
  // Of Python, which describes its routes; else a relative of llama.cpp's.
  return list.isPython === true ? '/openapi.json' : '/props'
}

/** Later probes may be refused, or lead nowhere, for many a reason; the list of models is what every key may see. */
function isFailure({ status }: ProbeAnswer): boolean {
  return status === 401 || status === 403 || status >= 500
}

/** Whether it is how transformers serve (5.17) fails to list the models of a Hub cache that is not there. */
function isListless({ status, headers }: ProbeAnswer): boolean {
  return status === 500 && headers['server'] === 'uvicorn'
}

function listFailure({ status, text, json, headers }: ProbeAnswer): HeadraceError {
  const body = text ?? (json === undefined ? '' : JSON.stringify(json))
  if (status === 503) {
    const { said } = readErrorReport({ headers, body })
    return new ModelLoadingError(`The server is not ready yet (503): ${said}.`, { status })
  }
  return readHttpError({ name: 'The server' }, { status, headers, body, retryAfterMs: undefined })
}

function assemble(engine: EngineName | undefined, findings: readonly Finding[]): DetectedEngine {
  const facts = Object.assign({}, ...findings.map((finding) => finding.facts ?? {})) as Partial<EngineFacts>
  const evidence = findings.map((finding) => finding.evidence)
  if (engine === 'transformers') return assembleTransformers(facts, evidence)
  if (engine !== undefined) return { ...facts, engine, evidence, warnings: [] }
  if (findings.length === 0) {
    throw new WrongServerError(
      `The server answers neither ${listPath} nor /info: is the address the root of one that generates text? If it is, name its engine.`,
    )
  }
  const message =
    "The engine behind the address is not known: only what is of OpenAI's own protocol is used. If you know it, give engine."
  return { ...facts, engine: 'openai', evidence, warnings: [{ code: 'engine-unknown', message }] }
}

/**
 * Its list is of all models in the Hub's cache, in no order, and a server that was started with one model answers for no
 * other.
 */
function assembleTransformers(facts: Partial<EngineFacts>, evidence: readonly string[]): DetectedEngine {
  const { models = [], model } = facts
  const common = { ...facts, engine: 'transformers', evidence } as const
  if (models.length < 2) return { ...common, model, warnings: [] }
  const message = `transformers serve lists ${models.length} models, so none is named and the one that it was started with is asked; name another as extraBody.model.`
  return { ...common, model: undefined, warnings: [{ code: 'model-not-named', message }] }
}
