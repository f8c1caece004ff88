import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import Database from 'libsql'

import { listedModel } from '../support/xinference-server.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface KillOptions {
  /** An empty folder. */
  readonly folder: string
  readonly rows: number
  readonly kills: number
  readonly concurrency: number
  readonly random: () => number
  readonly onKill?: ((kill: number, committed: number) => void) | undefined
}

export interface KillReport {
  readonly kills: number
  /** Of these, after the process had asked something. */
  readonly midway: number
  readonly runs: number
  readonly rows: number
  readonly lost: number
  readonly doubled: number
  readonly wrong: number
  /** Requests that the server got. */
  readonly requests: number
  /** Requests beyond one a row. */
  readonly repaid: number
  /** Requests that the server had got and the journal did not hold, summed over all kills. */
  readonly uncommitted: number
  /** The most of them at one kill. */
  readonly mostUncommitted: number
}

/**
 * Runs `headrace generate` and kills it with SIGKILL at random instants, over and over, until it was killed so often and
 * has come to its end. Begins another run where one ends too soon.
 */
export async function killOften(options: KillOptions): Promise<KillReport> {
  const { folder, rows, concurrency, random, onKill } = options
  const server = await startCountingServer(random)
  const input = join(folder, 'in.jsonl')
  await writeFile(
    input,
    Array.from({ length: rows }, (_, id) => `${JSON.stringify({ id, prompt: `p${id}` })}\n`).join(''),
  )
  let [kills, midway, runs, lost, doubled, wrong, uncommitted, mostUncommitted] = [0, 0, 0, 0, 0, 0, 0, 0]
  try {
    do {
      const output = join(folder, `out-${runs++}.jsonl`)
      let [before, committedBefore] = [0, 0]
      server.requests = 0
      for (;;) {
        const isLast = kills >= options.kills
        const args = ['generate', input, '-o', output, '--llm', server.spec, '--concurrency', String(concurrency)]
        const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
        let errors = ''
        child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
        const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
        // One in five dies as it starts, the others while they ask: how long starting takes depends on the machine.
        const asked = random() < 0.2 ? Promise.resolve() : server.asked()
        if (!isLast) void asked.then(() => sleep(random() * 700)).then(() => child.kill('SIGKILL'))
        const [code, signal] = await closed
        if (code === 0) break
        if (signal !== 'SIGKILL') throw new Error(`The command failed (${code ?? signal}): ${errors}`)
        // What was on its way when the process died still arrives.
        await server.quiet()
        kills++
        const committed = countRows(`${output}.run/run.sqlite`)
        const open = server.requests - before - committed
        if (server.requests > before + committedBefore) midway++
        committedBefore = committed
        before = server.requests - committed
        uncommitted += open
        mostUncommitted = Math.max(mostUncommitted, open)
        onKill?.(kills, committed)
      }
      server.allRequests += server.requests
      const lines = (await readFile(output, 'utf8')).split('\n').slice(0, -1)
      const seen = new Set<number>()
      for (const [index, line] of lines.entries()) {
        const row = JSON.parse(line) as { id: number; generation: string; status: string }
        if (seen.has(row.id)) doubled++
        seen.add(row.id)
        if (row.id !== index || row.generation !== answerTo(`p${row.id}`) || row.status !== 'ok') wrong++
      }
      lost += rows - seen.size
    } while (kills < options.kills)
  } finally {
    await server.close()
  }
  const requests = server.allRequests
  return {
    kills,
    midway,
    runs,
    rows: rows * runs,
    lost,
    doubled,
    wrong,
    requests,
    repaid: requests - rows * runs,
    uncommitted,
    mostUncommitted,
  }
}

function answerTo(prompt: string): string {
  return `The answer to ${prompt} is ${prompt.length * 7}.`
}

function countRows(path: string): number {
  if (!existsSync(path)) return 0
  const database = new Database(path)
  try {
    const [tables] = database.prepare("select count(*) from sqlite_master where name = 'row'").raw().get() as [number]
    if (tables === 0) return 0
    return (database.prepare('select count(*) from row').raw().get() as [number])[0]
  } finally {
    database.close()
  }
}

/** A model that answers after a while and counts what it is asked. */
async function startCountingServer(random: () => number): Promise<{
  requests: number
  allRequests: number
  readonly spec: string
  /** Resolves at the next request. */
  asked(): Promise<void>
  quiet(): Promise<void>
  close(): Promise<void>
}> {
  let open = 0
  let onQuiet: () => void = () => undefined
  let onAsked: () => void = () => undefined
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ object: 'list', data: [listedModel] }))
      return
    }
    open++
    counted.requests++
    onAsked()
    response.on('close', () => {
      open--
      if (open === 0) onQuiet()
    })
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const { messages } = JSON.parse(body) as { messages: readonly { readonly content: string }[] }
      const content = answerTo(messages.at(-1)?.content ?? '')
      const answer = JSON.stringify({
        object: 'chat.completion',
        model: 'my-qwen',
        choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 4, completion_tokens: 8, total_tokens: 12 },
      })
      setTimeout(() => response.setHeader('content-type', 'application/json').end(answer), random() * 30)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const counted = {
    requests: 0,
    allRequests: 0,
    spec: `xinference://127.0.0.1:${(server.address() as AddressInfo).port}/my-qwen`,
    asked: () => new Promise<void>((resolve) => (onAsked = resolve)),
    async quiet(): Promise<void> {
      if (open > 0) await new Promise<void>((resolve) => (onQuiet = resolve))
    },
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return counted
}
