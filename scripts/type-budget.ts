/**
 * `npx tsx scripts/type-budget.ts`: what typing `parsed` and `partial` costs the compiler, beyond what the schemas
 * themselves cost: two files of the same schemas are compiled, one of which makes calls with them. It fails over the budget.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { runTool, type ToolResult } from './run-tool.js'

/** Schemas, each with one call of `chat`, one of `streamChat` and one of `structuredPredict`. */
const count = 200
/** For all three calls of a schema. Instantiations do not depend on the machine; time does, and is a ratio. */
const mostInstantiations = 600
const mostTimes = 3

const root = fileURLToPath(new URL('..', import.meta.url))

interface Figures {
  readonly instantiations: number
  readonly checkSeconds: number
}

function source(makesCalls: boolean): string {
  const lines = ["import * as z from 'zod'", "import type { LLM } from 'headrace'", 'declare const llm: LLM']
  for (let index = 0; index < count; index++) {
    const name = `Schema${index}`
    const kinds = `z.discriminatedUnion('kind', [z.object({ kind: z.literal('a${index}'), a: z.number() }), z.object({ kind: z.literal('b'), b: z.array(z.string()) })])`
    lines.push(
      `const ${name} = z.object({ f${index}: z.string(), at: z.iso.date(), list: z.array(z.object({ x: z.number(), y: z.enum(['p', 'q']).optional() })), kind: ${kinds} })`,
      `export type Output${index} = z.output<typeof ${name}>`,
      `export const value${index} = (o: Output${index}) => [o.f${index}, o.list[0]?.y, o.kind.kind]`,
    )
    if (!makesCalls) continue
    const output = `{ structuredOutput: { format: 'json', schema: ${name} } }`
    lines.push(
      `export const chat${index} = async () => (await llm.chat([], ${output})).parsed?.list[0]?.y`,
      `export const stream${index} = async () => { for await (const part of llm.streamChat([], ${output})) if (part.type === 'text') return part.partial?.list?.[0]?.y; return undefined }`,
      `export const predict${index} = async () => (await llm.structuredPredict(${name}, 'x')).kind.kind`,
    )
  }
  return `${lines.join('\n')}\n`
}

async function measure(folder: string, makesCalls: boolean): Promise<Figures> {
  const name = makesCalls ? 'calls' : 'schemas'
  await writeFile(join(folder, `${name}.ts`), source(makesCalls))
  await writeFile(
    join(folder, `tsconfig.${name}.json`),
    JSON.stringify({ extends: '../../tsconfig.json', include: [`${name}.ts`], exclude: [] }),
  )
  const { code, output } = await runTool(
    'tsc',
    ['-p', join(folder, `tsconfig.${name}.json`), '--noEmit', '--extendedDiagnostics', '--pretty', 'false'],
    root,
  )
  if (code !== 0) throw new Error(`The file does not compile:\n${output}`)
  const figure = (label: string): number => Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(output)?.[1] ?? Number.NaN)
  return { instantiations: figure('Instantiations'), checkSeconds: figure('Check time') }
}

/** Compiles both files. The code is 1 over the budget. */
export async function typeBudget(): Promise<ToolResult> {
  // Inside of the project, so that its packages are found.
  const cache = join(root, '.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'type-budget-'))
  try {
    const bare = await measure(folder, false)
    const calls = await measure(folder, true)
    const each = (calls.instantiations - bare.instantiations) / count
    const times = calls.checkSeconds / bare.checkSeconds
    const output = `${count} schemas with 3 calls each: ${each.toFixed(0)} instantiations a schema over the schema's own ${(bare.instantiations / count).toFixed(0)} (at most ${mostInstantiations}); check time ${bare.checkSeconds} s without the calls, ${calls.checkSeconds} s with them, ${times.toFixed(2)} times (at most ${mostTimes}).\n`
    return { code: each <= mostInstantiations && times <= mostTimes ? 0 : 1, output }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { code, output } = await typeBudget()
  process.stdout.write(output)
  process.exitCode = code
}
