/**
 * The measured process of promptfoo: its `evaluate` from the prompts of a file into a file, cache and database left out;
 * prints microseconds of CPU and of wall time a prompt. The load is an argument, in JSON.
 */
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'

import type { AncestorLoad } from './ancestor-rows.js'
import { measureDrive, readPrompts } from './measure-drive.js'

interface Promptfoo {
  evaluate(suite: object, options: object): Promise<unknown>
}

const load = JSON.parse(process.argv[2] ?? '{}') as AncestorLoad & { readonly installed: string }
Object.assign(process.env, {
  PROMPTFOO_CONFIG_DIR: load.folder,
  PROMPTFOO_DISABLE_TELEMETRY: '1',
  PROMPTFOO_DISABLE_UPDATE: '1',
  // Even so it reports, once, that it reports nothing: to a port where nobody is.
  HTTPS_PROXY: 'http://127.0.0.1:9',
})
const { evaluate } = createRequire(join(load.installed, 'package.json'))('promptfoo') as Promptfoo
const config = { apiBaseUrl: `${load.endpoint}/v1`, apiKey: 'none', max_tokens: 128 }

await measureDrive(async (file) => {
  const suite = {
    prompts: ['{{prompt}}'],
    providers: [{ id: `openai:chat:${load.model}`, config }],
    tests: (await readPrompts(file)).map((prompt) => ({ vars: { prompt } })),
    outputPath: join(load.folder, basename(file)),
  }
  await evaluate(suite, { maxConcurrency: load.concurrency, cache: false, showProgressBar: false })
}, load)
