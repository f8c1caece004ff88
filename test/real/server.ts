import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { XinferenceClient, type LaunchOptions } from '../../src/index.js'

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

/** A file that is no model. */
export const tokenizerFile: string = fileURLToPath(new URL('../../models/demo/tokenizer.json', import.meta.url))

export const modelFile: string = fileURLToPath(new URL('../../models/demo/demo.gguf', import.meta.url))
const { chat_template: chatTemplate } = JSON.parse(
  readFileSync(new URL('../../models/demo/tokenizer_config.json', import.meta.url), 'utf8'),
) as { chat_template: string }

/** The demo model as a custom model of the server's. */
export const demoFamily = {
  version: 2,
  model_name: 'headrace-demo',
  model_family: 'headrace-demo',
  model_lang: ['en'],
  model_ability: ['chat'],
  context_length: 512,
  chat_template: chatTemplate,
  stop: ['<|im_end|>'],
  model_specs: [
    {
      model_format: 'ggufv2',
      model_size_in_billions: 1,
      quantization: 'F16',
      model_file_name_template: 'demo.gguf',
      model_uri: `file://${modelFile}`,
    },
  ],
} as const

/** How the demo model is launched: on one thread, because more are slower on a busy machine. */
export function demoLaunch({ engineOptions, ...options }: Partial<LaunchOptions> = {}): LaunchOptions {
  return {
    modelUid: 'demo',
    modelName: demoFamily.model_name,
    modelEngine: 'llama.cpp',
    modelFormat: 'ggufv2',
    modelSizeInBillions: 1,
    quantization: 'F16',
    nGpu: 'cpu',
    enableVirtualEnv: false,
    ...options,
    engineOptions: { n_ctx: 512, n_parallel: 1, n_threads: 1, use_mlock: false, ...engineOptions },
  }
}

/** A launch takes 7 s on two idle cores; a busy machine must not fail the suite. */
export const launchMs = 240_000

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
