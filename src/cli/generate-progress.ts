import type { EndpointProgress, RunProgress } from '../dataset/run-progress.js'
import { printable } from './terminal.js'

type Bar = import('cli-progress').SingleBar

const terminalEveryMs = 200
/** How often it is looked whether there is something to say, and after how long there is. */
const lookEveryMs = 1000
const linesEveryMs = 10_000
/** Rates are those of the last so many milliseconds. */
const windowMs = 15_000

interface Sample {
  readonly elapsedMs: number
  readonly done: number
  readonly output: number
}

/** How far a run is, on standard error: a bar at a terminal, elsewhere a line now and then, or JSON. */
export class GenerateProgress {
  readonly #read: () => RunProgress
  readonly #isJson: boolean
  #bar: Bar | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #samples: Sample[] = []
  #pause: string | undefined
  #shownAt = 0

  private constructor(read: () => RunProgress, isJson: boolean) {
    this.#read = read
    this.#isJson = isJson
  }

  /** Shows it until it is closed. */
  static async open(read: () => RunProgress, isJson: boolean): Promise<GenerateProgress> {
    const progress = new GenerateProgress(read, isJson)
    const isTerminal = process.stderr.isTTY && !isJson
    if (isTerminal) {
      // CommonJS, of which only the default export is sure to be there.
      const { default: library } = await import('cli-progress')
      const format = '{bar} {percent} {line}'
      progress.#bar = new library.SingleBar({ format, hideCursor: true, stream: process.stderr, barsize: 20 })
      progress.#bar.start(1000, 0, { percent: '', line: '' })
    }
    progress.#timer = isTerminal
      ? setInterval(() => progress.show(), terminalEveryMs)
      : setInterval(() => progress.#showWhenDue(), lookEveryMs)
    return progress
  }

  show(): void {
    const now = this.#read()
    const rates = this.#rates(now)
    if (this.#isJson) {
      process.stderr.write(`${JSON.stringify({ event: 'progress', ...now, ...rates })}\n`)
      return
    }
    const line = formatProgress(now, rates)
    if (this.#bar !== undefined) {
      const share = shareOf(now)
      const percent = share === undefined ? '' : `${Math.floor(share * 100)} %`
      this.#bar.update(Math.round((share ?? 0) * 1000), { percent, line })
      return
    }
    process.stderr.write(`${line}\n`)
    if (now.pause !== undefined) process.stderr.write(`  ${printable(now.pause.message)}\n`)
    else if (now.endpoints.length > 1) {
      for (const endpoint of now.endpoints) process.stderr.write(`  ${printable(formatEndpoint(endpoint))}\n`)
    }
  }

  /** A pause that has begun is told at once. */
  #showWhenDue(): void {
    const { pause, elapsedMs } = this.#read()
    const isNews = pause !== undefined && pause.cause !== this.#pause
    this.#pause = pause?.cause
    if (!isNews && elapsedMs - this.#shownAt < linesEveryMs) return
    this.#shownAt = elapsedMs
    this.show()
  }

  close(): void {
    clearInterval(this.#timer)
    if (this.#bar === undefined) return
    this.show()
    this.#bar.stop()
  }

  #rates(now: RunProgress): Rates {
    const sample = { elapsedMs: now.elapsedMs, done: now.done, output: now.tokens.output }
    this.#samples.push(sample)
    while ((this.#samples[1]?.elapsedMs ?? Infinity) < now.elapsedMs - windowMs) this.#samples.shift()
    const first = this.#samples[0] ?? sample
    const seconds = (sample.elapsedMs - first.elapsedMs) / 1000
    if (seconds <= 0) return { rowsPerSecond: 0, tokensPerSecond: 0, secondsLeft: undefined }
    const rowsPerSecond = (sample.done - first.done) / seconds
    const share = shareOf(now)
    const left =
      share === undefined || share === 0 || rowsPerSecond <= 0
        ? undefined
        : (now.done / share - now.done) / rowsPerSecond
    return {
      rowsPerSecond: round(rowsPerSecond),
      tokensPerSecond: round((sample.output - first.output) / seconds),
      secondsLeft: left === undefined ? undefined : Math.round(left),
    }
  }
}

interface Rates {
  readonly rowsPerSecond: number
  readonly tokensPerSecond: number
  readonly secondsLeft: number | undefined
}

function shareOf({ total, done, inputShare }: RunProgress): number | undefined {
  return total === undefined ? inputShare : total === 0 ? 1 : Math.min(1, done / total)
}

function formatProgress(now: RunProgress, { rowsPerSecond, tokensPerSecond, secondsLeft }: Rates): string {
  const { done, total, counts, inFlight, waiting, endpoints, pause, selection } = now
  const bad = done - counts.ok
  return [
    `${done}${total === undefined ? '' : `/${total}`} rows`,
    ...(bad === 0 ? [] : [`${bad} not ok`]),
    ...(selection === undefined || selection.candidates === done ? [] : [`${selection.candidates - done} rejected`]),
    `${rowsPerSecond} rows/s`,
    `${tokensPerSecond} tokens/s`,
    `${inFlight} in flight`,
    ...(endpoints.length === 0 ? [] : [formatLimit(now)]),
    ...(waiting === 0 ? [] : [`${waiting} to be asked again`]),
    ...(pause === undefined ? [] : [`paused: ${pause.cause}`]),
    ...(secondsLeft === undefined || secondsLeft === 0 ? [] : [`${formatDuration(secondsLeft)} left`]),
  ].join(', ')
}

/** `limit 212 (queue gauge)`, of several endpoints their sum and whether some are missing. */
function formatLimit({ limit, endpoints }: Pick<RunProgress, 'limit' | 'endpoints'>): string {
  const [first, ...others] = endpoints
  if (others.length === 0) return `limit ${limit} (${first?.signal})`
  const missing = endpoints.filter(({ pause }) => pause !== undefined && pause.cause !== 'pressure').length
  return `limit ${limit} (${endpoints.length} endpoints${missing === 0 ? '' : `, ${missing} not there`})`
}

function formatEndpoint({ name, limit, signal, inFlight, answers, pause }: EndpointProgress): string {
  const state = pause === undefined ? '' : `, ${pause.cause}: ${pause.message}`
  return `${name}: ${answers} answers, ${inFlight} in flight, limit ${limit} (${signal})${state}`
}

function round(rate: number): number {
  return rate >= 10 ? Math.round(rate) : Math.round(rate * 10) / 10
}

function formatDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
}
