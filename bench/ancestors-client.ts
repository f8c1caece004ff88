/**
 * The measured process of ours, beside the programs of `ancestors`: the same prompts of a file by the class of the same
 * name; prints microseconds of CPU and of wall time a prompt. The load is an argument, in JSON.
 */
import { readFile } from 'node:fs/promises'

import type { AncestorLoad } from './ancestor-rows.js'
import type { ClientFigures } from './client-figures.js'

const load = JSON.parse(process.argv[2] ?? '{}') as AncestorLoad & { readonly subject: string }
const { endpoint, model: modelUid, tokenizer: tokenizerId, concurrency, warmUp } = load
const { InferenceEndpointsLLM, Xinference } = (await import(load.library)) as typeof import('../src/index.js')

type Drive = (prompts: readonly string[]) => Promise<void>

function check(text: string | null | undefined): void {
  if (!text?.startsWith('the water')) throw new Error(`Wrong answer: ${JSON.stringify(text)}`)
}

const drives: Readonly<Record<string, () => Promise<Drive>>> = {
  async Xinference() {
    const llm = await new Xinference({ endpoint, modelUid, wireMode: 'json' }).load()
    return async (prompts) => {
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
    return async (prompts) => {
      const inputs = prompts.map((content) => [{ role: 'user', content }] as const)
      for (const { generations } of await llm.generate(inputs, { concurrency, maxTokens: 128 })) check(generations[0])
    }
  },
}

const lines = (await readFile(load.prompts, 'utf8')).trimEnd().split('\n')
const prompts = lines.map((line) => (JSON.parse(line) as { readonly prompt: string }).prompt)
const create = drives[load.subject]
if (create === undefined) throw new Error(`Nothing is called ${load.subject}.`)
const drive = await create()
await drive(prompts.slice(0, warmUp))
const startedAt = performance.now()
const before = process.cpuUsage()
await drive(prompts)
const { user, system } = process.cpuUsage(before)
const figures: ClientFigures = {
  cpu: (user + system) / prompts.length,
  wall: ((performance.now() - startedAt) * 1000) / prompts.length,
}
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit()
