import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

import { XinferenceClient, type LaunchOptions } from '../../src/index.js'
import { demoLaunch, launchMs } from './demo-model.js'

/** The server that `scripts/real-xinference.ts` started. */
export const endpoint: string = given('HEADRACE_REAL_ENDPOINT')

/** The first user, whom the first tests make. */
export const administrator = { username: 'headrace', password: 'a long password' } as const

/** Logs in when it is first used. */
export const client: XinferenceClient = new XinferenceClient({ endpoint, ...administrator })

/** What a server of 4 prints at its first start. */
export function setupToken(): string | undefined {
  return /Setup token: (\S+)/.exec(readFileSync(given('HEADRACE_REAL_LOG'), 'utf8'))?.[1]
}

/** Launches and waits. */
export async function launch(options: Partial<LaunchOptions> = {}): Promise<string> {
  const uid = await client.launchModel(demoLaunch(options))
  await client.waitUntilReady(uid, { timeoutMs: launchMs, pollMs: 200 })
  return uid
}

/** The server's processes that hold a copy of a model, by the titles that Xinference gives them. */
export async function modelProcesses(uid: string): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,pgid=,args='])
  const group = given('HEADRACE_REAL_GROUP')
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+Model: (\S+?)(-rep\d+)?\s*$/.exec(line))
    .filter((match) => match?.[2] === group && match[3] === uid)
    .map((match) => Number(match?.[1]))
}

function given(variable: string): string {
  const value = process.env[variable]
  if (value === undefined) throw new Error(`${variable} is not set: run this suite with npm run test:real.`)
  return value
}
