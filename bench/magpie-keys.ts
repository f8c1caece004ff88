/** `npx tsx bench/magpie-keys.ts [count]`: memory and CPU of knowing which instructions were there, by default ten million. */
import { SeenKeys } from '../src/dataset/run/seen-keys.js'

const count = Number(process.argv[2] ?? 10_000_000)
const before = process.memoryUsage().arrayBuffers
const startedAt = process.cpuUsage()
const keys = new SeenKeys()
let repeated = 0
for (let index = 0; index < count; index++) {
  if (!keys.add(`What is the ${index}th thing that a user would ask?`)) repeated++
  if (index % 5000 === 0) keys.takeFresh()
}
const { user, system } = process.cpuUsage(startedAt)
const megabytes = (process.memoryUsage().arrayBuffers - before) / 1_000_000
process.stdout.write(
  `${count} keys: ${megabytes.toFixed(0)} MB, ${((user + system) / count).toFixed(2)} µs of CPU a key, ${repeated} taken for repetitions\n`,
)
