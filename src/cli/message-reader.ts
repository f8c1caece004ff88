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
      const lines: string[] = []
      let timer: NodeJS.Timeout | undefined
      const reader = createInterface({
        input,
        output,
        prompt: '> ',
        history: this.#history,
        removeHistoryDuplicates: true,
      })
      const close = (message: string | undefined): void => {
        clearTimeout(timer)
        reader.removeAllListeners('close')
        reader.close()
        resolve(message)
      }
      reader.on('history', (history: string[]) => (this.#history = history))
      reader.on('line', (line) => {
        lines.push(line)
        clearTimeout(timer)
        // The last line of a paste often has no line break: it waits for Enter.
        timer = setTimeout(() => reader.line === '' && close(lines.join('\n').trim()), pasteMs)
      })
      const leave = (): void => {
        output.write('\n')
        close(undefined)
      }
      reader.on('SIGINT', leave)
      reader.on('close', leave)
      reader.prompt()
    })
  }
}
