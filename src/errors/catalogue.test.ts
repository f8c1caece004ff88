import { readdirSync, readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { errorDocs, renderErrorDocs } from '../../scripts/write-error-docs.js'
import * as surface from '../index.js'
import { errorCatalogue } from './catalogue.js'
import { HeadraceError, isHeadraceError } from './headrace-error.js'

type ErrorClass = new (message: string, options: object) => HeadraceError

/** The class of every file here, by its name. */
const classes = new Map<string, ErrorClass>()
for (const file of readdirSync(new URL('.', import.meta.url))) {
  if (!file.endsWith('-error.ts') || file === 'headrace-error.ts') continue
  const module = (await import(new URL(file, import.meta.url).href)) as Record<string, ErrorClass>
  for (const [name, value] of Object.entries(module)) classes.set(name, value)
}

const entries = Object.entries(errorCatalogue)

describe('the catalogue', () => {
  it.each([...classes.keys()])('has the code of %s once', (name) => {
    const Class = classes.get(name) as ErrorClass
    const error = new Class('Told.', { issues: [], phase: 'idle', context: { a: 1 }, status: 7, retryAfterMs: 8 })
    expect(error).toBeInstanceOf(HeadraceError)
    expect(isHeadraceError(error)).toBe(true)
    expect(error.name).toBe(name)
    expect(String(error)).toBe(`${name}: Told.`)
    expect(entries.filter(([, { className }]) => className === name).map(([code]) => code)).toEqual([error.code])
    expect(error).toMatchObject({ context: { a: 1 }, status: 7, retryAfterMs: 8, partial: undefined })
  })

  it('has no code without a class, and every class is public', () => {
    expect(entries.map(([, { className }]) => className).toSorted()).toEqual([...classes.keys()].toSorted())
    for (const [name, value] of classes) expect((surface as Record<string, unknown>)[name]).toBe(value)
  })

  it('says of each code what it means and what to do, in sentences', () => {
    for (const [, { meaning, action }] of entries) {
      expect(meaning).toMatch(/^[A-Z`].*\.$/)
      expect(action).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('is what docs/errors.md says; if not, run: npx tsx scripts/write-error-docs.ts', () => {
    expect(readFileSync(errorDocs, 'utf8')).toBe(renderErrorDocs())
  })
})

describe('isHeadraceError', () => {
  it('knows an error of another copy of the package, and no other', () => {
    const foreign = Object.assign(new Error('x'), { code: 'ABORTED', isRetryable: false, context: {} })
    expect(isHeadraceError(foreign)).toBe(true)
    expect(isHeadraceError(Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toBe(false)
    expect(isHeadraceError({ code: 'ABORTED', isRetryable: false, context: {} })).toBe(false)
    expect(isHeadraceError(undefined)).toBe(false)
  })
})
