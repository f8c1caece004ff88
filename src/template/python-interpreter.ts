import { Environment, Interpreter, type RuntimeValue, type Scope, type TemplateNode } from './jinja-runtime.js'
import { pythonEquals, pythonText, strip } from './python-text.js'

/**
 * Renders as Python does where the package does not (0.5.11): texts of values (`True`, `None`, `['a']`), equality by
 * content, `strip` with characters, keys that are numbers, and errors instead of silence for members of what is not there
 * and for sums of text and something else.
 *
 * It understands nodes that the package does not make: `Output`, an expression to be printed, `Located`, a statement whose
 * line is known, and `Value`, an expression that was evaluated.
 */
export class PythonInterpreter extends Interpreter {
  #failure: { readonly error: unknown; readonly line: number | undefined } | undefined

  /** The line of the source in which evaluation threw this error, when it is known. */
  lineOf(error: unknown): number | undefined {
    const failure = this.#failure
    return failure !== undefined && failure.error === error ? failure.line : undefined
  }

  override evaluate(node: TemplateNode | undefined, scope: Scope): RuntimeValue {
    switch (node?.type) {
      case 'Value':
        return node['value'] as RuntimeValue
      case 'Output':
        return toValue(pythonText(this.#evaluate(node['expression'], scope)))
      case 'Located':
        return this.#evaluateLocated(node, scope)
      case 'For':
        return this.#evaluateFor(node, scope)
      case 'ObjectLiteral':
        return this.#evaluateObject(node, scope)
      case 'MemberExpression':
        return this.#evaluateMember(node, scope)
      case 'BinaryExpression':
        return this.#evaluateBinary(node, scope)
      case 'FilterExpression':
        return this.#evaluateFilter(node, scope)
      case 'TestExpression':
        return this.#evaluateTest(node, scope)
      default:
        return super.evaluate(node, scope)
    }
  }

  #evaluate(node: unknown, scope: Scope): RuntimeValue {
    return this.evaluate(node as TemplateNode, scope)
  }

  /** What the package does with a node of which some parts are evaluated already. */
  #evaluateInPackage(node: TemplateNode, parts: Readonly<Record<string, RuntimeValue>>, scope: Scope): RuntimeValue {
    const values = Object.entries(parts).map(([name, value]) => [name, { type: 'Value', value }])
    return super.evaluate({ ...node, ...Object.fromEntries(values) }, scope)
  }

  #evaluateLocated(node: TemplateNode, scope: Scope): RuntimeValue {
    try {
      return this.#evaluate(node['statement'], scope)
    } catch (error) {
      // The statements around it see the same error. `break` and `continue` come by here, too; nobody asks for their line.
      if (this.#failure?.error !== error) this.#failure = { error, line: node['line'] as number | undefined }
      throw error
    }
  }

  /** Over the characters of a text, and over nothing where nothing is defined. */
  #evaluateFor(node: TemplateNode, scope: Scope): RuntimeValue {
    const iterable = node['iterable'] as TemplateNode
    const isSelect = iterable.type === 'SelectExpression'
    let values = this.#evaluate(isSelect ? iterable['lhs'] : iterable, scope)
    if (values.type === 'UndefinedValue') values = toValue([])
    else if (typeof values.value === 'string') values = toValue(Array.from(values.value))
    if (!isSelect) return this.#evaluateInPackage(node, { iterable: values }, scope)
    return super.evaluate({ ...node, iterable: { ...iterable, lhs: { type: 'Value', value: values } } }, scope)
  }

  #evaluateObject(node: TemplateNode, scope: Scope): RuntimeValue {
    const entries = Array.from(node['value'] as ReadonlyMap<unknown, unknown>, ([key, value]) => [
      this.#evaluate(key, scope).value,
      this.#evaluate(value, scope),
    ]) as readonly [unknown, RuntimeValue][]
    return withValue({}, new Map(entries))
  }

  #evaluateMember(node: TemplateNode, scope: Scope): RuntimeValue {
    const object = this.#evaluate(node['object'], scope)
    if (object.type === 'UndefinedValue') throw new Error(`${pathOf(node['object'])} is not defined.`)
    const property = node['property'] as TemplateNode
    if (node['computed'] !== true) {
      const method = property['value']
      if (object.type === 'StringValue' && (method === 'strip' || method === 'lstrip' || method === 'rstrip')) {
        return toValue((characters?: string) => strip(String(object.value), method, characters ?? undefined))
      }
    } else if (object.value instanceof Map && property.type !== 'SliceExpression') {
      const key = this.#evaluate(property, scope)
      if (key.type === 'StringValue') return this.#evaluateInPackage(node, { object, property: key }, scope)
      return (object.value as ReadonlyMap<unknown, RuntimeValue>).get(key.value) ?? toValue(undefined)
    }
    return this.#evaluateInPackage(node, { object }, scope)
  }

  #evaluateBinary(node: TemplateNode, scope: Scope): RuntimeValue {
    const operator = (node['operator'] as { readonly value: string }).value
    if (operator === 'and' || operator === 'or') return super.evaluate(node, scope)
    const left = this.#evaluate(node['left'], scope)
    const right = this.#evaluate(node['right'], scope)
    switch (operator) {
      case '==':
        return toValue(pythonEquals(left, right))
      case '!=':
        return toValue(!pythonEquals(left, right))
      case '~':
        return toValue(pythonText(left) + pythonText(right))
      case '+':
        if ((left.type === 'StringValue') !== (right.type === 'StringValue')) {
          throw new Error(`It adds ${nameOf(left)} and ${nameOf(right)}.`)
        }
        break
      case 'in':
      case 'not in':
        if (Array.isArray(right.value)) {
          const found = right.value.some((member: RuntimeValue) => pythonEquals(left, member))
          return toValue(found === (operator === 'in'))
        }
        break
      default:
    }
    return this.#evaluateInPackage(node, { left, right }, scope)
  }

  #evaluateFilter(node: TemplateNode, scope: Scope): RuntimeValue {
    const operand = this.#evaluate(node['operand'], scope)
    const filter = node['filter'] as TemplateNode
    const isCall = filter.type === 'CallExpression'
    const name = isCall ? (filter['callee'] as TemplateNode)['value'] : filter['value']
    const [first] = isCall ? (filter['args'] as readonly unknown[]) : []
    const { value } = operand
    if (name === 'string') return toValue(pythonText(operand))
    if (name === 'trim') {
      const characters = first === undefined ? undefined : pythonText(this.#evaluate(first, scope))
      return toValue(strip(pythonText(operand), 'strip', characters))
    }
    if ((name === 'min' || name === 'max') && Array.isArray(value) && first === undefined) {
      return extreme(value, name) ?? toValue(undefined)
    }
    if ((name === 'items' || name === 'dictsort') && value instanceof Map && first === undefined) {
      const entries = [...(value as ReadonlyMap<unknown, RuntimeValue>)]
      if (entries.some(([key]) => typeof key === 'number')) {
        if (name === 'dictsort') entries.sort(([a], [b]) => Number(a) - Number(b))
        return withValue(
          [],
          entries.map(([key, member]) => withValue([], [toValue(key), member])),
        )
      }
    }
    return this.#evaluateInPackage(node, { operand }, scope)
  }

  #evaluateTest(node: TemplateNode, scope: Scope): RuntimeValue {
    const operand = this.#evaluate(node['operand'], scope)
    const test = (node['test'] as TemplateNode)['value']
    if (test === 'iterable' && (operand.value instanceof Map || operand.type === 'UndefinedValue')) {
      return toValue(node['negate'] !== true)
    }
    return this.#evaluateInPackage(node, { operand }, scope)
  }
}

const scratch = new Environment()

/** The package's own conversion; its classes of values are not exported. */
function toValue(value: unknown): RuntimeValue {
  const converted = scratch.set('value', value)
  scratch.variables.delete('value')
  return converted
}

/** A value of the same class as that of `empty`, around values. */
function withValue(empty: object, value: unknown): RuntimeValue {
  return Object.assign(toValue(empty), { value })
}

function extreme(values: readonly RuntimeValue[], name: 'min' | 'max'): RuntimeValue | undefined {
  const numbers = values.map(({ value }) => Number(value))
  return values[numbers.indexOf(Math[name](...numbers))]
}

/** How the template writes an expression: `messages[0].content`. */
function pathOf(node: unknown): string {
  const { type, value, object, property, computed } = node as TemplateNode
  if (type === 'Identifier') return String(value)
  if (type !== 'MemberExpression') return 'what it reads'
  const name = (property as TemplateNode)['value']
  return pathOf(object) + (computed === true ? `[${JSON.stringify(name) ?? '...'}]` : `.${String(name)}`)
}

function nameOf({ type }: RuntimeValue): string {
  if (type === 'StringValue') return 'text'
  return type === 'ObjectValue' ? 'an object' : `a value of the type ${type.replace('Value', '').toLowerCase()}`
}
