// What every program of this folder shares: it is told what to ask in JSON, and prints a line of JSON for each thing.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** What `scripts/test-clients.ts` says of the server. */
export const server = JSON.parse(process.argv[2] ?? '{}')

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

/** Does one thing after the other, whatever becomes of the others, and ends. A thing that is `undefined` is left out. */
export async function report(packageName, things) {
  const path = new URL(`node_modules/${packageName}/package.json`, import.meta.url)
  print({ version: JSON.parse(readFileSync(path, 'utf8')).version })
  for (const [thing, act] of Object.entries(things)) {
    if (act === undefined) continue
    const error = await act().then(
      () => undefined,
      (reason) => `${reason?.name}: ${reason?.message}`.slice(0, 400),
    )
    print({ thing, error })
  }
  // A client's pool may keep the process alive.
  process.exit()
}

/** Whether the server has seen, after the last thing, that a client left in the middle of an answer. */
export async function serverSawItLeave() {
  print({ ask: 'left' })
  return (await lines.next()).value === 'yes'
}

/** Asks for an endless answer, which `act` leaves in its middle. */
export async function leave(act) {
  await act()
  assert.ok(await serverSawItLeave(), 'the server did not see that the client left')
}

/** @param statusOf - Finds the HTTP status in what was thrown. */
export async function failsWith(status, statusOf, act) {
  try {
    await act()
  } catch (error) {
    assert.equal(statusOf(error), status, String(error))
    return error
  }
  throw new Error('no error was thrown')
}

/** @param deltas - Of a stream. @param text - The same answer, asked for whole at temperature 0. */
export function sameText(deltas, text) {
  assert.ok(deltas.length > 1, `only ${deltas.length} pieces`)
  assert.equal(deltas.join(''), text)
}

export const question = 'What is the capital of Norway?'
export const messages = [
  { role: 'system', content: 'You are a helpful assistant.' },
  { role: 'user', content: question },
]
