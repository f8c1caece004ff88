import { readFile } from 'node:fs/promises'

import type { AncestorLoad } from './ancestor-rows.js'
import type { ClientFigures } from './client-figures.js'

/** Asks the prompts of a file. */
export type Drive = (prompts: string) => Promise<void>

/** The prompts of a file. */
export async function readPrompts(file: string): Promise<readonly string[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  return lines.map((line) => (JSON.parse(line) as { readonly prompt: string }).prompt)
}

/** Prints what `drive` took of this process, all its threads, once it has been warmed up; ends the process. */
export async function measureDrive(drive: Drive, { warmUp, prompts, count }: AncestorLoad): Promise<never> {
  await drive(warmUp)
  const startedAt = performance.now()
  const before = process.cpuUsage()
  await drive(prompts)
  const { user, system } = process.cpuUsage(before)
  const figures: ClientFigures = {
    cpu: (user + system) / count,
    wall: ((performance.now() - startedAt) * 1000) / count,
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  process.exit()
}
