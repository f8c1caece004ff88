import type { ColumnType, ColumnTypes } from './column-type.js'

/** A struct with more fields is likely a map, whose keys are data: it becomes JSON text. */
const mostFields = 100
const deepest = 12

const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n }

/**
 * What type the values of one column have, from all of them. Whatever it comes to holds every value: where they have no
 * type in common, the column is JSON text.
 */
export class ColumnGuess {
  readonly #depth: number
  #hasBoolean = false
  #hasInteger = false
  /** An integer that no double holds. */
  #hasLong = false
  /** An integer that no column of integers holds. */
  #hasHuge = false
  #hasDouble = false
  #hasString = false
  #element: ColumnGuess | undefined
  #fields: RowGuess | undefined

  constructor(depth = 0) {
    this.#depth = depth
  }

  add(value: unknown): void {
    if (typeof value === 'string') this.#hasString = true
    else if (typeof value === 'number') {
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.#hasInteger = true
      else this.#hasDouble = true
    } else if (typeof value === 'boolean') this.#hasBoolean = true
    else if (typeof value === 'bigint') {
      this.#hasLong = true
      this.#hasHuge ||= value < int64.least || value > int64.most
    } else if (Array.isArray(value)) {
      this.#element ??= new ColumnGuess(this.#depth + 1)
      for (const element of value) this.#element.add(element)
    } else if (typeof value === 'object' && value !== null) {
      this.#fields ??= new RowGuess(this.#depth + 1)
      this.#fields.add(value as Readonly<Record<string, unknown>>)
    }
  }

  /** A column of nulls is one of texts. */
  get type(): ColumnType {
    const isNumber = this.#hasInteger || this.#hasLong || this.#hasDouble
    const kinds = [this.#hasBoolean, isNumber, this.#hasString, this.#element, this.#fields]
    const found = kinds.filter((kind) => kind !== undefined && kind !== false).length
    if (found > 1 || this.#depth > deepest) return { kind: 'json' }
    if (isNumber) {
      if (this.#hasHuge || (this.#hasLong && this.#hasDouble)) return { kind: 'json' }
      return { kind: this.#hasDouble ? 'double' : 'int64' }
    }
    if (this.#hasBoolean) return { kind: 'boolean' }
    if (this.#element !== undefined) return { kind: 'list', element: this.#element.type }
    if (this.#fields !== undefined) {
      const isStruct = this.#fields.size > 0 && this.#fields.size <= mostFields
      return isStruct ? { kind: 'struct', fields: this.#fields.types } : { kind: 'json' }
    }
    return { kind: 'string' }
  }
}

/** The types of columns, or of the fields of structs; they keep the order in which they are first met. */
export class RowGuess {
  readonly #depth: number
  readonly #columns = new Map<string, ColumnGuess>()

  constructor(depth = 0) {
    this.#depth = depth
  }

  get size(): number {
    return this.#columns.size
  }

  add(row: Readonly<Record<string, unknown>>): void {
    for (const name in row) {
      let column = this.#columns.get(name)
      if (column === undefined) this.#columns.set(name, (column = new ColumnGuess(this.#depth)))
      column.add(row[name])
    }
  }

  get types(): ColumnTypes {
    return [...this.#columns].map(([name, column]) => [name, column.type])
  }
}
