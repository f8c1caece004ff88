const opening = /\{#[^]*?#\}|\{%-?\s*(?:end)?generation\s*-?%\}|\{%|\{\{/g
const inside = /'(?:\\[^]|[^'\\])*'|"(?:\\[^]|[^"\\])*"|%\}|[{}]/g

/** The line, from 1, of every tag (`{%` or `{{`) in a Jinja source, in their order. Comments are no tags. */
export function tagLines(source: string): readonly number[] {
  const lines: number[] = []
  let line = 1
  let position = 0
  const advance = (to: number): void => {
    for (; position < to; position++) if (source[position] === '\n') line++
  }
  for (;;) {
    opening.lastIndex = position
    const match = opening.exec(source)
    if (match === null) return lines
    advance(match.index)
    const [tag] = match
    if (tag === '{%' || tag === '{{') {
      lines.push(line)
      advance(endOfTag(source, match.index + 2, tag))
    } else {
      advance(match.index + tag.length)
    }
  }
}

/** Where a tag ends: what closes it in a string or in a dictionary does not count. */
function endOfTag(source: string, start: number, tag: '{%' | '{{'): number {
  inside.lastIndex = start
  let depth = 0
  for (let match = inside.exec(source); match !== null; match = inside.exec(source)) {
    const [found] = match
    if (found === '{') depth++
    else if (found === '%}' && tag === '{%') return inside.lastIndex
    else if (found === '}' && depth > 0) depth--
    else if (found === '}' && tag === '{{') return inside.lastIndex + 1
  }
  return source.length
}
