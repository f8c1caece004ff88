import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { InferenceEndpointsLLM, type InferenceEndpointsOptions } from '../../../src/index.js'
import type { Finding } from '../../../src/doctor/finding.js'

/** The server that `scripts/real-openai-servers.ts` started. */
export const endpoint: string = given('HEADRACE_REAL_ENDPOINT')

/** The Llama-architecture model of this package, with its tokenizer's folder. */
export const modelFolder: string = fileURLToPath(new URL('../../../models/demo', import.meta.url))

export function connect(options: InferenceEndpointsOptions = {}): InferenceEndpointsLLM {
  return new InferenceEndpointsLLM({ baseUrl: endpoint, maxRetries: 0, waitTimeoutMs: 0, ...options })
}

/** What `headrace doctor` finds out about the server, by name. */
export async function runDoctor(): Promise<{
  readonly code: number
  readonly verdicts: Readonly<Record<string, string>>
}> {
  const cli = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
    const args = ['--import', 'tsx', cli, 'doctor', endpoint, '--json']
    const child = execFile(process.execPath, args, (_error, stdout) =>
      resolve({ code: child.exitCode ?? 1, output: stdout }),
    )
  })
  const findings = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Finding)
  return { code, verdicts: Object.fromEntries(findings.map(({ name, verdict }) => [name, verdict])) }
}

function given(variable: string): string {
  const value = process.env[variable]
  if (value === undefined) throw new Error(`${variable} is not set: run this suite with npm run test:real:openai.`)
  return value
}
