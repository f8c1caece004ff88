/** `tsx scripts/write-server-differences.ts` writes the table of docs/servers.md; a test fails while it is not current. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { differences } from '../test/xinference-suite/differences.js'
import { renderTable, splitAtMarks } from './marked-part.js'

export const serverDocs: string = fileURLToPath(new URL('../docs/servers.md', import.meta.url))

const mark = 'Written by scripts/write-server-differences.ts from test/xinference-suite/differences.ts.'

/** The table, aligned as the formatter does it. */
export function renderDifferences(): string {
  return renderTable(
    ['what', 'Xinference 4.1.0', '`headrace serve`', 'why'],
    Object.values(differences).map(({ what, xinference, serve, reason }) => [what, xinference, serve, reason]),
  )
}

/** What stands in the document in the table's place. */
export function tableIn(document: string): string {
  return splitAtMarks(document, mark)[1]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [before, , after] = splitAtMarks(await readFile(serverDocs, 'utf8'), mark)
  await writeFile(serverDocs, before + renderDifferences() + after)
}
