import { type Percentiles, findRuns, inspectRun, type RunReport } from '../dataset/inspect-run.js'
import { reportFailure } from './failure.js'
import { formatCounts, formatSelection, formatTokens } from './generate-summary.js'
import { formatTable } from './table.js'
import { printable } from './terminal.js'

export interface RunsArguments {
  readonly json?: boolean
}

/** @returns the exit code, here and below. */
export async function listRuns(folder: string, { json }: RunsArguments): Promise<number> {
  try {
    const reports: RunReport[] = []
    for (const run of await findRuns(folder)) reports.push(await inspectRun(run))
    if (json) print(JSON.stringify(reports))
    else if (reports.length === 0) process.stderr.write(`There are no runs in ${folder}.\n`)
    else print(formatTable(['RUN', 'STATE', 'DONE', 'OK', 'MODEL', 'BEGUN'], reports.map(toRow)))
    return 0
  } catch (error) {
    return reportFailure(error)
  }
}

export async function showRun(folder: string, { json }: RunsArguments): Promise<number> {
  try {
    const report = await inspectRun(folder)
    print(json ? JSON.stringify(report) : formatReport(report))
    return 0
  } catch (error) {
    return reportFailure(error)
  }
}

function toRow({ folder, state, done, total, counts, manifest }: RunReport): readonly string[] {
  const rows = total === undefined ? String(done) : `${done}/${total}`
  return [folder, state, rows, String(counts.ok), modelOf(manifest), manifest.createdAt]
}

function modelOf({ model, modelName }: RunReport['manifest']): string {
  return modelName ?? model.className
}

function formatReport(report: RunReport): string {
  const { manifest, state, counts, done, total, requests, errors } = report
  const of = total === undefined || total === done ? '' : ` of ${total}`
  const lines = [
    `${report.folder}: ${state}`,
    `begun   ${manifest.createdAt}`,
    `input   ${manifest.input.parts.map(({ name }) => name).join(', ')}`,
    `task    ${manifest.task.name}`,
    `model   ${modelOf(manifest)} (${manifest.model.className})`,
    `rows    ${done}${of}: ${formatCounts(counts)}`,
    ...(report.selection === undefined ? [] : formatSelection(report.selection).map((line) => `        ${line}`)),
    `tokens  ${requests} requests, ${formatTokens(report)}`,
    ...spread('time', report.totalMs, 'ms'),
    ...spread('first', report.firstTokenMs, 'ms until the first token'),
    ...spread('length', report.outputTokens, 'tokens out'),
  ]
  if (errors.length > 0) {
    const rows = errors.map(({ count, status, code, example }) => [String(count), status, code, example])
    lines.push('', formatTable(['ROWS', 'STATUS', 'CODE', 'EXAMPLE'], rows))
  }
  return lines.map(printable).join('\n')
}

function spread(name: string, values: Percentiles | undefined, unit: string): readonly string[] {
  if (values === undefined) return []
  const { p50, p90, p99, max } = values
  return [`${name.padEnd(8)}p50 ${p50}, p90 ${p90}, p99 ${p99}, at most ${max} ${unit}`]
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
