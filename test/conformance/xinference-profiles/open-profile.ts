import type { Runtime } from '../../../src/contract/runtime.js'
import type { Xinference, XinferenceOptions } from '../../../src/index.js'
import { ManualRuntime } from '../../support/manual-runtime.js'
import { connect, startProfile } from '../../support/xinference-server.js'
import type { ProfileModel } from '../../support/xinference-profiles/describe-model.js'
import type { Version } from '../../support/xinference-profiles/profile.js'
import type { ProfileServer, ProfileServerOptions } from '../../support/xinference-profiles/profile-server.js'
import { profiles } from '../../support/xinference-profiles/profiles.js'

/** The model that the suites ask. */
const model: ProfileModel = {
  uid: 'my-qwen',
  engine: 'vLLM',
  abilities: ['chat', 'tools'],
  family: 'qwen-chat',
}

export interface OpenProfileOptions extends Partial<Omit<ProfileServerOptions, 'profile'>> {
  /** What `my-qwen` differs in. */
  readonly differs?: Partial<ProfileModel>
  readonly options?: Partial<XinferenceOptions>
}

/** A server of the version with a model `my-qwen` on it, and the client's model, on a clock that jumps over each wait. */
export async function openProfile(
  version: Version,
  { differs, options, ...server }: OpenProfileOptions = {},
): Promise<ProfileServer & { readonly llm: Xinference; readonly waits: string[] }> {
  const started = await startProfile({ profile: profiles[version], models: [{ ...model, ...differs }], ...server })
  const clock = new ManualRuntime()
  const { now, random, log, env } = clock
  const setTimer: Runtime['setTimer'] = (callback, delayMs) => {
    // What is due at once happens on a clock that stands still as well.
    if (delayMs === 0) queueMicrotask(() => clock.advance(0))
    return clock.setTimer(callback, delayMs)
  }
  const llm = connect(started.server, options, { now, random, log, env, setTimer })
  const waits: string[] = []
  const jump = (event: { readonly delayMs: number; readonly cause: { readonly code: string } }): void => {
    waits.push(event.cause.code)
    // And a second more, which is how far apart questions about failures are.
    queueMicrotask(() => clock.advance(event.delayMs + 1000))
  }
  llm.callbackManager.on('retry', jump)
  llm.callbackManager.on('waiting', jump)
  return { ...started, llm, waits }
}
