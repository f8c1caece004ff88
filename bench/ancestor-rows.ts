import type { Environment } from '../scripts/real-clients/programs.js'
import type { Comparison } from './alternate.js'

/** What a measured program is told, in JSON. */
export interface AncestorLoad {
  /** `http://127.0.0.1:40000/json` */
  readonly endpoint: string
  readonly model: string
  /** A folder. */
  readonly tokenizer: string
  /** A file of JSON Lines of `{ "prompt" }`. */
  readonly prompts: string
  /** Another one, of prompts before the count begins. */
  readonly warmUp: string
  /** How many `prompts` has. */
  readonly count: number
  /** A new one, where an engine writes its answers under the name of the file of prompts, and whatever else it keeps. */
  readonly folder: string
  /** Requests in flight; of distilabel, a batch. */
  readonly concurrency: number
  /** The entry point of the built library, as a file URL. */
  readonly library: string
}

/** A class that one of ours follows, or an engine that does what ours does, and how it is put to the test. */
export interface Ancestor {
  readonly name: string
  /** The environment of Python that has it; absent for npm's. */
  readonly environment?: Environment
  /** Whose versions are printed. */
  readonly packages: readonly string[]
  /** Its program: in `bench/ancestors`; npm's, in this folder and without an ending. */
  readonly program: string
  /** Which of `ancestors-client.ts` does the same. */
  readonly ours: string
  /** The first part of the scripted server's paths. */
  readonly delivery: 'json' | 'tgi-json'
  readonly concurrency: number
  /** It goes from a file into a file, and what it has written is checked. */
  readonly isEngine?: true
}

export const ancestors: readonly Ancestor[] = [
  {
    name: "LlamaIndex's Xinference.chat, one by one",
    environment: 'llama-index',
    packages: ['llama-index-llms-xinference', 'xinference-client'],
    program: 'llama_index_class.py',
    ours: 'Xinference',
    delivery: 'json',
    concurrency: 1,
  },
  {
    name: "LlamaIndex's Xinference.chat, 16 threads",
    environment: 'llama-index',
    packages: ['llama-index-llms-xinference', 'xinference-client'],
    program: 'llama_index_class.py',
    ours: 'Xinference',
    delivery: 'json',
    concurrency: 16,
  },
  {
    name: "distilabel's InferenceEndpointsLLM.generate, 50 at once",
    environment: 'distilabel',
    packages: ['distilabel', 'huggingface_hub'],
    program: 'distilabel_class.py',
    ours: 'InferenceEndpointsLLM',
    delivery: 'tgi-json',
    concurrency: 50,
  },
  {
    name: "promptfoo's evaluate, 50 at once, without its database",
    packages: ['promptfoo'],
    program: 'promptfoo-client',
    ours: 'generateDataset',
    delivery: 'json',
    concurrency: 50,
    isEngine: true,
  },
  {
    name: "curator's LLM, 50 at once",
    environment: 'curator',
    packages: ['bespokelabs-curator'],
    program: 'curator_engine.py',
    ours: 'generateDataset',
    delivery: 'json',
    concurrency: 50,
    isEngine: true,
  },
]

/** What the table has of an ancestor: how both did, or how it failed. */
export interface AncestorRow {
  readonly name: string
  /** `distilabel 1.5.3, huggingface_hub 0.27.1` */
  readonly versions: string
  readonly result: { readonly cpu: Comparison; readonly wall: Comparison } | { readonly failure: string }
}

/** The table: by how much ours is faster, and by how much its CPU is less. */
export function formatAncestors(rows: readonly AncestorRow[]): string {
  return rows
    .map(({ name, versions, result }) => {
      const head = `${name} (${versions})`
      if ('failure' in result) return `${head}\n  failed: ${result.failure}`
      const { cpu, wall } = result
      const rate = (microseconds: number): string => (1e6 / microseconds).toFixed(0)
      const times = (ratio: number): string => (ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1))
      return `${head}
  requests a second   ours ${rate(wall.ours)}, theirs ${rate(wall.theirs)}: ${times(1 / wall.ratio)} times as many
  CPU a request       ours ${cpu.ours.toFixed(0)} µs, theirs ${cpu.theirs.toFixed(0)} µs: ${times(1 / cpu.ratio)} times less`
    })
    .join('\n')
}
