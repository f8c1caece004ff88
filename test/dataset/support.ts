import { mkdtempSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

import {
  generateDataset,
  type GenerateDatasetOptions,
  type RunSummary,
  Xinference,
  type XinferenceOptions,
} from 'headrace'

import type { Runtime } from '../../src/contract/runtime.js'
import { systemRuntime } from '../../src/transport/system-runtime.js'
import { chatAnswer, chatRoute, realRuntime, startXinference } from '../support/xinference-server.js'
import type { RecordedRequest, Script, ScriptedServer } from '../support/scripted-server.js'

/** A clock on which waiting is short: everything else is real. */
export const fastRuntime: Runtime = {
  ...realRuntime(),
  now: () => systemRuntime.now() * 100,
  setTimer: (callback, delayMs) => systemRuntime.setTimer(callback, delayMs / 100),
}

/** A folder of its own until the test ends. */
export async function scratch(): Promise<(name: string) => string> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-dataset-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await mkdir(folder, { recursive: true })
  return (name) => join(folder, name)
}

/** What was asked last in a request's conversation. */
function promptOf(request: RecordedRequest): string {
  const { messages } = JSON.parse(request.body) as { messages: readonly { readonly content: string }[] }
  return messages.at(-1)?.content ?? ''
}

/** A server whose model answers `re: ` and the prompt, save where a script says otherwise. */
export async function startEcho(
  scripts: (prompt: string, request: RecordedRequest, count: number) => Script | undefined = () => undefined,
): Promise<ScriptedServer> {
  return startXinference({
    chat: (request, count) => {
      const prompt = promptOf(request)
      return scripts(prompt, request, count) ?? chatAnswer(`re: ${prompt}`)
    },
  })
}

/** Every prompt that the server was asked, in the order in which they came. */
export function promptsOf(server: ScriptedServer): readonly string[] {
  return server.requestsTo(chatRoute).map(promptOf)
}

/** The server's model, asked for plain JSON, until the test ends. */
export function modelOn(
  server: Pick<ScriptedServer, 'url'>,
  options: Partial<XinferenceOptions> = {},
  runtime: Runtime = realRuntime(),
): Xinference {
  const llm = new Xinference({ endpoint: server.url, modelUid: 'my-qwen', wireMode: 'json', ...options }, { runtime })
  onTestFinished(() => llm.unload())
  return llm
}

/** A run on the fast clock. */
export async function runFast(options: GenerateDatasetOptions): Promise<RunSummary> {
  return generateDataset(options, { runtime: fastRuntime })
}

/** Rows of this many prompts: `p0`, `p1`, ... */
export function prompts(count: number): readonly { readonly id: number; readonly prompt: string }[] {
  return Array.from({ length: count }, (_, id) => ({ id, prompt: `p${id}` }))
}

export async function writeLines(path: string, rows: readonly unknown[]): Promise<string> {
  await writeFile(path, rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''))
  return path
}

type OutputRow = Readonly<Record<string, unknown>>

export async function readLines(path: string): Promise<readonly OutputRow[]> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as OutputRow)
}

/** The sum of all states. */
export function sumOf(summary: RunSummary): number {
  return Object.values(summary.counts).reduce((sum, count) => sum + count, 0)
}
