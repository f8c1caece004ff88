import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { runTool } from '../scripts/run-tool.js'
import { peers } from './subjects/index.js'

const folder = fileURLToPath(new URL('.', import.meta.url))
const isInstalled = (name: string): boolean => existsSync(`${folder}/node_modules/${name}/package.json`)

/** Installs the peers if need be, as their lockfile says. @returns why not, where it was not possible. */
export async function installPeers(): Promise<string | undefined> {
  if (peers.every(isInstalled)) return undefined
  process.stderr.write('Installing the peers into bench/node_modules\n')
  const { code, output } = await runTool('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
  if (code === 0) return undefined
  const reason = output.split('\n').find((line) => line.startsWith('npm error')) ?? `npm ci exited with ${code}`
  return reason.replace('npm error ', '')
}
