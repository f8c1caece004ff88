/**
 * The measured process of `dataset-scale.ts`: one run, or a part of one. Prints what it took of memory, disk and time, as
 * JSON. The load is an argument, in JSON.
 */
import { stat } from 'node:fs/promises'

import { modelUid } from './workload.js'

export interface ScaleLoad {
  readonly library: string
  readonly endpoint: string
  readonly source: string
  readonly sink: string
  /** Stops when so many rows are done. */
  readonly stopAt?: number | undefined
}

export interface ScaleFigures {
  readonly rows: number
  readonly wallSeconds: number
  readonly cpuSeconds: number
  /** Milliseconds from the start of the process to the first request. */
  readonly firstRequestMs: number | undefined
  readonly heapMB: number
  readonly peakMB: number
  readonly journalBytes: number
  /** Of the answers as they are assembled, as JSON. */
  readonly answerBytes: number
}

const load = JSON.parse(process.argv[2] ?? '{}') as ScaleLoad
const { Xinference, generateDataset, openSource } = (await import(load.library)) as typeof import('../src/index.js')
const llm = new Xinference({ endpoint: load.endpoint, modelUid, wireMode: 'json' })
let firstRequestMs: number | undefined
const stopListening = llm.callbackManager.on('llm-start', () => {
  firstRequestMs ??= performance.now()
  stopListening()
})
const run = generateDataset({ llm, source: load.source, sink: load.sink, concurrency: 256 })
const timer = setInterval(() => {
  if (run.progress.done >= (load.stopAt ?? Infinity)) run.stop()
}, 50)
const summary = await run
const wallSeconds = performance.now() / 1000
const { user, system } = process.cpuUsage()
clearInterval(timer)
await llm.unload()
const collect = (globalThis as { gc?: () => void }).gc
collect?.()
collect?.()
const figures: ScaleFigures = {
  rows: summary.counts.ok,
  wallSeconds,
  cpuSeconds: (user + system) / 1_000_000,
  firstRequestMs,
  heapMB: process.memoryUsage().heapUsed / 2 ** 20,
  peakMB: process.resourceUsage().maxRSS / 1024,
  journalBytes: (await stat(`${summary.folder}/run.sqlite`)).size,
  answerBytes: summary.rows * (await answerLength()),
}
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit()

/** All answers are alike: the whole body of the server's answer without what is not the model's. */
async function answerLength(): Promise<number> {
  const isFinished = summary.end === 'finished'
  for await (const [row] of openSource(load.sink + (isFinished ? '' : '.partial')).read()) {
    if (row === undefined) continue
    const { generation, model_name: model, input_tokens: input, output_tokens: output } = row.columns
    const finishReason = { unified: 'stop', raw: 'stop' }
    const answer = { text: generation, finishReason, inputTokens: Number(input), outputTokens: Number(output), model }
    return Buffer.byteLength(JSON.stringify(answer))
  }
  return 0
}
