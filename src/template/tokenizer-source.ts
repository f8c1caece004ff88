import type { Runtime } from '../contract/runtime.js'
import type { Transport } from '../transport/transport.js'

/** Where the files of a tokenizer come from. Every member has a default that agrees with the Hub's Python library. */
export interface TokenizerSource {
  /**
   * A token of the Hub, sent to {@link hubUrl} alone, never to where that redirects to.
   *
   * @defaultValue `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, or what `hf auth login` has stored
   */
  readonly token?: string | undefined
  /** A branch, a tag or a commit. @defaultValue 'main' */
  readonly revision?: string | undefined
  /** The Hub's cache, which is read first and written to. @defaultValue `HF_HUB_CACHE`, or `hub` in `HF_HOME` */
  readonly cacheDir?: string | undefined
  /** Asks nobody: what is not in the cache is missing. @defaultValue whether `HF_HUB_OFFLINE` is set */
  readonly offline?: boolean | undefined
  /** @defaultValue `HF_ENDPOINT`, or `https://huggingface.co` */
  readonly hubUrl?: string | undefined
  /** For each file, in milliseconds. @defaultValue 120000 */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Sends the requests. It is not closed. @defaultValue one of its own, which is closed after use */
  readonly transport?: Transport | undefined
  readonly runtime?: Runtime | undefined
}
