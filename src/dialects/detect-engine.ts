import { ConnectionError } from '../errors/connection-error.js'
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
} as const

type Path = keyof typeof readers

/** Where an engine tells more of itself than the list does. */
const detailPaths: Readonly<Partial<Record<EngineName, Path>>> = {
  tgi: '/info',
  vllm: '/version',
  'llama-server': '/props',
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
  const probe = async (path: Path): Promise<Finding | undefined> => {
    const answer = await get(path)
    if (answer === undefined) return undefined
    isAnswered = true
    if (path === listPath) refuseFailure(answer)
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
    // A list without a known owner leaves llama.cpp's relatives; no list at all, a server with native routes alone.
    if (engineSoFar() === undefined) await probe(list === undefined ? '/get_model_info' : '/props')
    engine = engineSoFar()
  }
  if (!isAnswered) throw new ConnectionError('Nothing answers at the address: check it, and that the server runs.')
  return assemble(engine, findings)
}

/** Later probes may be refused, or lead nowhere, for many a reason; the list of models is what every key may see. */
function refuseFailure({ status, text, json, headers }: ProbeAnswer): void {
  if (status !== 401 && status !== 403 && status < 500) return
  const body = text ?? (json === undefined ? '' : JSON.stringify(json))
  if (status === 503) {
    const { said } = readErrorReport({ headers, body })
    throw new ModelLoadingError(`The server is not ready yet (503): ${said}.`, { status })
  }
  throw readHttpError({ name: 'The server' }, { status, headers, body, retryAfterMs: undefined })
}

function assemble(engine: EngineName | undefined, findings: readonly Finding[]): DetectedEngine {
  const facts = Object.assign({}, ...findings.map((finding) => finding.facts ?? {})) as Partial<EngineFacts>
  const evidence = findings.map((finding) => finding.evidence)
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
