import { choice, type Expression, never, repeat, rule, sequence } from './expression.js'
import { finiteRules } from './finite-rules.js'
import type { Grammar } from './write-gbnf.js'

/** The rules that lead back to themselves, with the name of their group: rules of a group lead to each other. */
export type Recursion = ReadonlyMap<string, string>

export function recursionOf({ rules }: Grammar): Recursion {
  const reached = new Map([...rules.keys()].map((name) => [name, reachable(name, rules)]))
  const groups = new Map<string, string>()
  for (const [name, others] of reached) {
    if (!others.has(name)) continue
    const group = [...others].find((other) => groups.has(other) && reached.get(other)?.has(name))
    groups.set(name, group === undefined ? name : (groups.get(group) as string))
  }
  return groups
}

/** The grammar in which objects and arrays hold each other `levels` deep at most, where they would without end. */
export function boundRecursion(grammar: Grammar, recursion: Recursion, levels: number): Grammar {
  const rules = new Map<string, Expression>()
  const at = (name: string, from: string | undefined, level: number): Expression => {
    const group = recursion.get(name)
    const isEntered = group !== from
    const own = group === undefined ? 0 : isEntered ? 1 : level + (isLevel(name) ? 1 : 0)
    if (own > levels) return never
    const copy = own <= 1 ? name : `${name}-level-${own}`
    if (!rules.has(copy)) {
      rules.set(copy, never)
      rules.set(copy, rewrite(grammar.rules.get(name) as Expression, group, own))
    }
    return rule(copy)
  }
  const rewrite = (expression: Expression, group: string | undefined, level: number): Expression => {
    switch (expression.kind) {
      case 'rule':
        return at(expression.name, group, level)
      case 'sequence':
        return sequence(...expression.items.map((item) => rewrite(item, group, level)))
      case 'choice':
        return choice(...expression.options.map((option) => rewrite(option, group, level)))
      case 'repeat':
        return repeat(rewrite(expression.item, group, level), expression.min, expression.max)
      default:
        return expression
    }
  }
  return finiteRules({ root: rewrite(grammar.root, undefined, 0), rules })
}

/** Every circle of rules has an object or an array in it, or a text could begin with itself. */
function isLevel(name: string): boolean {
  return /^(?:object|array)-/.test(name)
}

function reachable(name: string, rules: Grammar['rules']): ReadonlySet<string> {
  const found = new Set<string>()
  const look = (expression: Expression): void => {
    if (expression.kind === 'sequence') expression.items.forEach(look)
    else if (expression.kind === 'choice') expression.options.forEach(look)
    else if (expression.kind === 'repeat') look(expression.item)
    else if (expression.kind === 'rule' && !found.has(expression.name)) {
      found.add(expression.name)
      look(rules.get(expression.name) as Expression)
    }
  }
  look(rules.get(name) as Expression)
  return found
}
