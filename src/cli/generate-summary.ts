import type { RowCounts, RunSummary, SelectionProgress, TokenCounts } from '../dataset/run-progress.js'

/** `990 ok, 4 invalid, ...`, states without rows left out, save ok. */
export function formatCounts(counts: RowCounts): string {
  return Object.entries(counts)
    .filter(([status, count]) => status === 'ok' || count > 0)
    .map(([status, count]) => `${count} ${status}`)
    .join(', ')
}

export function formatTokens(totals: { readonly tokens: TokenCounts; readonly wastedTokens: TokenCounts }): string {
  const { tokens, wastedTokens } = totals
  const wasted =
    wastedTokens.input + wastedTokens.output === 0
      ? ''
      : ` (and ${wastedTokens.input} in, ${wastedTokens.output} out for nothing)`
  return `${tokens.input} tokens in, ${tokens.output} out${wasted}`
}

/** Which rows a task did not keep, and why, in lines for people. */
export function formatSelection({ candidates, rejected, cut, example }: SelectionProgress): readonly string[] {
  const reasons = Object.entries(rejected).toSorted(([, a], [, b]) => b - a)
  const sum = reasons.reduce((total, [, count]) => total + count, 0)
  const why = sum === 0 ? '' : `: ${reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')}`
  const lines = [`${candidates} candidates, ${sum} rejected${why}`]
  if (example !== undefined) lines.push(`  ${example}`)
  if (cut > 0) lines.push(`${cut} rows have an answer that was cut off (finish_reason length)`)
  return lines
}

/** What a run came to, in lines for people. */
export function formatSummary(summary: RunSummary, output: string): string {
  const { end, rows, counts, requests, cost, folder } = summary
  const price = cost === undefined ? '' : `; cost ${cost.toFixed(2)}`
  const lines = [
    `${rows} rows: ${formatCounts(counts)}`,
    ...(summary.selection === undefined ? [] : formatSelection(summary.selection)),
    `${requests} requests, ${formatTokens(summary)}${price}`,
    ...formatEndpoints(summary),
  ]
  if (end === 'exhausted') {
    const place = output === '-' ? 'The output' : output
    lines.push(
      `Given up, because hardly any candidate is kept any more. ${place} holds ${rows} of ${summary.selection?.rows ?? rows} rows.`,
      'A higher --temperature, more --max-tokens, or several system prompts may give more.',
    )
  } else if (end === 'finished') {
    const bad = rows - counts.ok
    if (output !== '-') lines.push(output)
    if (bad > 0) lines.push(`Why ${bad === 1 ? 'a row is' : `${bad} rows are`} not ok: headrace runs show ${folder}`)
  } else {
    const why = {
      stopped: 'Stopped',
      'max-tokens': '--max-tokens-total is reached',
      'max-cost': '--max-cost is reached',
    }
    lines.push(`${why[end]}: what is done is safe in ${folder}, and the same command goes on.`)
  }
  return lines.join('\n')
}

/** What each endpoint did, and the limit that it came to; of a single one only that. */
function formatEndpoints({ endpoints, hedgedRequests }: RunSummary): readonly string[] {
  const [only] = endpoints
  if (only === undefined) return []
  if (endpoints.length === 1) return only.requests === 0 ? [] : [`limit ${only.limit} (${only.signal})`]
  const lines = endpoints.map(
    ({ name, requests, answers, limit, signal }) =>
      `${name}: ${requests} requests, ${answers} answers, limit ${limit} (${signal})`,
  )
  return hedgedRequests === 0 ? lines : [...lines, `${hedgedRequests} rows were asked a second time at the end`]
}
