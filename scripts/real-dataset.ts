/**
 * `npm run test:real:dataset`: runs of the dataset engine on a real Xinference, which `npm run test:real` installs as well.
 *
 * The demo model answers `--rows=2000` short questions; when half of them are answered, all processes of the server are
 * killed, and it is started again with the same model. Then `--magpie=200` rows are made out of nothing. It fails unless
 * every row is there once, and holds the answer to its own question or says what became of it.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { build, isBuilt } from './build.js'
import { Deadline } from './real-server/deadline.js'
import { freePort } from './real-server/server-process.js'
import { xinferenceCache, xinferenceEnvironment } from './real-server/xinference.js'

const options = new Map(process.argv.slice(2).map((option) => option.replace(/^--/, '').split('=') as [string, string]))
const rows = Number(options.get('rows') ?? 2000)
const magpieRows = Number(options.get('magpie') ?? 200)

if (!(await isBuilt())) await build()
const deadline = new Deadline(Infinity)
const bin = await xinferenceEnvironment(deadline)
const { RestartedServer } = await import('./real-server/restarted-server.js')
const { answerRows, makeRows } = await import('./real-server/dataset-runs.js')
await mkdir(xinferenceCache, { recursive: true })
const home = await mkdtemp(join(tmpdir(), 'headrace-real-dataset-'))
const server = new RestartedServer({ bin, home, port: await freePort(), deadline })
try {
  await server.start()
  const answered = await answerRows(server, rows, join(home, 'answers.jsonl'))
  process.stdout.write(`${JSON.stringify(answered, undefined, 2)}\n`)
  const made = await makeRows(server, magpieRows, join(home, 'pairs.jsonl'))
  process.stdout.write(`${JSON.stringify(made, undefined, 2)}\n`)
  const isRight =
    answered.lost + answered.doubled + answered.mixedUp + made.lost + made.doubled === 0 && answered.restarts === 1
  process.stdout.write(isRight ? `Every row is there once; all took ${deadline.elapsed()}.\n` : 'FAILED\n')
  process.exitCode = isRight ? 0 : 1
} finally {
  await server.stop()
  await rm(home, { recursive: true, force: true })
}
