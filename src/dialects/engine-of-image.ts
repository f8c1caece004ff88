import type { Warning } from '../contract/response.js'
import { WrongServerError } from '../errors/wrong-server-error.js'
import type { EngineName } from './engine-facts.js'

/** What the image of an Inference Endpoint says: the engine, or that the server must be asked. */
export interface ImageEngine {
  readonly engine: EngineName | undefined
  readonly warnings: readonly Warning[]
}

/** By the keys of `model.image` (huggingface_hub 1.29). */
const engines: Readonly<Record<string, EngineName>> = {
  tgi: 'tgi',
  tgiNeuron: 'tgi',
  vLLM: 'vllm',
  vLLMNeuron: 'vllm',
  sGLang: 'sglang',
  llamacpp: 'llama-server',
}

/** Images that say nothing of the protocol that is spoken. */
const unspoken: Readonly<Record<string, string>> = {
  huggingface: 'the default toolkit',
  hfServe: 'the server of transformers',
  custom: 'a container of its own',
}

/**
 * The engine that an Inference Endpoint's image runs, by the one key of `model.image`.
 *
 * @throws WrongServerError `WRONG_SERVER` for one that generates no text.
 */
export function engineOfImage(image: string | undefined): ImageEngine {
  if (image === 'tei') {
    throw new WrongServerError(
      'The endpoint runs Text Embeddings Inference (TEI), which makes vectors and no text: name an endpoint that generates text.',
    )
  }
  if (image !== undefined && Object.hasOwn(engines, image)) return { engine: engines[image], warnings: [] }
  const what = image === undefined ? 'names no image' : `runs ${unspoken[image] ?? `the image "${image}"`}`
  const message = `The endpoint ${what}, which does not say its engine, so the server was asked.`
  return { engine: undefined, warnings: [{ code: 'engine-not-stated', message }] }
}
