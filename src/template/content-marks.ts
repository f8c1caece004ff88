import type { TemplateMessage } from './template-messages.js'

/** A stretch of a rendered prompt, by who wrote it. */
export interface PromptSegment {
  readonly text: string
  /** `template`: the template's own words. `content`: what stood in a message, which nobody vouches for. */
  readonly origin: 'template' | 'content'
}

/** Marks that occur in nothing that is rendered. */
interface Marks {
  readonly open: string
  readonly close: string
}

// The last plane is for private use, so no text that is exchanged means anything by these.
const firstMark = 0x10_0000
const lastMark = 0x10_fffc

/** A mark that `haystack`, everything that will be rendered, does not hold. */
export function chooseMark(haystack: string): string {
  for (let code = firstMark; code < lastMark; code++) {
    const mark = String.fromCodePoint(code)
    if (!haystack.includes(mark)) return mark
  }
  throw new RangeError('The messages use up every code point of the private use plane.')
}

/** Two marks that `haystack` does not hold. */
export function chooseMarks(haystack: string): Marks {
  const open = chooseMark(haystack)
  return { open, close: chooseMark(haystack + open) }
}

/** The messages with every text in them, save the roles, between marks. */
export function markMessages(messages: readonly TemplateMessage[], marks: Marks): readonly TemplateMessage[] {
  return mapMessageTexts(messages, (text) => marks.open + text + marks.close)
}

/** The messages with every text in them, save the roles, changed. Names of arguments stay: they are no text of their own. */
export function mapMessageTexts(
  messages: readonly TemplateMessage[],
  change: (text: string) => string,
): readonly TemplateMessage[] {
  const changeValue = (value: unknown): unknown => {
    if (typeof value === 'string') return value === '' ? value : change(value)
    if (Array.isArray(value)) return value.map(changeValue)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, changeValue(member)]))
  }
  return messages.map((message) => {
    const { role, tool_calls: calls, ...texts } = message
    const changed = { role, ...(changeValue(texts) as Omit<TemplateMessage, 'role'>) }
    if (calls === undefined) return changed
    const tool_calls = calls.map((call) => ({ ...call, function: changeValue(call.function) as typeof call.function }))
    return { ...changed, tool_calls }
  })
}

/**
 * Splits what was rendered with marks. Gives the segments only if they add up to `plain`, what was rendered without
 * marks; a template that trims a text is followed, one that takes a text apart is not.
 */
export function splitAtMarks(marked: string, marks: Marks, plain: string): readonly PromptSegment[] | undefined {
  const segments: PromptSegment[] = []
  let position = 0
  while (position < marked.length) {
    const open = marked.indexOf(marks.open, position)
    const end = open === -1 ? marked.length : open
    if (end > position) segments.push({ text: marked.slice(position, end), origin: 'template' })
    if (open === -1) break
    const close = marked.indexOf(marks.close, open)
    if (close === -1) return undefined
    const start = open + marks.open.length
    if (close > start) segments.push({ text: marked.slice(start, close), origin: 'content' })
    position = close + marks.close.length
  }
  return align(segments, marks, plain)
}

function align(segments: readonly PromptSegment[], marks: Marks, plain: string): readonly PromptSegment[] | undefined {
  const aligned: PromptSegment[] = []
  let position = 0
  for (let index = 0; index < segments.length; index++) {
    const { text, origin } = segments[index] as PromptSegment
    // A mark that is left over stands where the template cut a text: where the text began is not known.
    if (text.includes(marks.open) || text.includes(marks.close)) return undefined
    const next = segments[index + 1]?.text ?? ''
    const found = (origin === 'template' ? [text] : trimmings(text)).find(
      (form) => plain.startsWith(form, position) && plain.startsWith(next, position + form.length),
    )
    // Two texts that touch are one stretch, whose parts the trimming could confuse; the exact form has to fit then.
    const form = found ?? (plain.startsWith(text, position) ? text : undefined)
    if (form === undefined) return undefined
    position += form.length
    if (form !== '') aligned.push({ text: form, origin })
  }
  return position === plain.length ? aligned : undefined
}

function trimmings(text: string): readonly string[] {
  return [text, text.trim(), text.trimStart(), text.trimEnd()]
}
