import { HttpFailure } from '../http-failure.js'
import { readJson } from '../read-json.js'
import { anything, text } from './body-checks.js'
import { type Fields, validateBody } from './body-validation.js'
import { toProcessText } from './failures.js'
import type { XinferenceRequest } from './xinference-request.js'
import type { XinferenceRoute } from './xinference-route.js'

interface EmbeddingBody {
  readonly model: string
  readonly input: unknown
}

interface RerankBody {
  readonly model: string
  readonly query: unknown
  readonly documents: unknown
}

const required = { isRequired: true } as const
const embeddingFields: Fields<EmbeddingBody> = {
  model: { check: text, ...required },
  input: { check: anything, ...required },
}
const rerankFields: Fields<RerankBody> = {
  model: { check: text, ...required },
  query: { check: anything, ...required },
  documents: { check: anything, ...required },
}

/** What other types of models do, which a language model refuses. */
export const otherModelRoutes: readonly XinferenceRoute[] = [
  { method: 'POST', path: '/v1/embeddings', scope: 'models:read', handle: createEmbedding },
  { method: 'POST', path: '/v1/rerank', scope: 'models:read', handle: rerank },
]

async function createEmbedding(request: XinferenceRequest): Promise<Response> {
  const raw = await readJson(request.incoming, request.server.maxBodyBytes)
  const { model } = validateBody('CreateEmbeddingRequest', embeddingFields, raw)
  throw refusal(request, model, 'creating embedding')
}

async function rerank(request: XinferenceRequest): Promise<Response> {
  const raw = await readJson(request.incoming, request.server.maxBodyBytes)
  const { model } = validateBody('RerankRequest', rerankFields, raw)
  throw refusal(request, model, 'reranking')
}

function refusal({ server }: XinferenceRequest, uid: string, purpose: string): HttpFailure {
  const { modelName } = server.models.require(uid).metadata
  const reason = toProcessText(server.address, `Model ${modelName} is not for ${purpose}.`)
  server.events.addError(uid, reason)
  return new HttpFailure(500, reason)
}
