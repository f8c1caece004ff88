import { printable } from './terminal.js'

/** Columns side by side, each as wide as its widest cell. A row may end early: its last cell then is as long as it is. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((cells) => cells.map((cell) => printable(cell.replaceAll(/\s+/g, ' ')).trim()))
  const widths = header.map((_, column) =>
    Math.max(...lines.filter((cells) => column < cells.length - 1).map((cells) => cells[column]?.length ?? 0), 0),
  )
  return lines
    .map((cells) => cells.map((cell, column) => (column < cells.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell)))
    .map((cells) => cells.join('  '))
    .join('\n')
}
