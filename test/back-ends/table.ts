import type { BackEnd } from './back-end.js'
import { llamaServer } from './servers/llama-server.js'
import { openai, router } from './servers/openai.js'
import { sglangServers } from './servers/sglang.js'
import { tgi } from './servers/tgi.js'
import { vllmServers } from './servers/vllm.js'
import { xinferenceServers } from './servers/xinference.js'

/** Every server of the suite, in the order of the documentation. The embedded engine is in `embedded.ts`. */
export const backEnds: readonly BackEnd[] = [
  ...xinferenceServers,
  tgi,
  ...vllmServers,
  ...sglangServers,
  llamaServer,
  router,
  openai,
]
