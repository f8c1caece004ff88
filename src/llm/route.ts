import type { Capabilities, OptionGaps, OptionName, RareOption, Route } from '../contract/capabilities.js'
import type { ChatMessage } from '../contract/message.js'
import type { GenerationOptions } from '../contract/options.js'
import { changesNothing } from './merge-options.js'
import { templateOptions } from './prompting.js'

/** How the text comes about: by the server's template, rendered here, or literally as the caller gave it. */
export type Form = 'chat' | 'rendered' | 'literal'

const rareOptions: readonly RareOption[] = ['logitBias', 'returnFullText', 'watermark', 'toolPrompt']

const gapsByCapabilities = new WeakMap<Capabilities, Partial<Record<Form, OptionGaps>>>()

/** Why which option cannot be honoured on a route. */
export function gapsOf(capabilities: Capabilities, form: Form): OptionGaps {
  let gaps = gapsByCapabilities.get(capabilities)
  if (gaps === undefined) gapsByCapabilities.set(capabilities, (gaps = {}))
  return (gaps[form] ??= findGaps(capabilities, form))
}

function findGaps({ unsupported, unsupportedOn, extras }: Capabilities, form: Form): OptionGaps {
  const route: Route = form === 'chat' ? 'chat' : 'completion'
  const gaps: Partial<Record<OptionName, string>> = {}
  for (const option of rareOptions) {
    if (extras?.[route]?.includes(option) !== true) gaps[option] = 'the server does not know it on this route'
  }
  if (form !== 'chat') {
    for (const option of ['tools', 'toolChoice', 'parallelToolCalls'] as const) {
      gaps[option] = 'the server reads tool calls in conversations only'
    }
  }
  if (form === 'literal') for (const option of templateOptions) gaps[option] = 'literal text has no chat template'
  Object.assign(gaps, unsupported, unsupportedOn?.[route])
  // The template is here, so it can be given any variable.
  if (form === 'rendered') for (const option of templateOptions) delete gaps[option]
  return gaps
}

/** Why a conversation cannot go as rendered text without losing something; `undefined` when it can. */
export function whyNotRendered(
  messages: readonly ChatMessage[],
  options: GenerationOptions,
  capabilities: Capabilities,
): string | undefined {
  if (capabilities.completion === false) return 'the server has no route for literal text'
  if (messages.some(hasImage)) return 'literal text holds no images'
  const gaps = gapsOf(capabilities, 'rendered')
  const chatGaps = gapsOf(capabilities, 'chat')
  for (const option in options) {
    const name = option as OptionName
    if (gaps[name] === undefined || chatGaps[name] !== undefined || changesNothing(name, options[name])) continue
    return `literal text does not carry the option ${name} (${gaps[name]})`
  }
  const format = options.structuredOutput?.format
  if (format === undefined || capabilities.constraints?.completion?.[format] !== undefined) return undefined
  return capabilities.constraints?.chat?.[format] === undefined
    ? undefined
    : `the server constrains conversations only to a ${format} structuredOutput`
}

function hasImage({ content }: ChatMessage): boolean {
  return typeof content !== 'string' && content.some(({ type }) => type === 'image')
}
