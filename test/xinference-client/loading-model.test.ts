import { expect, it } from 'vitest'

import type { Runtime } from '../../src/contract/runtime.js'
import { detail, json } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import { inTurn } from '../support/scripted-server.js'
import {
  connect,
  listedModel,
  listRoute,
  modelList,
  realRuntime,
  startXinference,
} from '../support/xinference-server.js'

const describeRoute = 'GET /v1/models/my-qwen'
// As Xinference 4.1.0 answers while it launches.
const loading = detail(503, 'Model is loading, please retry later: [address=127.0.0.1:1, pid=2] Model my-qwen', {
  'retry-after': '30',
})

/** Pauses end at once; deadlines do not. */
function hastyRuntime(): Runtime {
  const runtime = realRuntime()
  return { ...runtime, setTimer: (callback, delayMs) => runtime.setTimer(callback, delayMs > 5000 ? delayMs : 0) }
}

it('waits for a model that is not listed because it is still loading', async () => {
  const server = await startXinference({
    routes: {
      [listRoute]: inTurn(modelList(), modelList(listedModel)),
      [describeRoute]: inTurn(loading, loading, json(200, listedModel)),
    },
  })
  const llm = connect(server, {}, hastyRuntime())
  const delays: number[] = []
  llm.callbackManager.on('waiting', ({ delayMs, cause }) => {
    expect(cause.code).toBe('MODEL_LOADING')
    delays.push(delayMs)
  })
  expect((await llm.complete('Hello')).text).toBe('Hello')
  expect(delays).toEqual([1000, 2000])
})

it('says that it is loading when that takes too long', async () => {
  const server = await startXinference({ routes: { [listRoute]: modelList(), [describeRoute]: loading } })
  const llm = connect(server, { waitTimeoutMs: 0 })
  expect(await errorOf(llm.load())).toMatchObject({ code: 'MODEL_LOADING', isRetryable: true })
})

it('does not wait for a model that nobody launches', async () => {
  const server = await startXinference({
    routes: {
      [listRoute]: modelList(),
      [describeRoute]: detail(400, 'Model not found in the model list, uid: my-qwen'),
    },
  })
  expect(await errorOf(connect(server).load())).toMatchObject({ code: 'MODEL_NOT_FOUND' })
  expect(server.requestsTo(describeRoute)).toHaveLength(1)
})

it('ends the wait when the call is aborted', async () => {
  const server = await startXinference({ routes: { [listRoute]: modelList(), [describeRoute]: loading } })
  const llm = connect(server)
  const stop = new AbortController()
  llm.callbackManager.on('waiting', () => stop.abort())
  expect(await errorOf(llm.complete('Hello', { signal: stop.signal }))).toMatchObject({ code: 'ABORTED' })
  await llm.unload()
  await server.allSocketsClosed()
})
