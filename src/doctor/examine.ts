import type { LLM } from '../llm/llm.js'
import { checkRoutes } from './check-routes.js'
import { checkOptions } from './check-options.js'
import { checkBos, type TokenizerTaker } from './check-bos.js'
import { checkConstraints } from './check-constraints.js'
import type { Finding } from './finding.js'

export interface ExamineOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks a model a few tiny questions, and tells for each thing that its back end claims whether it holds. Some thirty
 * requests of a few tokens each, one after the other.
 *
 * A failure of a question is a finding; only what keeps the model from being reached at all is thrown.
 *
 * @throws HeadraceError what `load()` throws; `ABORTED`.
 */
export async function* examine(llm: LLM, { signal }: ExamineOptions = {}): AsyncGenerator<Finding, void, undefined> {
  await llm.load()
  const plain = withoutTokenizer(llm)
  try {
    await plain.load()
    yield* checkRoutes(plain, signal)
    yield* checkOptions(plain, signal)
    yield* checkConstraints(plain, signal)
    yield* checkBos(llm, plain, signal)
  } finally {
    if (plain !== llm) await plain.unload()
  }
}

/** What the server itself does is seen without a prompt format of ours in between. */
function withoutTokenizer(llm: LLM): LLM {
  return 'tokenizerId' in llm.toJSON().config ? (llm as TokenizerTaker).with({ tokenizerId: undefined }) : llm
}
