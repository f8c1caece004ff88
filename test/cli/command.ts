import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

import { onTestFinished } from 'vitest'

/** The command as it is shipped. */
export const main: string = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface CommandOptions {
  /** Standard input as a whole. @defaultValue '' */
  readonly input?: string | Uint8Array | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** What a command left behind. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs, as a user would have started it. It is killed when the test ends. */
export class Command {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  stdout = ''
  stderr = ''

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { PATH = '', HOME = '' } = process.env
    // Away from the repository, so that nothing is found by accident; of the environment only what is needed.
    this.child = spawn(program, args, { cwd: tmpdir(), env: { PATH, HOME, ...env }, stdio: 'pipe' })
    const { child } = this
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    child.stdin?.on('error', () => undefined)
    this.finished = new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }))
    })
    onTestFinished(() => void child.kill('SIGKILL'))
  }

  /** Types this, without an end of input. */
  type(text: string): void {
    this.child.stdin?.write(text)
  }

  /** Resolves once standard output, from this character on, matches. @throws Error when the command ends before. */
  async until(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout.slice(from))
      if (match !== null) return match
      const next = new Promise<'more'>((resolve) => this.child.stdout?.once('data', () => resolve('more')))
      if ((await Promise.race([next, this.finished])) !== 'more' && !pattern.test(this.stdout.slice(from))) {
        throw new Error(`The command ended without ${pattern}: ${this.stdout}${this.stderr}`)
      }
    }
  }
}

export function start(args: readonly string[], { input = '', env }: CommandOptions = {}): Command {
  const command = new Command(process.execPath, [main, ...args], env)
  command.child.stdin?.end(input)
  return command
}

export function run(args: readonly string[], options?: CommandOptions): Promise<Finished> {
  return start(args, options).finished
}

/** The command in a terminal of its own, by `script` of util-linux. */
export function startInTerminal(args: readonly string[]): Command {
  const line = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ')
  // Without `exec` the shell between the two would take Ctrl-C for its own as well.
  return new Command('script', ['-qec', `exec ${line}`, '/dev/null'], { TERM: 'xterm' })
}
