import type { WaitProgress } from '../index.js'
import { printable } from './terminal.js'

type Bar = import('cli-progress').SingleBar

/** How far a launch is, on standard error: a bar at a terminal, elsewhere a line for each step. */
export class LaunchBar {
  readonly #modelUid: string
  readonly #bar: Bar | undefined
  #last = ''

  private constructor(modelUid: string, bar: Bar | undefined) {
    this.#modelUid = printable(modelUid)
    this.#bar = bar
  }

  static async open(modelUid: string): Promise<LaunchBar> {
    if (!process.stderr.isTTY) return new LaunchBar(modelUid, undefined)
    // CommonJS, of which only the default export is sure to be there.
    const { default: progress } = await import('cli-progress')
    const format = `${printable(modelUid)} {bar} {percentage} % {stage}`
    const bar = new progress.SingleBar({ format, hideCursor: true, stream: process.stderr, linewrap: false })
    bar.start(100, 0, { stage: '' })
    return new LaunchBar(modelUid, bar)
  }

  show({ progress, stage = 'launching', replicas }: WaitProgress): void {
    const percentage = Math.floor(progress * 100)
    const ready = replicas.filter(({ status }) => status === 'READY').length
    const copies = replicas.length > 1 && stage !== 'ready' ? `, ${ready} of ${replicas.length} copies are ready` : ''
    if (this.#bar !== undefined) {
      this.#bar.update(percentage, { stage: printable(stage) + copies })
      return
    }
    const step = `${printable(stage)} ${percentage - (percentage % 10)} %${copies}`
    if (step === this.#last) return
    this.#last = step
    process.stderr.write(`${this.#modelUid}: ${stage === 'ready' ? stage : step}\n`)
  }

  close(): void {
    this.#bar?.stop()
  }
}
