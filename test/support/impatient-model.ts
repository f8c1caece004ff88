import type { Runtime } from '../../src/contract/runtime.js'
import type { RetryEvent, WaitingEvent, Xinference, XinferenceOptions } from '../../src/index.js'
import { ManualRuntime } from './manual-runtime.js'
import type { ScriptedServer } from './scripted-server.js'
import { connect, listedModel } from './xinference-server.js'

/** A loaded model whose clock jumps over each wait before another attempt. */
export interface ImpatientModel {
  readonly llm: Xinference
  readonly retries: readonly RetryEvent[]
  readonly waits: readonly WaitingEvent[]
}

/** Such a model on the server, until the test ends. The server is not asked for its description. */
export async function connectImpatient(
  server: Pick<ScriptedServer, 'url'>,
  options: Partial<XinferenceOptions> = {},
): Promise<ImpatientModel> {
  const clock = new ManualRuntime()
  const setTimer: Runtime['setTimer'] = (callback, delayMs) => {
    if (delayMs <= 0) queueMicrotask(() => clock.advance(0))
    return clock.setTimer(callback, delayMs)
  }
  const runtime: Runtime = { env: {}, now: clock.now, random: clock.random, log: clock.log, setTimer }
  const llm = await connect(server, { modelDescription: listedModel, ...options }, runtime).load()
  const retries: RetryEvent[] = []
  const waits: WaitingEvent[] = []
  const jump = (delayMs: number): void => queueMicrotask(() => clock.advance(delayMs))
  llm.callbackManager.on('retry', (event) => {
    retries.push(event)
    jump(event.delayMs)
  })
  llm.callbackManager.on('waiting', (event) => {
    waits.push(event)
    jump(event.delayMs)
  })
  return { llm, retries, waits }
}
