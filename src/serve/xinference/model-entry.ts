import type { LLMMetadata } from '../../contract/metadata.js'

/**
 * What `GET /v1/models/{uid}` says of a model: a running model of Xinference's llama.cpp engine.
 *
 * @param address - Where the model lives, `host:port`.
 */
export function describeModel(metadata: LLMMetadata, address: string): Record<string, unknown> {
  const { modelName, contextWindow } = metadata
  return {
    model_type: 'LLM',
    address,
    accelerators: [],
    model_name: modelName,
    model_lang: ['en'],
    model_ability: abilities(metadata),
    model_description: `${modelName}, served by Headrace.`,
    model_format: 'ggufv2',
    model_size_in_billions: null,
    model_family: modelName,
    quantization: null,
    multimodal_projector: null,
    model_hub: 'huggingface',
    revision: null,
    context_length: contextWindow ?? null,
    strict_system_first: false,
    model_engine: 'llama.cpp',
    n_worker: 1,
    replica: 1,
  }
}

/** The same as an entry of `GET /v1/models`. */
export function listModel(uid: string, metadata: LLMMetadata, address: string): Record<string, unknown> {
  const { n_worker: _, ...described } = describeModel(metadata, address)
  return { id: uid, object: 'model', created: 0, owned_by: 'xinference', ...described }
}

/** The one copy of a model, as `GET /v1/models/{uid}/replicas` has it. */
export function describeReplica(
  uid: string,
  { address, startedAt }: { readonly address: string; readonly startedAt: number },
): Record<string, unknown> {
  return {
    replica_id: 0,
    replica_model_uid: `${uid}-rep0`,
    worker_address: address,
    model_address: address,
    accelerators: [],
    status: 'READY',
    created_ts: startedAt,
    error_message: null,
    replica_uid: null,
    gpu_idx: null,
  }
}

/**
 * What `GET /v1/models/{uid}/progress` says of a launch that is over; a model that is not there is at 0.
 *
 * @param launchedAt - In seconds since 1970; absent: there is no such model.
 */
export function describeProgress(uid: string, launchedAt: number | undefined): Record<string, unknown> {
  if (launchedAt === undefined) return { progress: 0, stage: 'pending', download_files: [], replicas: [] }
  const replica = {
    replica_id: 0,
    replica_model_uid: `${uid}-rep0`,
    progress: 1,
    stage: 'loading',
    info: 'Loading model',
    updated_at: launchedAt,
    download_files: [],
    dependency_install_completed: null,
    dependency_install_total: null,
    dependency_install_plan: null,
    dependency_install_status: null,
  }
  return { progress: 1, stage: 'loading', download_files: [], replicas: [replica] }
}

function abilities({ isChatModel, isFunctionCallingModel, isVisionModel }: LLMMetadata): string[] {
  if (!isChatModel) return ['generate']
  return ['chat', 'generate', ...(isFunctionCallingModel ? ['tools'] : []), ...(isVisionModel ? ['vision'] : [])]
}
