import { expect } from 'vitest'

import { anyNumber, anyText, fromProcess, json, refusal } from './answers.js'
import type { Check } from './check.js'
import { exchange } from './exchange.js'

const described = {
  model_type: 'LLM',
  address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as unknown,
  accelerators: [],
  model_name: anyText,
  model_lang: ['en'],
  model_format: 'ggufv2',
  model_family: anyText,
  multimodal_projector: null,
  model_hub: 'huggingface',
  revision: null,
  context_length: 512,
  strict_system_first: false,
  model_engine: 'llama.cpp',
  replica: 1,
}
const bySide = {
  xinference: {
    ...described,
    model_ability: ['chat'],
    model_description: null,
    model_size_in_billions: 1,
    quantization: 'F16',
  },
  serve: {
    ...described,
    model_ability: ['chat', 'generate'],
    model_description: expect.stringMatching(/served by Headrace\.$/) as unknown,
    model_size_in_billions: null,
    quantization: null,
  },
}
const head = { id: anyText, object: 'model', created: 0, owned_by: 'xinference' }
const list = (entry: object): unknown => json(200, { object: 'list', data: [entry, entry] })
const replica = {
  replica_id: 0,
  replica_model_uid: expect.stringMatching(/-rep0$/) as unknown,
  accelerators: [],
  created_ts: anyNumber,
  error_message: null,
  gpu_idx: null,
  model_address: anyText,
  replica_uid: null,
  status: 'READY',
  worker_address: anyText,
}
const progress = {
  progress: 1,
  stage: 'loading',
  download_files: [],
  replicas: [
    {
      replica_id: 0,
      replica_model_uid: expect.stringMatching(/-rep0$/) as unknown,
      progress: 1,
      stage: 'loading',
      info: 'Loading model',
      updated_at: anyNumber,
      download_files: [],
      dependency_install_completed: null,
      dependency_install_total: null,
      dependency_install_plan: null,
      dependency_install_status: null,
    },
  ],
}

/** What is told of the models that run. */
export const modelChecks: readonly Check[] = [
  exchange(
    'the list of models',
    { path: '/v1/models' },
    {
      difference: 'entry',
      xinference: list({ ...head, ...bySide.xinference }),
      serve: list({ ...head, ...bySide.serve }),
    },
  ),
  exchange('one model', ({ modelUid }) => ({ path: `/v1/models/${modelUid}` }), {
    difference: 'entry',
    xinference: json(200, { ...bySide.xinference, n_worker: 1 }),
    serve: json(200, { ...bySide.serve, n_worker: 1 }),
  }),
  exchange(
    'a model that is not there',
    { path: '/v1/models/nobody' },
    { expected: refusal(400, fromProcess(/Model not found in the model list, uid: nobody/)) },
  ),
  exchange('a uid with a slash', { path: '/v1/models/no/body' }, { expected: refusal(404, 'Not Found') }),
  exchange('a uid with a hidden slash', { path: '/v1/models/no%2Fbody' }, { expected: refusal(404, 'Not Found') }),
  exchange('a model with a slash after it', ({ modelUid }) => ({ path: `/v1/models/${modelUid}/` }), {
    expected: refusal(404, 'Not Found'),
  }),
  exchange('the replicas of a model', ({ modelUid }) => ({ path: `/v1/models/${modelUid}/replicas` }), {
    expected: json(200, [replica]),
  }),
  exchange('the replicas of nobody', { path: '/v1/models/nobody/replicas' }, { expected: json(200, []) }),
  exchange('the progress of a launch', ({ modelUid }) => ({ path: `/v1/models/${modelUid}/progress` }), {
    expected: json(200, progress),
  }),
  exchange(
    'the progress of nobody',
    { path: '/v1/models/nobody/progress' },
    { expected: json(200, { progress: 0, stage: 'pending', download_files: [], replicas: [] }) },
  ),
  exchange('the events of a model', ({ limitedUid }) => ({ path: `/v1/models/${limitedUid}/events` }), {
    expected: json(
      200,
      expect.arrayContaining([{ event_type: 'INFO', event_ts: anyNumber, event_content: 'Launch model' }]),
    ),
  }),
  exchange('the events of nobody', { path: '/v1/models/no-events/events' }, { expected: json(200, []) }),
  exchange(
    'an abort by id',
    ({ modelUid }) => ({ method: 'POST', path: `/v1/models/${modelUid}/requests/r1/abort`, body: {} }),
    { expected: json(200, { msg: 'NO_OP' }) },
  ),
  exchange(
    'an abort of nobody',
    { method: 'POST', path: '/v1/models/nobody/requests/r1/abort', body: {} },
    { expected: json(200, { msg: 'NO_OP' }) },
  ),
  exchange(
    'an abort without a body',
    ({ modelUid }) => ({ method: 'POST', path: `/v1/models/${modelUid}/requests/r1/abort` }),
    { expected: refusal(500, 'Expecting value: line 1 column 1 (char 0)') },
  ),
  exchange('the engines of a family that is not there', { path: '/v1/engines/nobody' }, { expected: json(200, null) }),
  exchange(
    'a registration that is not there',
    { path: '/v1/model_registrations/LLM/nobody' },
    { expected: refusal(400, fromProcess(/Model nobody not found/)) },
  ),
  exchange(
    'the registrations',
    { path: '/v1/model_registrations/LLM' },
    {
      difference: 'catalogue',
      xinference: json(200, expect.arrayContaining([{ model_name: 'qwen3', is_builtin: true }])),
      serve: json(200, []),
    },
  ),
]
