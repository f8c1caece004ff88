import type { Runtime } from '../contract/runtime.js'
import type { ConnectionOptions } from './llm-options.js'
import { withDebugLog } from '../transport/debug-log.js'
import { FetchTransport } from '../transport/fetch-transport.js'
import type { Transport } from '../transport/transport.js'
import { UndiciTransport } from '../transport/undici-transport.js'

const defaultConnectMs = 10_000

/** The transport that connection options amount to; logs when it is asked to. */
export function createTransport(
  { fetch, caFile }: Pick<ConnectionOptions, 'fetch' | 'caFile'>,
  runtime: Runtime,
  secrets: () => readonly string[],
  connectMs: number = defaultConnectMs,
): Transport {
  const transport =
    fetch === undefined ? new UndiciTransport({ connectMs, caFile, env: runtime.env }) : new FetchTransport(fetch)
  return withDebugLog(transport, runtime, secrets)
}
