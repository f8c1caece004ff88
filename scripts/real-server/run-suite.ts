import { spawn } from 'node:child_process'
import { join } from 'node:path'

import type { Deadline } from './deadline.js'

export interface Suite {
  readonly root: string
  /** The configuration of vitest. */
  readonly config: string
  readonly args: readonly string[]
  /** What the suite must know of the server. */
  readonly env: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly deadline: Deadline
}

/** Runs vitest until it is done or the time is over. @returns its exit code @throws OutOfTime */
export async function runSuite({ root, config, args, env, signal, deadline }: Suite): Promise<number> {
  const leftMs = deadline.leftMs()
  const vitest = spawn(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--config',
      config,
      // What was tested until the time is over must have been right.
      ...(leftMs === undefined ? [] : ['--bail', '1']),
      ...args,
    ],
    { cwd: root, stdio: 'inherit', signal, env: { ...process.env, ...env } },
  )
  let isLate = false
  const end = (): void => {
    isLate = true
    vitest.kill()
  }
  const timer = leftMs === undefined ? undefined : setTimeout(end, leftMs)
  const code = await new Promise<number>((resolve) => {
    vitest.on('error', () => resolve(1))
    vitest.on('exit', (status) => resolve(status ?? 1))
  })
  clearTimeout(timer)
  // A failure that came before counts.
  if (isLate) deadline.check()
  return code
}
