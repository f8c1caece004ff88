import { choice, type Expression, isNever, never, repeat, sequence } from './expression.js'
import { textLengths } from './text-lengths.js'

/** Longer texts are not told apart from those without an end. */
const mostRepetitions = 4096

/**
 * The texts of an expression without rules that have from `min` to `max` characters, or many of them: the number of repetitions is
 * limited to one that fits wherever they stand. `undefined`: that finds none, or not the shortest.
 */
export function fitLength(expression: Expression, min: number, max: number): Expression | undefined {
  const { min: least, max: most } = textLengths(expression)
  if (least >= min && most <= max) return expression
  const atLeast =
    least >= min
      ? expression
      : search(
          (times) => raised(expression, times, min),
          (found) => textLengths(found).min >= min,
        )
  if (atLeast === undefined) return undefined
  const { max: longest } = textLengths(atLeast)
  if (longest <= max) return atLeast
  const limits = Array.from({ length: 65 }, (_, times) => 64 - times)
  const start = Math.min(max, mostRepetitions)
  for (const times of [...halves(start), ...limits]) {
    const found = lowered(atLeast, times, max)
    if (!isNever(found) && textLengths(found).max <= max) return found
  }
  return undefined
}

function halves(from: number): readonly number[] {
  const steps: number[] = []
  for (let times = from; times > 64; times = Math.floor(times * 0.9)) steps.push(times)
  return steps
}

function search(make: (times: number) => Expression, fits: (found: Expression) => boolean): Expression | undefined {
  for (let times = 1; times <= mostRepetitions; times = times < 64 ? times + 1 : Math.ceil(times * 1.1)) {
    const found = make(times)
    if (!isNever(found) && fits(found)) return found
  }
  return undefined
}

/** With `times` repetitions at least wherever there may be so many, and without alternatives that are too short. */
function raised(expression: Expression, times: number, min: number, isWhole = true): Expression {
  switch (expression.kind) {
    case 'sequence':
      return sequence(...expression.items.map((item) => raised(item, times, min, false)))
    case 'choice': {
      const options = expression.options.map((option) => raised(option, times, min, isWhole))
      return choice(...(isWhole ? options.filter((option) => textLengths(option).min >= min) : options))
    }
    case 'repeat': {
      const { item, min: least, max } = expression
      return repeat(item, Math.max(least, typeof max === 'number' ? Math.min(times, max) : times), max)
    }
    default:
      return expression
  }
}

/** With `times` repetitions at most, or as many as there must be, and without what is longer than `max` by itself. */
function lowered(expression: Expression, times: number, max: number): Expression {
  const { min: least } = textLengths(expression)
  if (least > max) return never
  switch (expression.kind) {
    case 'sequence':
      return sequence(...expression.items.map((item) => lowered(item, times, max - least + textLengths(item).min)))
    case 'choice':
      return choice(...expression.options.map((option) => lowered(option, times, max)))
    case 'repeat': {
      const { item, min, max: most } = expression
      const each = textLengths(item).min
      const room = each === 0 ? Infinity : Math.floor(max / each)
      const limit = Math.min(room, Math.max(min, typeof most === 'number' ? Math.min(times, most) : times))
      return repeat(lowered(item, times, max), min, limit)
    }
    default:
      return expression
  }
}
