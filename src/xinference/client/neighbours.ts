import { type RequestSettings, type ServerQuestions, unexpected } from './server-questions.js'

/** What a document is worth for a query; `index` is its place among the documents. */
export interface RankedDocument {
  readonly index: number
  readonly relevanceScore: number
}

export async function createEmbeddings(
  ask: ServerQuestions,
  modelUid: string,
  input: string | readonly string[],
  settings: RequestSettings,
): Promise<readonly (readonly number[])[]> {
  const path = '/v1/embeddings'
  const { data } = await ask.object({ ...settings, method: 'POST', path, body: { model: modelUid, input } })
  const count = typeof input === 'string' ? 1 : input.length
  const entries = Array.isArray(data) ? (data as { index: number; embedding: unknown }[]) : []
  const vectors = entries.toSorted((one, other) => one.index - other.index).map(({ embedding }) => embedding)
  // A model that makes several kinds may answer with other things than vectors.
  if (vectors.length !== count || !vectors.every(Array.isArray)) throw unexpected(path)
  return vectors as number[][]
}

export async function rerank(
  ask: ServerQuestions,
  request: {
    readonly modelUid: string
    readonly query: string
    readonly documents: readonly string[]
    readonly topN: number | undefined
  },
  settings: RequestSettings,
): Promise<readonly RankedDocument[]> {
  const { modelUid, query, documents, topN } = request
  const body = { model: modelUid, query, documents, ...(topN === undefined ? {} : { top_n: topN }) }
  const path = '/v1/rerank'
  const { results } = await ask.object({ ...settings, method: 'POST', path, body })
  if (!Array.isArray(results)) throw unexpected(path)
  return (results as { index: number; relevance_score: number }[])
    .map(({ index, relevance_score: relevanceScore }) => ({ index, relevanceScore }))
    .toSorted((one, other) => other.relevanceScore - one.relevanceScore)
}
