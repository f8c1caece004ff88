/**
 * The text without what a model may write around it: thinking before it, and the one code fence that it stands in, with
 * whatever is before and after. Two fences are not chosen from.
 */
export function setAside(text: string): string {
  const answer = withoutThinking(text)
  const [fenced, another] = answer.matchAll(/^[ \t]*```[^\n`]*\n([\s\S]*?)\n?^[ \t]*```[ \t]*$/gm)
  return (fenced?.[1] === undefined || another !== undefined ? answer : fenced[1]).trim()
}

/** Where a template wrote the opening tag the text has the closing one alone. */
function withoutThinking(text: string): string {
  const close = text.indexOf('</think>')
  if (close === -1) return text
  const open = text.indexOf('<think>')
  const isBefore = open === -1 || text.slice(0, open).trim() === ''
  // Tags inside of a JSON text are what it is about.
  return isBefore && !/^\s*[{["]/.test(text) ? text.slice(close + '</think>'.length) : text
}
