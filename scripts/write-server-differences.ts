/** `tsx scripts/write-server-differences.ts` writes the table of docs/servers.md; a test fails while it is not current. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { differences } from '../test/xinference-suite/differences.js'

export const serverDocs: string = fileURLToPath(new URL('../docs/servers.md', import.meta.url))

const begin = '<!-- Written by scripts/write-server-differences.ts from test/xinference-suite/differences.ts. -->\n\n'
const end = '<!-- The end of what is written. -->'

/** The table, aligned as the formatter does it. */
export function renderDifferences(): string {
  const header = ['what', 'Xinference 4.1.0', '`headrace serve`', 'why']
  const rows = Object.values(differences).map(({ what, xinference, serve, reason }) => [
    what,
    xinference,
    serve,
    reason,
  ])
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |\n`
  return `${line(header) + rule + rows.map(line).join('')}\n`
}

/** What stands in the document in the table's place. */
export function tableIn(document: string): string {
  return split(document)[1]
}

function split(document: string): readonly [before: string, table: string, after: string] {
  const from = document.indexOf(begin) + begin.length
  const to = document.indexOf(end, from)
  if (from < begin.length || to < 0) throw new Error('docs/servers.md has lost the marks around the table.')
  return [document.slice(0, from), document.slice(from, to), document.slice(to)]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [before, , after] = split(await readFile(serverDocs, 'utf8'))
  await writeFile(serverDocs, before + renderDifferences() + after)
}
