/** The matrix of docs/servers.md, the capabilities of the dialects and the cases of the suite say the same. */
import { readFile } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import type { Route } from '../../src/contract/capabilities.js'
import { matrixIn, renderMatrix, serverDocs } from '../../scripts/write-server-docs.js'
import { matrixColumns } from './matrix.js'
import { caseOptions, outputFormats } from './option-cases.js'
import { backEnds } from './table.js'

const columns = matrixColumns()

it('is in docs/servers.md', async () => {
  expect(matrixIn(await readFile(serverDocs, 'utf8'))).toBe(renderMatrix())
})

it('has a column for each back end', () => {
  expect(columns.map(({ name }) => name)).toEqual([...backEnds.map(({ name }) => name), 'embedded'])
})

describe.each(backEnds.map((backEnd) => [backEnd.name, backEnd] as const))('%s', (name, backEnd) => {
  const column = columns.find((each) => each.name === name)
  const routes = Object.keys(backEnd.options) as readonly Route[]

  it('has the same routes', () => {
    expect(Object.keys(column?.routes ?? {})).toEqual(routes)
    expect(Object.keys(backEnd.outputs)).toEqual(routes)
    expect(column?.maxStops).toBe(backEnd.maxStops ?? Infinity)
  })

  it.each(routes)('has a case for each cell (%s)', (route) => {
    const cells = column?.routes[route]
    for (const option of caseOptions) {
      expect([option, cells?.[option]]).toEqual([option, backEnd.options[route]?.[option] !== 'refused'])
    }
    for (const format of outputFormats) {
      const form = backEnd.outputs[route]?.[format] ?? 'refused'
      const field = cells?.[format]
      if (form === 'refused' || form === 'words') expect([format, field]).toEqual([format, false])
      // The last name of the path, which the matrix calls the field by.
      else expect(field).toContain(Object.keys(form)[0]?.split('.').at(-1))
    }
  })
})
