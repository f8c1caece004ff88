import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import type { ServedProtocol } from '../../src/serve/index.js'

/** `headrace serve` on the demo model, in a process of its own. */
export interface DemoServer {
  /** `http://127.0.0.1:40000` */
  readonly url: string
  /** What clients call the model. */
  readonly model: string
  /** Tokens. */
  readonly contextWindow: number
  /** Waits for an answer that was broken off, since the last one that was told of. */
  sawBreak(withinMs: number): Promise<boolean>
  stop(): Promise<void>
}

/** @param apiKey - Absent: the server wants none. @throws Error when it ends before it serves */
export async function startDemoServer(
  root: string,
  as: ServedProtocol,
  apiKey: string | undefined,
): Promise<DemoServer> {
  const { HEADRACE_API_KEY: _, ...rest } = process.env
  const child = spawn(process.execPath, [join(root, 'dist', 'cli', 'main.js'), 'serve', '--as', as, '--port', '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...rest, ...(apiKey === undefined ? undefined : { HEADRACE_API_KEY: apiKey }) },
  })
  const ended = once(child, 'close')
  let breaks = 0
  let told: (() => void) | undefined
  const serving = new Promise<Pick<DemoServer, 'url' | 'model' | 'contextWindow'>>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, model, window, url] = /^Serving (\S+) \(context window of (\d+) tokens\) on (\S+)$/.exec(line) ?? []
      if (model !== undefined && url !== undefined) resolve({ url, model, contextWindow: Number(window) })
      // 499: it had not begun.
      if (!/ 499,| 200, broken off/.test(line)) return
      breaks++
      told?.()
    })
  })
  const failed = ended.then(() => {
    throw new Error(`headrace serve --as ${as} ended.`)
  })
  // It ends in any case, later.
  failed.catch(() => {})
  const served = await Promise.race([serving, failed])
  return {
    ...served,
    async sawBreak(withinMs) {
      if (breaks === 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, withinMs)
          told = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      if (breaks === 0) return false
      breaks--
      return true
    },
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
