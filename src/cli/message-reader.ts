import { createInterface } from 'node:readline'

/** Lines that come this soon after each other were pasted, and are one message. */
const pasteMs = 15

/** Reads messages at the terminal, with a history of its own. */
export class MessageReader {
  #history: string[] = []

  /**
   * One message. The terminal is given back while nothing is read, so that Ctrl-C is a signal then.
   *
   * @returns `undefined` on Ctrl-D and Ctrl-C.
   */
  read(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const { stdin: input, stdout: output } = process
      const reader = createInterface({ input, output, prompt: '> ', history: this.#history })
      const lines: string[] = []
      let timer: NodeJS.Timeout | undefined
      let message: string | undefined
      reader.on('history', (history: string[]) => (this.#history = history))
      reader.on('line', (line) => {
        lines.push(line)
        clearTimeout(timer)
        timer = setTimeout(() => {
          // The last line of a paste often has no line break: it waits for Enter.
          if (reader.line !== '') return
          message = lines.join('\n').trim()
          reader.close()
        }, pasteMs)
      })
      reader.on('SIGINT', () => reader.close())
      reader.on('close', () => {
        clearTimeout(timer)
        if (message === undefined) output.write('\n')
        resolve(message)
      })
      reader.prompt()
    })
  }
}
