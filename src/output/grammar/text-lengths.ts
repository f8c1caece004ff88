import type { Expression } from './expression.js'

export interface TextLengths {
  readonly min: number
  readonly max: number
}

/** How many characters the texts of an expression without rules have. */
export function textLengths(expression: Expression): TextLengths {
  switch (expression.kind) {
    case 'text': {
      const { length } = Array.from(expression.text)
      return { min: length, max: length }
    }
    case 'chars':
      return { min: 1, max: 1 }
    case 'sequence':
      return expression.items
        .map(textLengths)
        .reduce((sum, each) => ({ min: sum.min + each.min, max: sum.max + each.max }))
    case 'choice':
      return expression.options
        .map(textLengths)
        .reduce((all, each) => ({ min: Math.min(all.min, each.min), max: Math.max(all.max, each.max) }), {
          min: Infinity,
          max: 0,
        })
    case 'repeat': {
      const { min, max } = textLengths(expression.item)
      return { min: min * expression.min, max: max * (typeof expression.max === 'number' ? expression.max : Infinity) }
    }
    case 'rule':
      return { min: 1, max: Infinity }
  }
}
