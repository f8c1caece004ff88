import { isRecord } from '../is-record.js'
import type { Route } from '../surface.js'
import { answerChat, chat } from './chat-route.js'
import { answerCompletion, completion } from './completion-route.js'
import { answerCompat, compat, generate, generateStream } from './native-routes.js'
import { limits } from './parameters.js'
import { type TgiRequest, version } from './tgi-server.js'
import { tokenize, tokenizeChat } from './tokenize-routes.js'

/** A route of TGI's. */
export interface TgiRoute extends Pick<Route, 'method' | 'path'> {
  /** Whether it wants the key, if there is one. */
  readonly isGuarded: boolean
  readonly handle: (request: TgiRequest) => Response | Promise<Response>
}

const healthy = (): Response => new Response(null, { status: 200 })

export const routes: readonly TgiRoute[] = [
  open('/', healthy),
  open('/health', healthy),
  open('/ping', healthy),
  open('/info', describeServer),
  open('/v1/models', listModels),
  guarded('/', compat),
  guarded('/generate', generate),
  guarded('/generate_stream', generateStream),
  guarded('/v1/chat/completions', chat),
  guarded('/v1/completions', completion),
  guarded('/invocations', invoke),
  guarded('/tokenize', tokenize),
  { method: 'POST', path: '/chat_tokenize', isGuarded: false, handle: tokenizeChat },
]

function open(path: string, handle: TgiRoute['handle']): TgiRoute {
  return { method: 'GET', path, isGuarded: false, handle }
}

function guarded(path: string, handle: TgiRoute['handle']): TgiRoute {
  return { method: 'POST', path, isGuarded: true, handle }
}

function describeServer({ server }: TgiRequest): Response {
  const { modelId, maxConcurrency, maxTotalTokens, model } = server
  return Response.json({
    model_id: modelId,
    model_sha: null,
    model_pipeline_tag: model.metadata.isVisionModel ? 'image-text-to-text' : 'text-generation',
    max_concurrent_requests: maxConcurrency,
    max_best_of: limits.bestOf,
    max_stop_sequences: limits.stops,
    ...(maxTotalTokens === undefined
      ? undefined
      : { max_input_tokens: maxTotalTokens - 1, max_total_tokens: maxTotalTokens }),
    validation_workers: 1,
    max_client_batch_size: limits.batch,
    router: 'text-generation-router',
    version,
    sha: null,
    docker_label: null,
  })
}

function listModels({ server: { modelId } }: TgiRequest): Response {
  return Response.json({ object: 'list', data: [{ id: modelId, object: 'model', created: 0, owned_by: modelId }] })
}

/** SageMaker's route takes the body of any of the others. */
async function invoke(request: TgiRequest): Promise<Response> {
  const body = await request.server.readBody(request)
  if (isRecord(body) && 'messages' in body) return answerChat(request, body)
  return isRecord(body) && 'prompt' in body ? answerCompletion(request, body) : answerCompat(request, body)
}
