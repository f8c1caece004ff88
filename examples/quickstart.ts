// The quick start: a server, a chat, a completion and a hundred prompts, in under a minute. Run: npm run quickstart
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { SingleBar } from 'cli-progress'

import { type GenerateOutput, isHeadraceError, Xinference } from 'headrace'

import { demoServer } from './support/demo-server.js'

const questionsFile = new URL('questions.jsonl', import.meta.url)
const answersFile = new URL('../.cache/quickstart/answers.jsonl', import.meta.url)
const hasColors = process.stdout.isTTY && process.stdout.hasColors()

async function main(signal: AbortSignal): Promise<void> {
  title('A server, and a client that talks HTTP to it')
  await using server = await demoServer()
  await using llm = await new Xinference({ endpoint: server.endpoint, modelUid: server.modelUid }).load()
  say(
    `The model ${llm.modelUid} is on ${llm.endpoint}; its context window has ${llm.contextWindow ?? 'unknown'} tokens.`,
  )
  if (server.isDemo)
    say('It came with the package and is tiny: it adds, sorts, spells, knows 48 capitals, tells stories.')

  await streamChat(llm, signal)
  await complete(llm, signal)
  await generate(llm, signal)

  title('What next')
  say('npx headrace chat                                      talk with this model')
  say('npx headrace chat --llm xinference://HOST:9997/UID     talk with a model of your own server')
  say('examples/                                              everything above, each in ten lines of code')
}

async function streamChat(llm: Xinference, signal: AbortSignal): Promise<void> {
  title('1. A chat, token by token')
  const question = 'Tell me a short story about a fox.'
  say(`> ${question}`)
  const stream = llm.streamChat([{ role: 'user', content: question }], { signal })
  let count = 0
  process.stdout.write('  ')
  for await (const { delta } of stream) if (delta !== '') process.stdout.write(count++ % 2 ? tint(delta) : delta)
  const { timings } = await stream.response()
  const hint = hasColors ? ' (each change of colour is a new one)' : ''
  console.log()
  say(`${count} parts${hint}, the first after ${Math.round(timings.firstTokenMs ?? 0)} ms.`)
}

async function complete(llm: Xinference, signal: AbortSignal): Promise<void> {
  title('2. A completion: literal text is continued')
  const beginning = 'Once there was a green owl. It lived'
  const { text } = await llm.complete(beginning, { raw: true, temperature: 0.7, signal })
  say(`${tint(beginning)}${text}`)
}

async function generate(llm: Xinference, signal: AbortSignal): Promise<void> {
  title('3. generate: a hundred prompts, 16 at once')
  const lines = (await readFile(questionsFile, 'utf8')).trim().split('\n')
  const prompts = lines.map((line) => JSON.parse(line) as { readonly prompt: string })
  const progress = createProgress(prompts.length)
  const startedAt = performance.now()
  const outputs = await llm.generate(prompts, {
    temperature: 0,
    concurrency: 16,
    signal,
    onResult: () => progress.step(),
  })
  const seconds = (performance.now() - startedAt) / 1000
  progress.stop()
  signal.throwIfAborted()

  const answers = outputs.map(({ generations: [answer] }, index) => ({ ...prompts[index], answer }))
  await mkdir(new URL('.', answersFile), { recursive: true })
  await writeFile(answersFile, answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''))
  const failed = outputs.flatMap(({ errors }) => errors).filter((error) => error !== undefined)
  say(
    `${answers.length - failed.length} answers, ${failed.length} failures. All are in ${relative('', fileURLToPath(answersFile))}; six of them:`,
  )
  for (const { prompt, answer } of answers.slice(2, 8)) say(`  ${prompt} -> ${answer}`)

  title('4. Tokens per second')
  const [read, written] = [total(outputs, 'inputTokens'), total(outputs, 'outputTokens')]
  say(
    `${written} tokens were written and ${read} read in ${seconds.toFixed(1)} s: ${Math.round(written / seconds)} tokens/s on this machine.`,
  )
}

function total(outputs: readonly GenerateOutput[], kind: 'inputTokens' | 'outputTokens'): number {
  return outputs.flatMap(({ statistics }) => statistics[kind]).reduce<number>((sum, count = 0) => sum + count, 0)
}

/** A bar at a terminal, otherwise a line now and then. */
function createProgress(count: number): { step(): void; stop(): void } {
  if (process.stdout.isTTY) {
    const bar = new SingleBar({ format: '  {bar} {value}/{total} {duration_formatted}', hideCursor: true })
    bar.start(count, 0)
    return { step: () => bar.increment(), stop: () => bar.stop() }
  }
  let done = 0
  const step = (): void => {
    if (++done % 25 === 0) say(`${done}/${count}`)
  }
  return { step, stop: () => undefined }
}

function title(text: string): void {
  console.log(hasColors ? `\n\x1b[1m${text}\x1b[22m` : `\n${text}`)
}

function say(text: string): void {
  console.log(`  ${text}`)
}

function tint(text: string): string {
  return hasColors ? `\x1b[36m${text}\x1b[39m` : text
}

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
try {
  await main(stop.signal)
} catch (error) {
  const message = isHeadraceError(error) ? `${error.message} [${error.code}]` : String(error)
  console.error(stop.signal.aborted ? '\nStopped.' : `\n${message}`)
  process.exitCode = stop.signal.aborted ? 130 : 1
}
