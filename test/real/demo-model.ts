import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { LaunchOptions } from '../../src/index.js'

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

/** A launch takes 7 s on two idle cores; a busy machine must not fail what waits for it. */
export const launchMs = 240_000
