import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import type { Row, Skipped } from './row.js'
import type { Measurement } from './rows.js'

const file = fileURLToPath(new URL('llama-cpp.ts', import.meta.url))

/** The embedded engine's rows: a program of its own, `llama-cpp.ts`, which prints them as JSON. */
export const llamaCppMeasurement: Measurement = {
  name: 'llama-cpp',
  async measure({ quick }) {
    const skipped = (reason: string): readonly Skipped[] => [{ name: 'llama-cpp', what: 'LlamaCpp', skipped: reason }]
    if (!existsSync(file)) return skipped('bench/llama-cpp.ts is not there')
    const args = ['--import', 'tsx', file, '--json', ...(quick ? ['--quick'] : [])]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
    try {
      return JSON.parse(output) as readonly Row[]
    } catch {
      return skipped(`llama-cpp.ts failed (exit code ${child.exitCode ?? 'unknown'})`)
    }
  },
}
