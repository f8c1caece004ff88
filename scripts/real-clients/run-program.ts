import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

import type { DemoServer } from './demo-server.js'

/** What a client did, in the order in which it did it. */
export interface ClientReport {
  /** Of the client; absent where its program did not get that far. */
  version: string | undefined
  /** What became of each thing: `undefined` when it went well, else what went wrong. */
  readonly things: Map<string, string | undefined>
  /** Why the program itself failed. */
  failure: string | undefined
}

export interface ProgramCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** What became of each thing, as soon as it is known. */
  readonly onThing: (thing: string, error: string | undefined) => void
}

type Line = { readonly version?: string; readonly thing?: string; readonly error?: string; readonly ask?: 'left' }

const programMs = 180_000
const breakMs = 5000

/** Runs a client's program against the server, and answers what it asks of the server's side. Never rejects. */
export async function runProgram(server: DemoServer, command: ProgramCommand): Promise<ClientReport> {
  const report: ClientReport = { version: undefined, things: new Map(), failure: undefined }
  const { program, args, cwd, env, onThing } = command
  const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], timeout: programMs })
  // It may end before it has read an answer.
  child.stdin.on('error', () => {})
  const errors = text(child.stderr)
  const exit = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(1))
    child.on('close', resolve)
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const { version, thing, error, ask } = parse(line)
    if (version !== undefined) report.version = version
    if (thing !== undefined) {
      report.things.set(thing, error)
      onThing(thing, error)
    }
    if (ask === 'left') child.stdin.write((await server.sawBreak(breakMs)) ? 'yes\n' : 'no\n')
  }
  const code = await exit
  if (code !== 0) report.failure = lastLine(await errors) ?? `its program ended with ${code ?? 'a signal'}`
  return report
}

/** A library may print lines of its own. */
function parse(line: string): Line {
  try {
    return line.startsWith('{') ? (JSON.parse(line) as Line) : {}
  } catch {
    return {}
  }
}

function lastLine(output: string): string | undefined {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  return lines.findLast((line) => /^[\w.]*(Error|Exception)\b/.test(line)) ?? lines.at(-1)
}
