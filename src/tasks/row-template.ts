import type { Template } from '@huggingface/jinja'

import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { InvalidRowError } from '../errors/invalid-row-error.js'
import { missingColumn } from './missing-column.js'
import type { Row } from './task.js'

type TemplateClass = typeof Template

/** A node of a parsed template. The library exports no types of them. */
type Node = Readonly<Record<string, unknown>>

const plainColumn = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g

/**
 * A Jinja template over the columns of a row. A column that the template reads and the row lacks is an error, unless
 * the template asks first (`is defined`, `default`).
 */
export class RowTemplate {
  readonly source: string
  readonly #columns: readonly string[]
  /** Text and names of columns in turns, where there is nothing else in the template. */
  readonly #pieces: readonly string[] | undefined
  readonly #template: Template

  /** @throws InvalidOptionError `INVALID_OPTION` when it is no valid template. */
  constructor(Class: TemplateClass, source: string, name: string) {
    this.source = source
    try {
      this.#template = new Class(source)
    } catch (cause) {
      throw new InvalidOptionError(`${name} is not a valid template: ${reasonOf(cause)}`, { cause, option: name })
    }
    const columns = new Set<string>()
    collectColumns(this.#template.parsed, new Set(), columns)
    this.#columns = [...columns]
    const pieces = source.split(plainColumn)
    // Jinja drops the line break after a block and the last one of a template: only what has none of that is simple.
    const isPlain = pieces.every((piece, index) => index % 2 === 1 || !/\{[{%#]/.test(piece)) && !source.endsWith('\n')
    this.#pieces = isPlain ? pieces : undefined
  }

  /** @throws InvalidRowError `INVALID_ROW` */
  render(row: Row): string {
    for (const name of this.#columns) if (row[name] === undefined) throw missingColumn(row, name)
    if (this.#pieces !== undefined) {
      const text = this.#pieces.map((piece, index) => (index % 2 === 0 ? piece : row[piece]))
      if (text.every((piece) => typeof piece === 'string')) return text.join('')
    }
    try {
      return this.#template.render({ ...row })
    } catch (cause) {
      throw new InvalidRowError(`The template fails on the row: ${reasonOf(cause)}`, { cause })
    }
  }
}

/** Names that the template reads from the row, as far as nothing in it checks or sets them. */
function collectColumns(node: unknown, known: ReadonlySet<string>, found: Set<string>): void {
  if (Array.isArray(node)) {
    // What one statement sets, the following ones know.
    let inside = known
    for (const item of node as readonly unknown[]) {
      collectColumns(item, inside, found)
      inside = new Set([...inside, ...namesSetBy(item)])
    }
    return
  }
  if (typeof node !== 'object' || node === null) return
  const fields = node as Node
  switch (fields['type']) {
    case 'Identifier': {
      const name = String(fields['value'])
      if (!known.has(name) && !globals.has(name)) found.add(name)
      return
    }
    case 'TestExpression': {
      const test = (fields['test'] as Node | undefined)?.['value']
      if (test !== 'defined' && test !== 'undefined') collectColumns(fields['operand'], known, found)
      return
    }
    case 'FilterExpression': {
      const filter = fields['filter'] as Node
      const name = (filter['callee'] as Node | undefined)?.['value'] ?? filter['value']
      if (name !== 'default') collectColumns(fields['operand'], known, found)
      collectColumns(filter['args'], known, found)
      return
    }
    case 'MemberExpression':
      collectColumns(fields['object'], known, found)
      if (fields['computed'] === true) collectColumns(fields['property'], known, found)
      return
    case 'KeywordArgumentExpression':
      collectColumns(fields['value'], known, found)
      return
    case 'Set':
      collectColumns(fields['value'], known, found)
      collectColumns(fields['body'], known, found)
      return
    case 'For': {
      collectColumns(fields['iterable'], known, found)
      const inside = new Set([...known, 'loop', ...identifiersIn(fields['loopvar'])])
      collectColumns(fields['body'], inside, found)
      collectColumns(fields['defaultBlock'], known, found)
      return
    }
    case 'If':
    case 'Ternary': {
      // Where the condition asks whether a column is there, both branches know what they do.
      const inside = new Set([...known, ...testedBy(fields['test'] ?? fields['condition'])])
      for (const part of Object.values(fields)) collectColumns(part, inside, found)
      return
    }
    case 'Macro':
      collectColumns(fields['body'], new Set([...known, ...identifiersIn(fields['args'])]), found)
      return
    default:
      for (const part of Object.values(fields)) collectColumns(part, known, found)
  }
}

/** What templates know without a row. */
const globals: ReadonlySet<string> = new Set([
  'false',
  'true',
  'none',
  'False',
  'True',
  'None',
  'range',
  'namespace',
  'raise_exception',
  'strftime_now',
  'loop',
])

function namesSetBy(node: unknown): readonly string[] {
  const fields = node as Node | null
  if (fields?.['type'] === 'Set') return identifiersIn(fields['assignee'])
  return fields?.['type'] === 'Macro' ? identifiersIn(fields['name']) : []
}

function identifiersIn(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(identifiersIn)
  if (typeof node !== 'object' || node === null) return []
  const fields = node as Node
  if (fields['type'] === 'Identifier') return [String(fields['value'])]
  if (fields['type'] === 'KeywordArgumentExpression') return identifiersIn(fields['key'])
  return Object.values(fields).flatMap(identifiersIn)
}

function testedBy(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return []
  const fields = node as Node
  if (fields['type'] === 'TestExpression') return identifiersIn(fields['operand'])
  return Object.values(fields).flatMap(testedBy)
}

function reasonOf(cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return /[.!?]$/.test(reason) ? reason : `${reason}.`
}
