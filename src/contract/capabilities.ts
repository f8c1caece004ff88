import type { GenerationOptions } from './options.js'

/** The name of an option that a back end may or may not honour. */
export type OptionName = keyof GenerationOptions

/**
 * What a back end can do for the model at hand, as data: shared code asks this and never a server's name. Every member
 * left out has the stated default.
 */
export interface Capabilities {
  /** Takes conversations. @defaultValue true */
  readonly chat?: boolean | undefined
  /** Continues literal text. @defaultValue true */
  readonly completion?: boolean | undefined
  /** Takes images. @defaultValue false */
  readonly vision?: boolean | undefined
  /** Takes tools. @defaultValue false */
  readonly tools?: boolean | undefined
  /** Why an option cannot be honoured, as the end of a sentence ("... drops min_p"). @defaultValue {}: all are honoured */
  readonly unsupported?: Readonly<Partial<Record<OptionName, string>>> | undefined
  /** Constrains the text to a JSON Schema. @defaultValue false */
  readonly jsonSchema?: boolean | undefined
  /** What `wireMode: 'auto'` means for `generate`; interactive calls always stream. @defaultValue 'stream' */
  readonly batchWire?: 'json' | 'stream' | undefined
  /** Requests that make sense at once. @defaultValue Infinity */
  readonly maxConcurrency?: number | undefined
}
