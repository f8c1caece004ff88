import { basename } from 'node:path'

import { InvalidRowError } from '../../errors/invalid-row-error.js'
import type { Row } from '../../tasks/task.js'
import type { SourcePosition, SourceRow } from './source.js'

/** A row that is a line of a file. It is parsed when its columns are asked for, since most readers need only its text. */
export class JsonRow implements SourceRow {
  readonly position: SourcePosition
  /** `undefined`: the line is not UTF-8. */
  readonly #text: string | undefined
  readonly #path: string

  constructor(position: SourcePosition, text: string | undefined, path: string) {
    this.position = position
    this.#text = text
    this.#path = path
  }

  get index(): number {
    return this.position.row
  }

  get place(): string {
    return `${basename(this.#path)}:${this.position.line + 1}`
  }

  get json(): string | undefined {
    return this.#text
  }

  get columns(): Row {
    if (this.#text === undefined) throw new InvalidRowError('The line is not UTF-8 text: save the file as UTF-8.')
    let value: unknown
    try {
      value = JSON.parse(this.#text)
    } catch (cause) {
      // It quotes the line, control characters included.
      const reason = (cause as Error).message.replaceAll(/\s+/g, ' ')
      throw new InvalidRowError(`The line is not JSON: ${reason}.`, { cause })
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      const kind = Array.isArray(value) ? 'an array' : `a ${value === null ? 'null' : typeof value}`
      throw new InvalidRowError(`The line holds ${kind}; it must be an object with the row's columns.`)
    }
    return value as Row
  }
}
