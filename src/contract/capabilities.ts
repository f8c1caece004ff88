import type { GenerationOptions } from './options.js'
import type { ConstraintFormat } from './structured-output.js'

/** The name of an option that a back end may or may not honour. */
export type OptionName = keyof GenerationOptions

/** Options that only a few servers know, so that a back end says which it honours rather than which it does not. */
export type RareOption = 'logitBias' | 'returnFullText' | 'watermark' | 'toolPrompt'

/** How a model is asked: a conversation, or literal text to be continued. */
export type Route = 'chat' | 'completion'

/** Why options cannot be honoured, each as the end of a sentence ("... drops min_p"). */
export type OptionGaps = Readonly<Partial<Record<OptionName, string>>>

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
  /**
   * Takes a system message as the first one of a conversation only; others are joined to it, with a warning.
   *
   * @defaultValue false
   */
  readonly systemFirst?: boolean | undefined
  /** What cannot be honoured. @defaultValue {}: all options are */
  readonly unsupported?: OptionGaps | undefined
  /** What cannot be honoured on one route, besides {@link unsupported}. @defaultValue {} */
  readonly unsupportedOn?: Readonly<Partial<Record<Route, OptionGaps>>> | undefined
  /** Which of the options that few servers know are honoured; see {@link RareOption}. @defaultValue {}: none */
  readonly extras?: Readonly<Partial<Record<Route, readonly RareOption[]>>> | undefined
  /**
   * Which formats of `structuredOutput` constrain the text, and by which field of the request, for people to read;
   * `json-object` is a JSON mode.
   *
   * @defaultValue {}: none
   */
  readonly constraints?:
    | Readonly<Partial<Record<Route, Readonly<Partial<Record<ConstraintFormat, string>>>>>>
    | undefined
  /** Why a format is not among {@link constraints}, where it is not that the engine has none. @defaultValue {} */
  readonly unconstrained?: Readonly<Partial<Record<ConstraintFormat, string>>> | undefined
  /** Routes that take a `whitespacePattern` beside a schema. @defaultValue [] */
  readonly whitespace?: readonly Route[] | undefined
  /**
   * Holds a text to `maxLength` and a list to `maxItems` while it is generated, so that what has no end of its own may be
   * given one.
   *
   * @defaultValue false
   */
  readonly holdsLengths?: boolean | undefined
  /** Takes only schemas with `properties` at the top; others are put into an object, with a warning. @defaultValue false */
  readonly wantsProperties?: boolean | undefined
  /** Stop strings that a request may have; more are cut with a warning. @defaultValue Infinity */
  readonly maxStops?: number | undefined
  /** What `wireMode: 'auto'` means for `generate`; interactive calls always stream. @defaultValue 'stream' */
  readonly batchWire?: 'json' | 'stream' | undefined
  /** Requests that make sense at once. @defaultValue Infinity */
  readonly maxConcurrency?: number | undefined
}
