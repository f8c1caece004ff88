/** The wait for a launch. Time passes only as far as the wait asks for it. */
import { describe, expect, it } from 'vitest'

import type { LaunchProgress, WaitOptions } from '../../src/index.js'
import { detail, html, json } from '../support/http-bytes.js'
import { ImpatientRuntime } from '../support/impatient-runtime.js'
import { ManualRuntime } from '../support/manual-runtime.js'
import { errorOf } from '../support/outcome-of.js'
import { type Answer, inTurn, type Script, type ScriptedServer } from '../support/scripted-server.js'
import { listedModel, startServer } from '../support/xinference-server.js'
import { clientOf } from './account-server.js'

const replicasRoute = 'GET /v1/models/a/replicas'
const describeRoute = 'GET /v1/models/a'
const instancesRoute = 'GET /v1/models/instances?model_uid=a'
const progressRoute = 'GET /v1/models/a/progress'

const states = (...statuses: readonly string[]): Script =>
  json(
    200,
    statuses.map((status, index) => ({ replica_id: index, replica_model_uid: `a-rep${index}`, status })),
  )
const failed = (reason: string | null): Script =>
  json(200, [{ replica_id: 0, replica_model_uid: 'a-rep0', status: 'ERROR', error_message: reason }])
const noModel = detail(400, 'Model not found in the model list, uid: a')
const noRoute = detail(404, 'Not Found')
const loading = detail(503, 'Model is loading, please retry later: a', { 'retry-after': '30' })
const described = json(200, listedModel)

interface Wait {
  readonly server: ScriptedServer
  readonly progress: LaunchProgress[]
  readonly runtime: ImpatientRuntime
  readonly done: Promise<void>
}

async function wait(routes: Readonly<Record<string, Answer>>, options: WaitOptions = {}): Promise<Wait> {
  const server = await startServer({ routes: { [progressRoute]: json(200, { progress: 0.5 }), ...routes } })
  const runtime = new ImpatientRuntime()
  const progress: LaunchProgress[] = []
  const client = clientOf(server, {}, runtime)
  const done = client.waitUntilReady('a', { onProgress: (each) => progress.push(each), ...options })
  done.catch(() => undefined)
  return { server, progress, runtime, done }
}

describe('waitUntilReady', () => {
  it('waits for every replica', async () => {
    const { server, progress, done, runtime } = await wait({
      [replicasRoute]: inTurn(states('CREATING', 'CREATING'), states('READY', 'LOADING'), states('READY', 'READY')),
      [progressRoute]: inTurn(
        json(200, { progress: 0.2, stage: 'downloading' }),
        json(200, { progress: 0.8, stage: 'loading' }),
      ),
    })
    await done
    expect(progress.map(({ progress: share, stage }) => [share, stage])).toEqual([
      [0.2, 'downloading'],
      [0.8, 'loading'],
      [1, 'ready'],
    ])
    expect(server.requestsTo(describeRoute)).toEqual([])
    expect(runtime.now()).toBe(2000)
    expect(runtime.clock.pendingTimers).toBe(0)
  })

  it('asks for no progress when nobody wants to know', async () => {
    const routes = { [replicasRoute]: inTurn(states('LOADING'), states('READY')) }
    const { server, done } = await wait(routes, { onProgress: undefined })
    await done
    expect(server.requestsTo(progressRoute)).toEqual([])
  })

  it('keeps the last progress where the server tells none', async () => {
    const { progress, done } = await wait({
      [replicasRoute]: inTurn(states('LOADING'), states('LOADING'), states('READY')),
      [progressRoute]: inTurn(json(200, { progress: 0.7 }), detail(500, 'oops')),
    })
    await done
    expect(progress.map(({ progress: share }) => share)).toEqual([0.7, 0.7, 1])
  })

  it.each([
    ['CUDA out of memory.', 'a failed to launch: CUDA out of memory.'],
    [null, 'a failed to launch: the server gives no reason.'],
  ])('ends with the server’s reason (%s)', async (reason, message) => {
    const { done } = await wait({ [replicasRoute]: inTurn(states('LOADING'), failed(reason)) })
    expect(await errorOf(done)).toMatchObject({ code: 'LAUNCH_FAILED', message, context: { modelUid: 'a' } })
  })

  it('waits for a reason that comes after the state (server 4.1.0)', async () => {
    const late = failed('[address=127.0.0.1:34705, pid=24313] Failed to init server, please check the input params.')
    const { done } = await wait({ [replicasRoute]: inTurn(states('LOADING'), failed(null), late) })
    expect(await errorOf(done)).toMatchObject({
      code: 'LAUNCH_FAILED',
      message: 'a failed to launch: Failed to init server, please check the input params.',
    })
  })

  it.each([
    ['loading, by 503', inTurn(loading, loading, states('READY'))],
    ['not there yet', inTurn(noModel, noModel, states('LOADING'), states('READY'))],
    ['without replicas', inTurn(json(200, []), states('READY'))],
    ['behind a gateway that fails', inTurn(detail(502, 'bad gateway'), states('READY'))],
    ['on a server that restarts', inTurn([{ end: 'reset' }], states('READY'))],
  ])('has patience with a model that is %s', async (_what, replicas) => {
    const { done } = await wait({ [replicasRoute]: replicas, [describeRoute]: noModel })
    await done
  })

  it('believes after 15 s that there is no such model', async () => {
    const { done, runtime } = await wait({ [replicasRoute]: noModel })
    expect(await errorOf(done)).toMatchObject({ code: 'MODEL_NOT_FOUND' })
    expect(runtime.now()).toBe(15_000)
  })

  it.each([
    ['is gone', noModel],
    ['is being ended', states('TERMINATING', 'TERMINATED')],
  ])('says that a model vanished which %s after it was loading', async (_what, script) => {
    const { done } = await wait({ [replicasRoute]: inTurn(states('LOADING'), script) })
    expect(await errorOf(done)).toMatchObject({
      code: 'LAUNCH_FAILED',
      message: expect.stringContaining('vanished'),
      cause: expect.objectContaining({ code: 'MODEL_NOT_FOUND' }),
    })
  })

  it('does not wait on a server that refuses', async () => {
    const { server, done } = await wait({ [replicasRoute]: detail(403, 'Not enough permissions') })
    expect(await errorOf(done)).toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(server.requests).toHaveLength(1)
  })

  describe('on a server without the route of replicas', () => {
    it.each([
      ['JSON', noRoute],
      ['a page', html(404)],
    ])('asks for the description (%s)', async (_what, script) => {
      const { server, done } = await wait({
        [replicasRoute]: script,
        [describeRoute]: inTurn(loading, described),
      })
      await done
      expect(server.requestsTo(describeRoute)).toHaveLength(2)
    })

    it('knows that it loads from its instance, however long', async () => {
      const { done, runtime } = await wait({
        [replicasRoute]: noRoute,
        [describeRoute]: (_request, count) => (count < 60 ? noModel : described),
        [instancesRoute]: json(200, [{ model_uid: 'a', status: 'CREATING' }]),
      })
      await done
      expect(runtime.now()).toBe(60_000)
    })

    it.each([
      ['has neither', noRoute, 'MODEL_NOT_FOUND'],
      ['has no such instance', json(200, []), 'MODEL_NOT_FOUND'],
      ['has a failed one', json(200, [{ model_uid: 'a', status: 'ERROR' }]), 'LAUNCH_FAILED'],
    ])('ends when it %s', async (_what, instances, code) => {
      const { done } = await wait({ [replicasRoute]: noRoute, [describeRoute]: noModel, [instancesRoute]: instances })
      expect(await errorOf(done)).toMatchObject({ code })
    })
  })

  it.each([60, 1])('takes %d ms at most', async (timeoutMs) => {
    const server = await startServer({ routes: { [replicasRoute]: states('LOADING') } })
    const done = clientOf(server).waitUntilReady('a', { timeoutMs, pollMs: 20 })
    expect(await errorOf(done)).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining(`not ready within ${timeoutMs} ms`),
      context: { modelUid: 'a' },
    })
    if (timeoutMs === 60) expect(server.requests.length).toBeGreaterThan(1)
  })

  it('takes no longer on a server that hangs', async () => {
    const server = await startServer({ routes: { '*': [{ end: 'hang' }] } })
    const done = clientOf(server).waitUntilReady('a', { timeoutMs: 60 })
    expect(await errorOf(done)).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('within 60 ms') })
    await server.allSocketsClosed()
  })

  it('looks every pollMs', async () => {
    const { server, done, runtime } = await wait(
      { [replicasRoute]: inTurn(states('LOADING'), states('LOADING'), states('READY')) },
      { pollMs: 250 },
    )
    await done
    expect(server.requestsTo(replicasRoute)).toHaveLength(3)
    expect(runtime.now()).toBe(500)
  })

  it('stops when its caller does: in a pause, in a request, before it begins', async () => {
    const server = await startServer({
      routes: { [replicasRoute]: inTurn(states('LOADING'), [{ end: 'hang' }]) },
    })
    const runtime = new ManualRuntime()
    const client = clientOf(server, {}, runtime)
    const inPause = new AbortController()
    const paused = client.waitUntilReady('a', {
      signal: inPause.signal,
      onProgress: () => queueMicrotask(() => inPause.abort()),
    })
    expect(await errorOf(paused)).toMatchObject({ code: 'ABORTED', message: expect.stringContaining('cancelLaunch') })
    expect(runtime.pendingTimers).toBe(0)
    const inRequest = new AbortController()
    const asking = errorOf(client.waitUntilReady('a', { signal: inRequest.signal }))
    await server.received(replicasRoute, 2)
    inRequest.abort()
    expect(await asking).toMatchObject({ code: 'ABORTED' })
    expect(runtime.pendingTimers).toBe(0)
    expect(await errorOf(client.waitUntilReady('a', { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'ABORTED',
    })
    expect(server.requestsTo(replicasRoute)).toHaveLength(2)
  })

  it('leaves what onProgress throws to the caller', async () => {
    const boom = new Error('boom')
    const { done } = await wait(
      { [replicasRoute]: states('LOADING') },
      {
        onProgress: () => {
          throw boom
        },
      },
    )
    await expect(done).rejects.toBe(boom)
  })

  it.each([
    [{ timeoutMs: -1 }, 'timeoutMs'],
    [{ pollMs: 0 }, 'pollMs'],
    [{ timeout: 5 }, 'timeout'],
  ])('checks its options: %j', async (options, option) => {
    const { done } = await wait({}, options as WaitOptions)
    expect(await errorOf(done)).toMatchObject({ code: 'INVALID_OPTION', option })
  })
})
