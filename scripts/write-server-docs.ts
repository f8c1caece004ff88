/** `tsx scripts/write-server-docs.ts` writes the capability matrix of docs/servers.md; a test fails while it is not current. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import type { Route } from '../src/contract/capabilities.js'
import { type MatrixColumn, matrixColumns } from '../test/back-ends/matrix.js'
import { caseOptions, outputFormats } from '../test/back-ends/option-cases.js'
import { renderTable, splitAtMarks } from './marked-part.js'

export const serverDocs: string = fileURLToPath(new URL('../docs/servers.md', import.meta.url))

const mark = 'Written by scripts/write-server-docs.ts from the capabilities of the dialects.'

/** The three tables: the options of conversations, those of literal text, and what constrains the text on both. */
export function renderMatrix(): string {
  const columns = matrixColumns()
  return [
    'Conversations:\n\n',
    renderOptions(columns, 'chat'),
    'Literal text:\n\n',
    renderOptions(columns, 'completion'),
    'What constrains the text (`structuredOutput`), and by which field of the request. Where it says "words" the form is asked for in words, and refused with `strict`:\n\n',
    renderTable(
      ['server', 'route', ...outputFormats, 'JSON mode'],
      columns.flatMap(({ name, routes }) =>
        Object.entries(routes).map(([route, cells]) => [
          name,
          route,
          ...outputFormats.map((format) =>
            cells[format] === false
              ? route === 'chat' && format !== 'grammar'
                ? 'words'
                : 'no'
              : `\`${cells[format]}\``,
          ),
          cells['json-object'] === false ? 'no' : `\`${cells['json-object']}\``,
        ]),
      ),
    ),
  ].join('')
}

function renderOptions(columns: readonly MatrixColumn[], route: Route): string {
  const rows = columns.flatMap(({ name, routes, maxStops }) => {
    const cells = routes[route]
    return cells === undefined ? [] : [{ name, cells, maxStops }]
  })
  return renderTable(
    ['option', ...rows.map(({ name }) => name)],
    caseOptions.map((option) => [
      `\`${option}\``,
      ...rows.map(({ cells, maxStops }) =>
        cells[option] ? (option === 'stop' && maxStops < Infinity ? `yes, ${maxStops}` : 'yes') : 'no',
      ),
    ]),
  )
}

/** What stands in the document in the matrix's place. */
export function matrixIn(document: string): string {
  return splitAtMarks(document, mark)[1]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [before, , after] = splitAtMarks(await readFile(serverDocs, 'utf8'), mark)
  await writeFile(serverDocs, before + renderMatrix() + after)
}
