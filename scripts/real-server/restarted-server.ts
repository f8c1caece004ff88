import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { XinferenceClient } from 'headrace'

import { demoFamily, demoLaunch, launchMs } from '../../test/real/demo-model.js'
import type { Deadline } from './deadline.js'
import { startServer, stopServer, untilReady } from './server-process.js'
import { xinferenceCache, xinferenceVariables } from './xinference.js'

export interface RestartedServerOptions {
  readonly bin: string
  /** What the server keeps over its restarts: its users. */
  readonly home: string
  readonly port: number
  readonly deadline: Deadline
}

/** A real Xinference with the demo model, which is killed and started again at the same address. */
export class RestartedServer {
  readonly account = { username: 'headrace', password: 'a long password' } as const
  readonly endpoint: string
  readonly #options: RestartedServerOptions
  readonly #log = join(xinferenceCache, 'dataset.log')
  #process: ChildProcess | undefined

  constructor(options: RestartedServerOptions) {
    this.#options = options
    this.endpoint = `http://127.0.0.1:${options.port}`
  }

  /** Starts it and launches the model; the first time it makes the user as well. */
  async start(): Promise<void> {
    const { bin, home, port, deadline } = this.#options
    this.#process = startServer({
      program: join(bin, 'xinference-local'),
      args: ['-H', '127.0.0.1', '-p', String(port), '--log-level', 'INFO'],
      env: xinferenceVariables(bin, home),
      log: this.#log,
    })
    const { signal } = new AbortController()
    await untilReady(this.#process, `${this.endpoint}/status`, { log: this.#log, signal, deadline })
    await this.#setUp()
    await using client = new XinferenceClient({ endpoint: this.endpoint, ...this.account })
    await client.registerModel(demoFamily, { persist: false })
    const uid = await client.launchModel(demoLaunch({ engineOptions: { n_ctx: 2048, n_parallel: 4 } }))
    await client.waitUntilReady(uid, { timeoutMs: launchMs, pollMs: 200 })
  }

  /** Ends all its processes at once, as a machine that fails does. */
  async kill(): Promise<void> {
    const server = this.#process
    if (server?.pid === undefined) return
    const exited = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined
    process.kill(-server.pid, 'SIGKILL')
    await exited
  }

  async stop(): Promise<void> {
    if (this.#process !== undefined) await stopServer(this.#process)
  }

  async #setUp(): Promise<void> {
    await using nobody = new XinferenceClient({ endpoint: this.endpoint })
    if (!(await nobody.needsSetup())) return
    const setupToken = /Setup token: (\S+)/.exec(await readFile(this.#log, 'utf8'))?.[1]
    await nobody.setUp({ ...this.account, setupToken })
  }
}
