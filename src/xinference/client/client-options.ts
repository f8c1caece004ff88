import { z } from 'zod'

import type { ConnectionOptions } from '../../llm/llm-options.js'
import { connectionShape, milliseconds, type Shape } from '../../llm/options-schema.js'
import type { XinferenceCredentials } from '../credentials.js'

/** The options of `XinferenceClient`. */
export interface XinferenceClientOptions extends ConnectionOptions, XinferenceCredentials {
  /** As `Xinference`'s. @defaultValue `XINFERENCE_ENDPOINT`, else `http://127.0.0.1:9997` */
  readonly endpoint?: string | undefined
  /** For each request with all its waiting, in milliseconds. @defaultValue 90000, and for a launch 1800000 */
  readonly timeoutMs?: number | undefined
  /**
   * How often a question that failed on the way (a broken connection, 502, 503) is asked again. Only what asks and changes
   * nothing; never a credential that was refused.
   *
   * @defaultValue 2
   */
  readonly maxRetries?: number | undefined
}

const clientShape: Shape<XinferenceClientOptions> = {
  endpoint: z.string().min(1).optional(),
  timeoutMs: milliseconds,
  maxRetries: z.int().min(0).optional(),
  username: z.string().min(1).optional(),
  password: connectionShape.apiKey,
  ...connectionShape,
}

/** What the constructor takes. */
export const clientOptionsSchema: z.ZodType<XinferenceClientOptions, XinferenceClientOptions> =
  z.strictObject(clientShape)
