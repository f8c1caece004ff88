import { expect, it } from 'vitest'

import type { JsonSchema } from '../contract/structured-output.js'
import { compileSchema } from './compile-schema.js'
import { unwrapped, wrapSchema } from './wrap-schema.js'

const tree: JsonSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  definitions: { leaf: { type: 'integer' } },
  anyOf: [{ $ref: '#/definitions/leaf' }, { type: 'array', items: { $ref: '#' }, minItems: 1 }],
}

it.each<[JsonSchema, unknown, boolean]>([
  [{ type: 'array', items: { type: 'integer' } }, [1, 2], true],
  [{ type: 'array', items: { type: 'integer' } }, ['a'], false],
  [tree, [1, [2, [3]]], true],
  [tree, [1, [2, []]], false],
  [{ $defs: { a: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/a/anyOf/0' }] } }, $ref: '#/$defs/a' }, null, true],
  [{ allOf: [{ $ref: '#/allOf/1' }, { type: 'string' }] }, 'a', true],
  [{ allOf: [{ $ref: '#/allOf/1' }, { type: 'string' }] }, 7, false],
])('the schema %j takes in its object what it takes outside', async (schema, value, fits) => {
  const { check } = await compileSchema(schema)
  const wrapped = await compileSchema(wrapSchema(schema))
  expect('value' in check(value)).toBe(fits)
  expect('value' in wrapped.check({ value })).toBe(fits)
  expect('value' in wrapped.check(value)).toBe(false)
  expect(unwrapped({ value })).toBe(value)
})
