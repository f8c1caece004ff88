/**
 * What the embedded engine costs: tokens per second through it, over a bare loop of node-llama-cpp's `evaluate` that also
 * detokenizes. Medians of alternating pairs in one process, warm; temperature 0, one thread.
 *
 * `npx tsx bench/llama-cpp.ts [--quick] [--json]`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { getLlama, LlamaLogLevel } from 'node-llama-cpp'

import type { AnswerSink } from '../src/contract/engine.js'
import type { LlamaCppEngine } from '../src/llama-cpp/llama-cpp-engine.js'
import { loadLlamaCppEngine } from '../src/llama-cpp/load-llama-cpp-engine.js'
import { writeEndlessModel } from '../test/support/endless-model.js'
import { formatRows, type Row } from './row.js'

const prompt = '<|im_start|>user\nTell me a story about a fox.<|im_enx|>\n<|im_start|>assistant\n'
const tokens = 200
const window = 512
const most = 8

type Run = (calls: number) => Promise<void>

async function createBare(path: string): Promise<{ run: Run; dispose(): Promise<void> }> {
  const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 0, logLevel: LlamaLogLevel.disabled })
  const model = await llama.loadModel({ modelPath: path })
  const context = await model.createContext({ sequences: most, contextSize: window, threads: 1, flashAttention: false })
  const sequences = Array.from({ length: most }, () => context.getSequence())
  return {
    async run(calls) {
      const used = sequences.slice(0, calls)
      for (const sequence of used) await sequence.clearHistory()
      await Promise.all(
        used.map(async (sequence) => {
          let text = ''
          let count = 0
          for await (const token of sequence.evaluate(model.tokenize(prompt, true), { temperature: 0 })) {
            text += model.detokenize([token])
            if (++count >= tokens) break
          }
          if (count !== tokens) throw new Error(`${count} tokens: ${text}`)
        }),
      )
    },
    async dispose() {
      await context.dispose()
      await model.dispose()
    },
  }
}

function createOurs(engine: LlamaCppEngine, seed?: number): Run {
  const call = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let text = ''
      let count = 0
      const sink: AnswerSink = {
        sent() {},
        activity() {},
        text: (delta) => void (text += delta),
        reasoning() {},
        revise() {},
        toolCall() {},
        finish() {},
        usage: (usage) => void (count = usage.outputTokens ?? 0),
        model() {},
        raw() {},
        warn() {},
        end: (error) => (count === tokens ? resolve() : reject(error ?? new Error(`${count} tokens: ${text}`))),
      }
      const options = { temperature: 0, maxTokens: tokens, seed }
      engine.start(
        {
          kind: 'completion',
          messages: undefined,
          prompt,
          options,
          rendered: undefined,
          constraint: undefined,
          stream: true,
        },
        sink,
      )
    })
  return async (calls) => {
    await Promise.all(Array.from({ length: calls }, call))
  }
}

async function rate(run: Run, calls: number): Promise<number> {
  // One call alone is over in a tenth of a second, in which a busy machine may do anything.
  const repetitions = calls === 1 ? 5 : 1
  const start = performance.now()
  for (let repetition = 0; repetition < repetitions; repetition++) await run(calls)
  return (repetitions * calls * tokens * 1000) / (performance.now() - start)
}

async function measure(
  ours: Run,
  theirs: Run,
  calls: number,
  pairs: number,
): Promise<Omit<Row, 'name' | 'what' | 'against'>> {
  await rate(ours, calls)
  await rate(theirs, calls)
  const figures: { ours: number; theirs: number; ratio: number }[] = []
  for (let pair = 0; pair < pairs; pair++) {
    // Each goes first in every other pair, so that a machine that slows down treats both alike.
    const first = await rate(pair % 2 === 0 ? ours : theirs, calls)
    const second = await rate(pair % 2 === 0 ? theirs : ours, calls)
    const [own, other] = pair % 2 === 0 ? [first, second] : [second, first]
    figures.push({ ours: own, theirs: other, ratio: own / other })
  }
  const ratios = figures.map(({ ratio }) => ratio)
  return {
    ours: median(figures.map((figure) => figure.ours)),
    theirs: median(figures.map((figure) => figure.theirs)),
    unit: 'tokens/s',
    ratio: median(ratios),
    range: [Math.min(...ratios), Math.max(...ratios)],
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'boolean' } } })
  const pairs = values.quick ? 3 : 5
  const folder = await mkdtemp(join(tmpdir(), 'headrace-bench-'))
  try {
    const path = join(folder, 'endless.gguf')
    await writeEndlessModel(path)
    const engine = await loadLlamaCppEngine({ modelPath: path, threads: 1, parallel: most, contextWindow: window })
    const bare = await createBare(path)
    const shared = createOurs(engine)
    const seeded = createOurs(engine, 1)
    const against = 'node-llama-cpp evaluate loop'
    const bar = { kind: 'at least', ratio: 0.9 } as const
    const rows: Row[] = [
      { name: 'llama-cpp', what: 'one call', against, ...(await measure(shared, bare.run, 1, pairs)), bar },
      {
        name: 'llama-cpp',
        what: `${most} calls at once`,
        against,
        ...(await measure(shared, bare.run, most, pairs)),
        bar,
      },
      // Each in batches of its own: what a seed's promise costs.
      { name: 'llama-cpp', what: 'one call, seeded', against, ...(await measure(seeded, bare.run, 1, pairs)) },
      { name: 'llama-cpp', what: `${most} calls, seeded`, against, ...(await measure(seeded, bare.run, most, pairs)) },
    ]
    await engine.dispose()
    await bare.dispose()
    process.stdout.write(`${values.json ? JSON.stringify(rows) : formatRows(rows)}\n`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

await main()
