import { onTestFinished } from 'vitest'

import { InferenceEndpointsLLM, type InferenceEndpointsOptions } from '../../../src/index.js'
import { realRuntime } from '../../support/xinference-server.js'
import type { Setup } from '../back-end.js'

/** A model on a server of its own, until the test ends. */
export function connect(
  where: InferenceEndpointsOptions,
  { apiKey, serverKey, unsupportedOptions, tokenizerId, runtime = realRuntime() }: Setup = {},
): InferenceEndpointsLLM {
  const key = apiKey ?? serverKey
  const llm = new InferenceEndpointsLLM(
    {
      ...where,
      ...(key === undefined ? {} : { apiKey: key }),
      ...(unsupportedOptions === undefined ? {} : { unsupportedOptions }),
      ...(tokenizerId === undefined ? {} : { tokenizerId }),
    },
    { runtime },
  )
  onTestFinished(() => llm.unload())
  return llm
}
