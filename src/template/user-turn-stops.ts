import type { ChatTemplate } from './chat-template.js'
import { chooseMark } from './content-marks.js'
import { isPreQueryPreset, preQueryPresets } from './pre-query-presets.js'

/** What tokenizers write their control tokens like: `<|im_end|>`, `</s>`, `<end_of_turn>`, `[/INST]`. */
const controlToken = /<[|\uff5c][^<>\n]{1,40}[|\uff5c]>|<\/?[a-z]+(?:_[a-z]+)*>|\[\/?[A-Z]+(?:_[A-Z]+)*\]/g
/** Of a thought, which is no turn's end. */
const thought = /^<\/?(?:think|thinking|thought|reasoning)>$/

/**
 * The texts that end a user's turn which a model writes, where its text does not end there by itself; most important first.
 * Those of a named preset are known. Otherwise they are read off the chat template: the control tokens that it writes
 * between a user's text and the assistant's, and where it writes none (`USER: ... ASSISTANT:`) the words that stand there.
 */
export function userTurnStops(template: () => ChatTemplate, preQueryTemplate: string | undefined): readonly string[] {
  if (preQueryTemplate !== undefined && isPreQueryPreset(preQueryTemplate)) {
    return preQueryPresets[preQueryTemplate].stops
  }
  let text: string
  let mark: string
  try {
    const own = template()
    mark = chooseMark(own.source)
    text = own.render({ messages: [{ role: 'user', content: mark }], addGenerationPrompt: true })
  } catch {
    // A literal text begins a prompt without a template too.
    return []
  }
  const [, tail = ''] = text.split(mark)
  const tokens = (tail.match(controlToken) ?? []).filter((token) => !thought.test(token))
  if (tokens.length > 0) return [...new Set(tokens)]
  const words = tail.trim()
  return words === '' ? [] : [words]
}
