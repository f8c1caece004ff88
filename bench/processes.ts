import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import type { ClientFigures } from './client-figures.js'

/** A program of this folder as it was compiled; see `compile.ts`. */
export function program(name: string): string {
  return fileURLToPath(new URL(`dist/${name}.js`, import.meta.url))
}

/** Runs one of the measured programs and reads the figures it prints. @throws Error with what it wrote when it fails. */
export async function runClient(name: string, load: object, nodeOptions: readonly string[]): Promise<ClientFigures> {
  const child = spawn(process.execPath, [...nodeOptions, program(name), JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return readFigures(name, child.exitCode, output, errors)
}

/** The figures among what a measured program printed. @throws Error with what it wrote when it failed */
export function readFigures(name: string, exitCode: number | null, output: string, errors: string): ClientFigures {
  const figures = output.split('\n').findLast((line) => line.startsWith('{"cpu"'))
  if (exitCode !== 0 || figures === undefined) throw new Error(`${name} failed: ${lastLine(errors)}`)
  return JSON.parse(figures) as ClientFigures
}

/** Runs a Node command line, discarding what it prints; microseconds. @throws Error when it fails. */
export async function runCommand(args: readonly string[]): Promise<ClientFigures> {
  const usage = fileURLToPath(new URL('exit-usage.cjs', import.meta.url))
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['--require', usage, ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const [cpu] = await Promise.all([text(child.stdio[3] as NodeJS.ReadableStream), once(child, 'close')])
  const wall = (performance.now() - startedAt) * 1000
  if (child.exitCode !== 0) throw new Error(`node ${args.join(' ')} exited with ${child.exitCode}.`)
  return { cpu: Number(cpu), wall }
}

export interface Server {
  /** `http://127.0.0.1:40000` */
  readonly origin: string
  stop(): void
}

/** Starts the scripted server. It ends with this process, whatever ends this one. */
export async function startServer(): Promise<Server> {
  const child = spawn(process.execPath, [program('server')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'close').then(() => {
    throw new Error('The scripted server ended.')
  })
  const [port] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as [string]
  return { origin: `http://127.0.0.1:${port}`, stop: () => child.stdin.end() }
}

/** The line that says why a program failed. */
function lastLine(output: string): string {
  const lines = output.split('\n').filter((line) => /\w/.test(line))
  return lines.find((line) => /^[\w.]*Error\b/.test(line)) ?? lines.at(-1) ?? 'no reason given'
}
