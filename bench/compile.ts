import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = fileURLToPath(new URL('.', import.meta.url))

/**
 * Compiles this folder into `dist`, file by file. What is measured runs from there, as plain Node runs it: tsx would add
 * a loader to every start, and a helper to every function made on the way, to all sides but not to all alike.
 */
export async function compile(): Promise<void> {
  const names = await readdir(folder, { recursive: true })
  const isOwn = (name: string): boolean => name.endsWith('.ts') && !/(^|[\\/])(node_modules|dist)[\\/]/.test(name)
  await build({
    entryPoints: names.filter(isOwn).map((name) => join(folder, name)),
    outdir: join(folder, 'dist'),
    outbase: folder,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  })
}
