import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { runTool } from '../../scripts/run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface PackedFile {
  readonly path: string
  /** The permission bits. */
  readonly mode: number
}

/** The parts of `package.json` that its users meet. */
interface Manifest {
  readonly version: string
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
}

/** A new project in which the packed tarball is installed, with its dependencies and nothing else. */
export interface Installation {
  readonly folder: string
  /** Where the package lies. */
  readonly packageFolder: string
  readonly manifest: Manifest
  readonly files: readonly PackedFile[]
  remove(): Promise<void>
}

/**
 * Packs the package and installs it without a network: the tarball is unpacked, so that its files resolve only what is
 * beside them, and its dependencies (not the development ones, not the optional peers) are linked.
 */
export async function installPacked(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-packed-'))
  const packageFolder = join(folder, 'node_modules', 'headrace')
  await mkdir(packageFolder, { recursive: true })

  const pack = await runTool('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root)
  if (pack.code !== 0) throw new Error(`npm pack failed:\n${pack.output}`)
  const [tarball] = JSON.parse(/^\[.*^\]/ms.exec(pack.output)?.[0] ?? '[]') as {
    readonly filename: string
    readonly files: readonly PackedFile[]
  }[]
  if (tarball === undefined) throw new Error(`npm pack named no tarball:\n${pack.output}`)
  const tar = await runTool('tar', ['-xzf', join(folder, tarball.filename), '--strip-components=1'], packageFolder)
  if (tar.code !== 0) throw new Error(`tar failed:\n${tar.output}`)

  const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as Manifest
  for (const name of Object.keys(manifest.dependencies)) await link(name, folder)
  return {
    folder,
    packageFolder,
    manifest,
    files: tarball.files,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Makes a package of this repository available to the project, and nothing that it does not itself depend on. */
export async function link(name: string, folder: string): Promise<void> {
  const path = join(folder, 'node_modules', name)
  await mkdir(dirname(path), { recursive: true })
  await symlink(join(root, 'node_modules', name), path, 'junction')
}
