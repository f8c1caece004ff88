/**
 * The measured process of ours, beside the programs of `ancestors`: the same prompts of a file by the class of the same
 * name, or by the engine; prints microseconds of CPU and of wall time a prompt. The load is an argument, in JSON.
 */
import { basename, join } from 'node:path'

import type { AncestorLoad } from './ancestor-rows.js'
import { type Drive, measureDrive, readPrompts } from './measure-drive.js'

const load = JSON.parse(process.argv[2] ?? '{}') as AncestorLoad & { readonly subject: string }
const { endpoint, model: modelUid, tokenizer: tokenizerId, concurrency, folder } = load
const { InferenceEndpointsLLM, Xinference, generateDataset } = (await import(
  load.library
)) as typeof import('../src/index.js')

function check(text: string | null | undefined): void {
  if (!text?.startsWith('the water')) throw new Error(`Wrong answer: ${JSON.stringify(text)}`)
}

const drives: Readonly<Record<string, () => Promise<Drive>>> = {
  async Xinference() {
    const llm = await new Xinference({ endpoint, modelUid, wireMode: 'json' }).load()
    return async (file) => {
      const prompts = await readPrompts(file)
      let next = 0
      const work = async (): Promise<void> => {
        for (let prompt = prompts[next++]; prompt !== undefined; prompt = prompts[next++]) {
          check((await llm.chat([{ role: 'user', content: prompt }])).text)
        }
      }
      await Promise.all(Array.from({ length: concurrency }, work))
    }
  },
  async InferenceEndpointsLLM() {
    const llm = await new InferenceEndpointsLLM({ baseUrl: endpoint, tokenizerId, wireMode: 'json' }).load()
    return async (file) => {
      const inputs = (await readPrompts(file)).map((content) => [{ role: 'user', content }] as const)
      for (const { generations } of await llm.generate(inputs, { concurrency, maxTokens: 128 })) check(generations[0])
    }
  },
  async generateDataset() {
    const llm = await new Xinference({ endpoint, modelUid, wireMode: 'json', maxTokens: 128 }).load()
    return async (source) => {
      await generateDataset({ llm, source, sink: join(folder, basename(source)), concurrency })
    }
  },
}

const create = drives[load.subject]
if (create === undefined) throw new Error(`Nothing is called ${load.subject}.`)
await measureDrive(await create(), load)
