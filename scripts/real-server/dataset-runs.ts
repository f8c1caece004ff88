import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { candidates, type DatasetRun, generateDataset, isHeadraceError, magpieTask, Xinference } from 'headrace'

import type { RestartedServer } from './restarted-server.js'

type OutputRow = Readonly<Record<string, unknown>>

/** What a run made, counted in its output. */
export interface Counted {
  readonly rows: number
  readonly states: Readonly<Record<string, number>>
  readonly lost: number
  readonly doubled: number
  readonly seconds: number
}

const tokenizerId = fileURLToPath(new URL('../../models/demo', import.meta.url))

/** Answers sums while the server is killed and started again in the middle. */
export async function answerRows(
  server: RestartedServer,
  count: number,
  path: string,
): Promise<
  Counted & { readonly restarts: number; readonly parts: number; readonly requests: number; readonly mixedUp: number }
> {
  const startedAt = Date.now()
  const source = Array.from({ length: count }, (_, id) => {
    const sum = `${1 + (id % 50)} + ${1 + Math.floor(id / 50)}`
    return { id, sum, prompt: `What is ${sum}?` }
  })
  let parts = 0
  let restarts = 0
  let restart: Promise<void> | undefined
  for (;;) {
    parts++
    const llm = new Xinference({ endpoint: server.endpoint, ...server.account, modelUid: 'demo', maxTokens: 24 })
    const run = generateDataset({ llm, source, sink: path, options: { temperature: 0 } })
    restart ??= atHalf(run, count).then(async () => {
      process.stderr.write(`Killed after ${run.progress.done} rows.\n`)
      await server.kill()
      await server.start()
      restarts++
    })
    try {
      const { requests } = await run
      const rows = await readRows(path)
      const ids = rows.map(({ id }) => id as number)
      return {
        ...countRows(rows, source.length, new Set(ids).size, startedAt),
        restarts,
        parts,
        requests,
        mixedUp: rows.filter((row) => row['status'] === 'ok' && !isOfItsRow(row)).length,
      }
    } catch (error) {
      // The server is back before its model: the same run goes on when the model is there as well.
      if (parts > 3 || !isHeadraceError(error)) throw error
      process.stderr.write(`The run ended (${error.code}) and is continued.\n`)
      await restart
    } finally {
      await llm.unload()
    }
  }
}

/** Makes pairs out of nothing. */
export async function makeRows(server: RestartedServer, count: number, path: string): Promise<Counted> {
  const startedAt = Date.now()
  await using llm = new Xinference({ endpoint: server.endpoint, ...server.account, modelUid: 'demo', tokenizerId })
  const task = magpieTask({
    numRows: count,
    instruction: { temperature: 1, maxTokens: 40 },
    response: { temperature: 0, maxTokens: 60 },
  })
  await generateDataset({ llm, source: candidates(), task, sink: path })
  const rows = await readRows(path)
  return countRows(rows, count, new Set(rows.map(({ instruction }) => instruction)).size, startedAt)
}

/** Resolves when half of the rows are answered. */
async function atHalf(run: DatasetRun, count: number): Promise<void> {
  while (run.progress.done < count / 2) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** The model repeats the sum that it was asked: an answer of another row would be of another sum. */
function isOfItsRow({ sum, generation }: OutputRow): boolean {
  return String(generation).startsWith(`${String(sum)} =`)
}

function countRows(rows: readonly OutputRow[], wanted: number, distinct: number, startedAt: number): Counted {
  const states: Record<string, number> = {}
  for (const { status } of rows) states[String(status)] = (states[String(status)] ?? 0) + 1
  const seconds = Math.round((Date.now() - startedAt) / 1000)
  return { rows: rows.length, states, lost: wanted - distinct, doubled: rows.length - distinct, seconds }
}

async function readRows(path: string): Promise<readonly OutputRow[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as OutputRow)
}
