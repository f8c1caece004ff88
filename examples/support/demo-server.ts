import { fileURLToPath } from 'node:url'

import { LlamaCpp } from 'headrace/llama-cpp'
import { serve } from 'headrace/serve'

/** A server to try things on. */
export interface DemoServer extends AsyncDisposable {
  readonly endpoint: string
  readonly modelUid: string
  /** Whether it serves the demo model, and not yours. */
  readonly isDemo: boolean
}

/** The tiny model that comes with the package. */
export const demoModelPath: string = fileURLToPath(new URL('../../models/demo/demo.gguf', import.meta.url))

/**
 * Your Xinference server, when the environment names it (`XINFERENCE_ENDPOINT` and `XINFERENCE_MODEL_UID`). Otherwise one
 * with the same routes, over the demo model, on a free port, until it is disposed.
 */
export async function demoServer(): Promise<DemoServer> {
  const { XINFERENCE_ENDPOINT: endpoint, XINFERENCE_MODEL_UID: modelUid } = process.env
  if (endpoint !== undefined && modelUid !== undefined) {
    return { endpoint, modelUid, isDemo: false, [Symbol.asyncDispose]: async () => undefined }
  }
  const llm = await new LlamaCpp({ modelPath: demoModelPath }).load()
  const server = await serve(llm, { port: 0, modelUid: 'demo' })
  return {
    endpoint: server.url,
    modelUid: 'demo',
    isDemo: true,
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await llm.unload()
    },
  }
}
