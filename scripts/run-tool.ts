import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** What a finished program left. */
export interface ToolResult {
  /** The exit status; 1 when the program could not be started or was killed. */
  readonly code: number
  /** Standard output and standard error, in the order of their arrival and without colours. */
  readonly output: string
}

/**
 * Runs a program of `node_modules/.bin`, or npm, and keeps what it prints. Never rejects.
 *
 * @param timeoutMs - After it the program is ended. Absent: it may take as long as it likes.
 */
export async function runTool(
  name: string,
  args: readonly string[],
  cwd: string,
  timeoutMs?: number,
): Promise<ToolResult> {
  return new Promise((resolve) => {
    const windows = process.platform === 'win32'
    const child = spawn(name, args, {
      cwd,
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      // Programs of npm are command files on Windows, which only a shell starts.
      shell: windows,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NO_COLOR: '1',
        FORCE_COLOR: undefined,
        PATH: `${join(cwd, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
      },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => {
        output += text
      })
    }
    child.on('error', (error) => {
      resolve({ code: 1, output: `${output}${error.message}\n` })
    })
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output: stripVTControlCharacters(output) })
    })
  })
}
