/**
 * The rules of the house that oxlint does not know: which room of `src` may import which, which room may import which
 * package, and no `export *`. It is JavaScript because oxlint loads it without a compiler.
 */
import path from 'node:path'

/** What each room may import besides itself. Dependencies point down only: a room may only name rooms above it here. */
const rooms = { 'version.ts': [], errors: [], contract: ['errors'] }
rooms.transport = ['contract', 'errors', 'version.ts']
rooms.template = ['transport', ...rooms.transport]
rooms.output = ['template', ...rooms.template]
// The base class gets its dialect or engine by injection, so neither of these two knows the other.
rooms.llm = ['output', ...rooms.output]
rooms.dialects = ['output', 'template', 'contract', 'errors', 'version.ts']
// Neighbours: an LLM never knows another one.
rooms.xinference = ['dialects', 'llm', ...rooms.llm]
rooms.huggingface = rooms.xinference
rooms['llama-cpp'] = ['llm', ...rooms.llm]
rooms.tasks = ['xinference', 'huggingface', 'llama-cpp', ...rooms.xinference]
rooms.dataset = ['tasks', ...rooms.tasks]
rooms.adapters = ['dataset', ...rooms.dataset]
// The core entry point: `index.ts` and what stands beside it. The other entry points are folders.
rooms['index.ts'] = ['dataset', ...rooms.dataset].filter((room) => room !== 'llama-cpp')
rooms.serve = ['index.ts', 'adapters', ...rooms.adapters]
rooms.doctor = rooms.dataset
rooms.cli = ['serve', 'doctor', ...rooms.serve]

/** Packages that belong to one room. `lazy`: its values may only be had by `import()`; types may be imported. */
const packages = {
  undici: { room: 'transport' },
  'node-llama-cpp': { room: 'llama-cpp', lazy: true },
  '@huggingface/tokenizers': { room: 'template', lazy: true },
  hono: { room: 'serve' },
  '@hono/node-server': { room: 'serve' },
  jsonriver: { room: 'output', lazy: true },
  libsql: { room: 'dataset' },
  hyparquet: { room: 'dataset', lazy: true },
  'hyparquet-compressors': { room: 'dataset', lazy: true },
  'hyparquet-writer': { room: 'dataset', lazy: true },
  papaparse: { room: 'dataset', lazy: true },
  yaml: { room: 'dataset', lazy: true },
  commander: { room: 'cli' },
  'cli-progress': { room: 'cli' },
}

/** The files directly in `src` are the core entry point, apart from the version. */
function roomOf(file) {
  const [first] = file.split('/')
  return first === file && file !== 'version.ts' ? 'index.ts' : first
}

/** What is wrong with `file` (a path inside `src`) importing `specifier`, if anything is. */
function judge(file, specifier, { isType, isLazy }) {
  const room = roomOf(file)
  if (!Object.hasOwn(rooms, room))
    return `src/${room} is no room of the house; give it its floor in scripts/oxlint-plugin.js.`
  if (specifier.startsWith('.')) {
    const target = path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts')
    if (target.startsWith('../')) return `'${specifier}' leaves src.`
    const other = roomOf(target)
    if (other === room) return undefined
    if (!rooms[room].includes(other)) return `src/${room} must not import src/${other}: dependencies point down only.`
    if (room === 'contract' && !isType) return 'src/contract holds types only: use `import type`.'
    return undefined
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  if (name === 'headrace') return 'src imports its own files by their relative paths.'
  const owner = Object.hasOwn(packages, name) ? packages[name] : undefined
  if (owner === undefined) return undefined
  if (owner.room !== room) return `'${name}' belongs to src/${owner.room}.`
  if (owner.lazy && !isType && !isLazy) return `'${name}' is optional: get its values by \`await import('${name}')\`.`
  return undefined
}

/** Unit tests stand beside their sources and may use what they need. */
const isTest = (file) => /\.test(-d)?\.ts$/.test(file)

const floors = {
  meta: { type: 'problem', docs: { description: 'Dependencies point down only.' } },
  create(context) {
    const file = path.relative(path.join(context.cwd, 'src'), context.filename).split(path.sep).join('/')
    if (file.startsWith('../') || isTest(file)) return {}
    const check = (source, use) => {
      if (typeof source?.value !== 'string') return
      const message = judge(file, source.value, use)
      if (message !== undefined) context.report({ node: source, message })
    }
    return {
      ImportDeclaration: (node) => check(node.source, { isType: node.importKind === 'type' }),
      ExportNamedDeclaration: (node) => check(node.source, { isType: node.exportKind === 'type' }),
      ExportAllDeclaration: (node) => check(node.source, { isType: node.exportKind === 'type' }),
      ImportExpression: (node) => check(node.source, { isLazy: true }),
      TSImportType: (node) => check(node.source, { isType: true }),
    }
  },
}

const noExportStar = {
  meta: { type: 'problem', docs: { description: 'Every export has a name where it is exported.' } },
  create: (context) => ({
    ExportAllDeclaration: (node) => context.report({ node, message: 'Name what is exported instead of `export *`.' }),
  }),
}

export default { meta: { name: 'headrace' }, rules: { floors, 'no-export-star': noExportStar } }
