import { isHeadraceError } from '../errors/headrace-error.js'
import type { LLM } from '../llm/llm.js'
import type { Task, TaskRequest } from '../tasks/task.js'
import type { Source } from './sources/source.js'

/** A row as it would be asked. */
export interface PreviewRow {
  /** For people: `prompts.jsonl:17`. */
  readonly place: string
  readonly request: TaskRequest | undefined
  /** Why it cannot be asked. */
  readonly error: string | undefined
  readonly inputTokens: number
}

export interface DatasetPreview {
  readonly rows: readonly PreviewRow[]
  /** Rows of the whole input. */
  readonly totalRows: number
  /** Of the whole input, from the mean of the rows that were rendered. */
  readonly inputTokens: number
  /** `false`: the tokens are estimated from the characters, because the model's tokenizer is not here. */
  readonly isCounted: boolean
}

export interface PreviewOptions {
  readonly llm: Pick<LLM, 'countTokens'>
  readonly source: Source
  readonly task: Task
  /** Rows to render. @defaultValue 100 */
  readonly rows?: number | undefined
}

/** English text in most vocabularies. */
const charactersPerToken = 4

/** What a run would ask, without asking it: the first rows rendered and counted, the others counted as rows. */
export async function previewDataset({ llm, source, task, rows: most = 100 }: PreviewOptions): Promise<DatasetPreview> {
  await task.prepare?.()
  const rows: PreviewRow[] = []
  let totalRows = 0
  let isCounted = true
  for await (const page of source.read()) {
    for (const row of page.slice(0, most - rows.length)) {
      let request: TaskRequest | undefined
      let error: string | undefined
      let inputTokens = 0
      try {
        request = task.render(row.columns, row.index)
        const counted: number | undefined = isCounted ? await countTokens(llm, request) : undefined
        isCounted = counted !== undefined
        inputTokens = counted ?? Math.ceil(textOf(request).length / charactersPerToken)
      } catch (cause) {
        error = isHeadraceError(cause) ? `${cause.message} [${cause.code}]` : String(cause)
      }
      rows.push({ place: row.place, request, error, inputTokens })
    }
    totalRows += page.length
  }
  const sum = rows.reduce((tokens, { inputTokens }) => tokens + inputTokens, 0)
  return { rows, totalRows, inputTokens: Math.round((sum / Math.max(1, rows.length)) * totalRows), isCounted }
}

/** @returns `undefined` when the model cannot count. */
async function countTokens(llm: Pick<LLM, 'countTokens'>, request: TaskRequest): Promise<number | undefined> {
  const { input } = request
  try {
    if (typeof input === 'string') return await llm.countTokens(input)
    if ('prompt' in input) return await llm.countTokens(input.prompt)
    const [first] = input as readonly unknown[]
    return await llm.countTokens((Array.isArray(first) ? first : input) as Parameters<LLM['countTokens']>[0])
  } catch {
    return undefined
  }
}

/** Everything that is asked, as one text. */
function textOf({ input }: TaskRequest): string {
  if (typeof input === 'string') return input
  if ('prompt' in input) return input.prompt
  const [first] = input as readonly unknown[]
  const messages = (Array.isArray(first) ? first : input) as readonly { readonly content: unknown }[]
  return messages.map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content))).join('\n')
}
