const end = '<!-- The end of what is written. -->'

/** A document that was cut where a part of it is written by a script: after the mark `<!-- ... -->` up to the mark of its end. */
export function splitAtMarks(document: string, mark: string): readonly [before: string, part: string, after: string] {
  const begin = `<!-- ${mark} -->\n\n`
  const from = document.indexOf(begin) + begin.length
  const to = document.indexOf(end, from)
  if (from < begin.length || to < 0) throw new Error(`The document has lost the marks of "${mark}"`)
  return [document.slice(0, from), document.slice(from, to), document.slice(to)]
}

/** A table of Markdown, aligned as the formatter does it, and an empty line. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((_, column) => Math.max(3, ...[header, ...rows].map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |\n`
  return `${line(header) + rule + rows.map(line).join('')}\n`
}
