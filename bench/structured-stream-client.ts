/**
 * The measured process: reads streamed answers of one size with their growing value, and prints the CPU that each took.
 * The answers come from a `fetch` of this process, in deltas of four characters. The load is an argument, in JSON.
 */
import type { ClientFigures } from './client-figures.js'

export interface StructuredLoad {
  /** Where the library is. */
  readonly library: string
  readonly kilobytes: number
  /** Many small objects, or one long text. */
  readonly shape: 'objects' | 'text'
  readonly warmUp: number
  readonly count: number
}

const load = JSON.parse(process.argv[2] ?? '{}') as StructuredLoad
const { Xinference } = (await import(load.library)) as typeof import('../src/index.js')

const length = load.kilobytes * 1000
const entry = (index: number): object => ({ id: index, name: `name ${index}`, tags: ['red', 'blue'], isNew: true })
const size = JSON.stringify(entry(1000)).length + 1
const answer = JSON.stringify(
  load.shape === 'text'
    ? { text: 'water keeps its height '.repeat(length / 23) }
    : { list: Array.from({ length: Math.floor(length / size) }, (_, index) => entry(index)) },
)
const deltas = answer.match(/.{1,4}/gs) ?? []

function* events(): Generator<string> {
  const chunk = (delta: object, reason: string | null): string =>
    `data: ${JSON.stringify({ id: 'x', model: 'm', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`
  for (const content of deltas) yield chunk({ content }, null)
  yield chunk({}, 'stop')
  yield 'data: [DONE]\n\n'
}
// Sixteen events a write, as a server under load sends them.
const writes: Uint8Array[] = []
let batch = ''
let pending = 0
for (const event of events()) {
  batch += event
  if (++pending % 16 !== 0) continue
  writes.push(Buffer.from(batch))
  batch = ''
}
writes.push(Buffer.from(batch))

const llm = new Xinference({
  endpoint: 'http://127.0.0.1:9',
  modelUid: 'm',
  modelDescription: {
    id: 'm',
    model_type: 'LLM',
    model_ability: ['chat'],
    model_engine: 'vLLM',
    context_length: 1_000_000,
  },
  fetch: async () =>
    new Response(ReadableStream.from(writes), {
      headers: { 'content-type': 'text/event-stream' },
    }),
})
const structuredOutput = { format: 'json', schema: { type: 'object' } } as const

async function ask(): Promise<void> {
  let last: unknown
  for await (const part of llm.streamChat([{ role: 'user', content: 'Go.' }], { structuredOutput })) {
    if (part.type === 'text') last = part.partial
  }
  if (JSON.stringify(last) !== answer) throw new Error('The last value is not the answer.')
}

for (let time = 0; time < load.warmUp; time++) await ask()
const wallBefore = performance.now()
const cpuBefore = process.cpuUsage()
for (let time = 0; time < load.count; time++) await ask()
const { user, system } = process.cpuUsage(cpuBefore)
const wall = (performance.now() - wallBefore) * 1000
const figures: ClientFigures = { cpu: (user + system) / load.count, wall: wall / load.count }
process.stdout.write(`${JSON.stringify(figures)}\n`)
