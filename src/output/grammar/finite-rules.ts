import { choice, type Expression, isNever, never, repeat, sequence } from './expression.js'
import type { Grammar } from './write-gbnf.js'

/**
 * The grammar without what never ends: an object that must hold itself has no text, and a model that begins it would write
 * until its tokens run out.
 */
export function finiteRules({ root, rules }: Grammar): Grammar {
  const finite = new Map<string, Expression>()
  for (let known = -1; known < finite.size;) {
    known = finite.size
    for (const [name, expression] of rules) {
      if (finite.has(name)) continue
      if (!isNever(pruned(expression, finite))) finite.set(name, expression)
    }
  }
  return {
    root: pruned(root, finite),
    rules: new Map([...finite].map(([name, expression]) => [name, pruned(expression, finite)])),
  }
}

/** Without references to other rules than these. */
function pruned(expression: Expression, rules: ReadonlyMap<string, Expression>): Expression {
  switch (expression.kind) {
    case 'text':
    case 'chars':
      return expression
    case 'rule':
      return rules.has(expression.name) ? expression : never
    case 'sequence':
      return sequence(...expression.items.map((item) => pruned(item, rules)))
    case 'choice':
      return choice(...expression.options.map((option) => pruned(option, rules)))
    case 'repeat':
      return repeat(pruned(expression.item, rules), expression.min, expression.max)
  }
}
