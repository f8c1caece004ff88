import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import { main } from '../cli/command.js'
import { chatAnswer } from '../support/xinference-server.js'
import { readLines, scratch, startEcho } from './support.js'

/** A file system of its own without being root. */
const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

describe.skipIf(!canMount)('a full disk', () => {
  it('stops requests; when there is room again the run goes on, and nothing is lost', async () => {
    const path = await scratch()
    const answer = 'word '.repeat(2000)
    const server = await startEcho(() => chatAnswer(answer))
    await writeFile(
      path('in.jsonl'),
      Array.from({ length: 200 }, (_, id) => `${JSON.stringify({ id, prompt: `p${id}` })}\n`).join(''),
    )
    // The run's folder lies on a disk of 1 MB, which grows to 64 once the command has said that it is full.
    const script = `
      set -e
      mount -t tmpfs -o size=1m tmpfs /mnt
      "$NODE" "$MAIN" generate "$IN" -o "$OUT" --run /mnt/run --llm "$LLM" --json-progress 2> "$LOG" &
      for i in $(seq 200); do grep -q disk-full "$LOG" && break; sleep 0.1; done
      grep -q disk-full "$LOG"
      mount -o remount,size=64m /mnt
      wait $!
    `
    const child = spawn('unshare', ['-rm', 'bash', '-c', script], {
      env: {
        PATH: process.env['PATH'],
        NODE: process.execPath,
        MAIN: main,
        IN: path('in.jsonl'),
        OUT: path('out.jsonl'),
        LOG: path('log'),
        LLM: `${server.url.replace('http:', 'xinference:')}/my-qwen`,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(0)
    const rows = await readLines(path('out.jsonl'))
    expect(rows.map(({ id, status }) => [id, status])).toEqual(Array.from({ length: 200 }, (_, id) => [id, 'ok']))
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(200)
    // It waits for another process, and that for the disk to be looked at again.
  }, 60_000)
})
