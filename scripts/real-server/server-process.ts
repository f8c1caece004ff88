import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Deadline } from './deadline.js'

export interface ServerCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** @defaultValue the current folder */
  readonly cwd?: string
  /** The file that it prints into. */
  readonly log: string
}

const startMs = 300_000

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Starts a server in a process group of its own, so that all its processes can be ended together. */
export function startServer({ program, args, env, cwd, log }: ServerCommand): ChildProcess {
  const output = openSync(log, 'w')
  try {
    return spawn(program, args, { detached: true, stdio: ['ignore', output, output], env, cwd })
  } finally {
    closeSync(output)
  }
}

/** Waits until `url` is answered well. @throws Error with the end of the log when the server ends, or does not get there. */
export async function untilReady(
  server: ChildProcess,
  url: string,
  { log, signal, deadline }: { readonly log: string; readonly signal: AbortSignal; readonly deadline: Deadline },
): Promise<void> {
  const endsAt = Date.now() + startMs
  while (Date.now() < endsAt && server.exitCode === null && server.signalCode === null) {
    try {
      if ((await fetch(url, { signal: AbortSignal.timeout(5000) })).ok) return
    } catch {
      // Not yet.
    }
    await sleep(500)
    if (signal.aborted) throw new Error('interrupted')
    deadline.check()
  }
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20)
  throw new Error(`The server did not start; the end of ${log}:\n${lines.join('\n')}`)
}

/** Ends every process of the server's group. */
export async function stopServer({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGTERM')
    for (let waited = 0; waited < 10_000; waited += 100) {
      process.kill(-pid, 0)
      await sleep(100)
    }
    process.kill(-pid, 'SIGKILL')
  } catch {
    // No process of the group is left.
  }
}
