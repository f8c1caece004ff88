import { formatTable } from '../../src/cli/table.js'
import type { ClientReport } from './run-program.js'

/** A client, as whom the server answered, and what it did; or why there is nothing to tell. */
export interface ClientRow {
  readonly name: string
  readonly as: string
  readonly report: ClientReport | { readonly skipped: string }
}

/** One line a client and server, one column a thing. */
export function formatClientTable(rows: readonly ClientRow[]): string {
  const things = new Set<string>()
  for (const { report } of rows) if ('things' in report) for (const thing of report.things.keys()) things.add(thing)
  const head = ['client', 'version', '--as', ...things]
  const lines = rows.map(({ name, as, report }) => {
    if ('skipped' in report) return [name, '', as, `skipped: ${report.skipped}`]
    const cells = [...things].map((thing) => toCell(report, thing))
    return [name, report.version ?? '?', as, ...cells, ...(report.failure === undefined ? [] : ['FAILED'])]
  })
  return formatTable(head, lines)
}

/** What went wrong, one line each. */
export function failuresOf(rows: readonly ClientRow[]): readonly string[] {
  return rows.flatMap(({ name, as, report }) => {
    if ('skipped' in report) return []
    const failed = [...report.things].filter(([, error]) => error !== undefined)
    const lines = failed.map(([thing, error]) => `${name} --as ${as}, ${thing}: ${oneLine(error ?? '')}`)
    return report.failure === undefined ? lines : [...lines, `${name} --as ${as}: ${oneLine(report.failure)}`]
  })
}

function toCell({ things }: ClientReport, thing: string): string {
  if (!things.has(thing)) return '-'
  return things.get(thing) === undefined ? 'ok' : 'FAILED'
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
