import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'

import { installPromptfoo, installPythonClients } from '../scripts/real-clients/install-clients.js'
import { Deadline } from '../scripts/real-server/deadline.js'
import { runTool } from '../scripts/run-tool.js'
import type { Ancestor, AncestorLoad } from './ancestor-rows.js'
import type { ClientFigures } from './client-figures.js'
import { readFigures, runClient } from './processes.js'

/** An ancestor that is on this machine. */
export interface InstalledAncestor {
  /** `distilabel 1.5.3, huggingface_hub 0.27.1` */
  readonly versions: string
  /** A process of it. @throws Error with the line that says why it failed */
  run(load: AncestorLoad): Promise<ClientFigures>
}

/** Installs an ancestor if need be, as its lockfile or requirements say. @throws Unavailable */
export async function installAncestor(ancestor: Ancestor, root: string): Promise<InstalledAncestor> {
  const { environment, packages, program } = ancestor
  const installation = { root, isWanted: true, deadline: new Deadline(Infinity) }
  if (environment === undefined) {
    const installed = await installPromptfoo(installation)
    return {
      versions: await npmVersions(installed, packages),
      run: (load) => runClient(program, { ...load, installed }, []),
    }
  }
  const python = await installPythonClients(environment, installation)
  return {
    versions: await pythonVersions(python, packages, root),
    run: (load) => runPython(python, join(root, 'bench', 'ancestors', program), load, root),
  }
}

async function npmVersions(folder: string, packages: readonly string[]): Promise<string> {
  const versions = packages.map(async (name) => {
    const manifest = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8')
    return `${name} ${(JSON.parse(manifest) as { readonly version: string }).version}`
  })
  return (await Promise.all(versions)).join(', ')
}

async function pythonVersions(python: string, packages: readonly string[], root: string): Promise<string> {
  const list = packages.map((name) => `'${name}'`).join(', ')
  const code = `from importlib.metadata import version; print(', '.join(f'{p} {version(p)}' for p in [${list}]))`
  return (await runTool(python, ['-c', code], root)).output.trim()
}

async function runPython(python: string, file: string, load: AncestorLoad, root: string): Promise<ClientFigures> {
  const child = spawn(python, [file, JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: join(root, '.cache', 'clients'),
      PYTHONDONTWRITEBYTECODE: '1',
      // No hub is there to be asked, and nothing is reported or looked up anywhere.
      HF_ENDPOINT: 'http://127.0.0.1:9',
      TELEMETRY_ENABLED: 'false',
      LITELLM_LOCAL_MODEL_COST_MAP: 'true',
      CURATOR_DISABLE_RICH_DISPLAY: '1',
    },
  })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return readFigures(basename(file), child.exitCode, output, errors)
}
