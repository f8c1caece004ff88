/**
 * The measured process of a cold start: imports one client, makes its first call, and prints what the process took
 * since it began, Node's own start included.
 */
import type { ClientFigures } from './client-figures.js'
import { subjects } from './subjects/index.js'
import type { SubjectOptions } from './subjects/subject.js'

const load = JSON.parse(process.argv[2] ?? '{}') as SubjectOptions & { readonly subject: string }
const subject = await subjects[load.subject]?.(load)
await subject?.ask()
const wall = performance.now() * 1000
const { user, system } = process.cpuUsage()
const figures: ClientFigures = { cpu: user + system, wall }
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit()
