import { onTestFinished } from 'vitest'

import { createServer, type CreateServerOptions } from '../../src/serve/index.js'
import { ScriptedModel, type Step } from '../support/scripted-model.js'

/** A server with this model as `demo`, until the test ends. @returns what `--llm` takes. */
export async function serveModel(
  model: ScriptedModel | Iterable<Step>,
  options: CreateServerOptions = {},
): Promise<string> {
  const demo = model instanceof ScriptedModel ? model : new ScriptedModel(model)
  const server = await createServer({ models: { demo }, port: 0, drainMs: 0, ...options })
  onTestFinished(() => server.close())
  return `${server.url.replace('http:', 'xinference:')}/demo`
}
