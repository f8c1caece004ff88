/**
 * The measured process: makes one subject, warms it up, and prints the CPU that each further request took of this
 * process, user and system, garbage collector and compiler included. The load is an argument, in JSON.
 */
import type { ClientFigures } from './client-figures.js'
import { subjects } from './subjects/index.js'
import type { Subject, SubjectOptions } from './subjects/subject.js'
import { streamTokens, tokens, wholeAnswerTokens } from './workload.js'

export interface ClientLoad extends SubjectOptions {
  readonly subject: string
  /** Requests before the count begins. */
  readonly warmUp: number
  readonly count: number
  /** Requests in flight. */
  readonly concurrency: number
}

async function drive(subject: Subject, count: number, concurrency: number, expected: string): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      next++
      const text = await subject.ask()
      if (text.length !== expected.length) throw new Error(`Wrong answer: ${JSON.stringify(text)}`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}

const load = JSON.parse(process.argv[2] ?? '{}') as ClientLoad
const create = subjects[load.subject]
if (create === undefined) throw new Error(`Nothing is called ${load.subject}.`)
const expected = tokens(load.stream ? streamTokens : wholeAnswerTokens).join('')
const subject = await create(load)
if ((await subject.ask()) !== expected) throw new Error(`${load.subject} does not read the answer correctly.`)
await drive(subject, load.warmUp, load.concurrency, expected)
const wallBefore = performance.now()
const cpuBefore = process.cpuUsage()
await drive(subject, load.count, load.concurrency, expected)
const { user, system } = process.cpuUsage(cpuBefore)
const wall = (performance.now() - wallBefore) * 1000
const figures: ClientFigures = { cpu: (user + system) / load.count, wall: wall / load.count }
process.stdout.write(`${JSON.stringify(figures)}\n`)
await subject.close()
// A peer's pool may keep the process alive.
process.exit()
