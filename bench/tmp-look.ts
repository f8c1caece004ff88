import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LockstepTime } from './simulated-server/lockstep-time.js'
import { SimulatedServer } from './simulated-server/simulated-server.js'
const { generateDataset, InferenceEndpointsLLM } = (await import(process.env['LIB'] ?? '../dist/index.js' as string)) as typeof import('../src/index.js')
const [serversJson = '[{}]', rows = '3000', options = '{}'] = process.argv.slice(2)
const time = new LockstepTime(50)
const servers = await Promise.all((JSON.parse(serversJson) as object[]).map((o) => SimulatedServer.start(o, time)))
const folder = await mkdtemp(join(tmpdir(), 'look-'))
const llms = servers.map(({ url }) => new InferenceEndpointsLLM({ baseUrl: url, generationKwargs: { maxTokens: 6000 } }, { runtime: time }))
const source = Array.from({ length: Number(rows) }, (_, row) => ({ prompt: `Question ${row}: ${'what does the water do next '.repeat(10 + row % 50)}` }))
const run = generateDataset({ llm: llms, source, folder, ...JSON.parse(options) }, { runtime: time })
let over = false
const show = () => {
  const { endpoints, elapsedMs, done, waiting } = run.progress
  const each = endpoints.map((e) => `${e.limit} (${e.signal}) ${e.inFlight} ${e.answers}${e.pause?.cause ?? ''}`)
  const r = servers.map((s) => { const x = s.report(Math.max(0, time.now() - 5000), time.now()); return `run ${x.running} wait ${x.waiting} share ${(x.span.share * 100).toFixed(0)}` })
  console.log(`${(elapsedMs / 1000).toFixed(0)} s ${done} done ${waiting} waiting | ${each.join(' | ')} || ${r.join(' | ')}`)
  if (!over) time.setTimer(show, 5000)
}
time.setTimer(show, 5000)
const summary = await run
over = true
const s = servers.map((x) => x.report())
const server = s.reduce((sum, { totals }) => sum + totals.promptTokens + totals.generatedTokens, 0)
console.log(JSON.stringify({ ...summary, endpoints: undefined }), 'server', server, 'client', summary.tokens.input + summary.tokens.output + summary.wastedTokens.input + summary.wastedTokens.output, JSON.stringify(s.map((x) => x.totals)))
process.exit()
