import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { onTestFinished } from 'vitest'

import type { Finding } from '../../../src/doctor/finding.js'
import { InferenceEndpointsLLM, type InferenceEndpointsOptions } from '../../../src/index.js'

/** The server that `scripts/real-openai-servers.ts` started. */
export const endpoint: string = given('HEADRACE_REAL_ENDPOINT')

/** Where the model's tokenizer is. */
export const tokenizerId: string = fileURLToPath(new URL('../../../models/demo', import.meta.url))

/** The demo model on the server, until the test ends. */
export function connect(options: InferenceEndpointsOptions = {}): InferenceEndpointsLLM {
  const llm = new InferenceEndpointsLLM({ baseUrl: endpoint, maxRetries: 0, waitTimeoutMs: 0, ...options })
  onTestFinished(() => llm.unload())
  return llm
}

/** The verdicts of `headrace doctor` on the server, by the names of its findings, and its exit code. */
export async function runDoctor(...options: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const cli = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', cli, 'doctor', endpoint, '--json', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const exitCode = await new Promise((resolve) => child.on('close', resolve))
  const findings = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Finding)
  return { exitCode, ...Object.fromEntries(findings.map(({ name, verdict }) => [name, verdict])) }
}

function given(variable: string): string {
  const value = process.env[variable]
  if (value === undefined) throw new Error(`${variable} is not set: run this suite with npm run test:real:openai.`)
  return value
}
