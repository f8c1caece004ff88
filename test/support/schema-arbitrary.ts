import * as fc from 'fast-check'

/** A JSON Schema and a value that fits it, with the properties in the order of the schema. */
export interface SchemaAndValue {
  readonly schema: Readonly<Record<string, unknown>>
  readonly value: unknown
}

type Made = fc.Arbitrary<SchemaAndValue>

const word = fc.string({ unit: fc.constantFrom(...Array.from('abcxyz "\\/é😀\n')), maxLength: 8 })
const name = fc.string({ unit: fc.constantFrom(...Array.from('abc"\\ é_')), maxLength: 4 })

const strings: Made = fc
  .record({ value: word, less: fc.nat(3), more: fc.option(fc.nat(3)) })
  .map(({ value, less, more }) => {
    const { length } = Array.from(value)
    const bounds = { minLength: Math.max(0, length - less), ...(more === null ? {} : { maxLength: length + more }) }
    return { schema: { type: 'string', ...bounds }, value }
  })

const pattern = '^[A-C]{2}-[0-9]+(?:x|y)?$'
const patterned: Made = fc
  .stringMatching(new RegExp(pattern), { size: 'xsmall' })
  .map((value) => ({ schema: { type: 'string', pattern }, value }))

const limits = (
  less: fc.Arbitrary<number>,
): fc.Arbitrary<{ below: number | null; above: number | null; isSharp: boolean }> =>
  fc.record({ below: fc.option(less), above: fc.option(less), isSharp: fc.boolean() })

const integers: Made = fc
  .record({ value: fc.integer(), limit: limits(fc.nat(100_000)) })
  .map(({ value, limit: { below, above, isSharp } }) => ({
    schema: {
      type: 'integer',
      ...(below === null ? {} : isSharp ? { exclusiveMinimum: value - below - 0.5 } : { minimum: value - below }),
      ...(above === null ? {} : isSharp ? { exclusiveMaximum: value + above + 1 } : { maximum: value + above }),
    },
    value,
  }))

/** With as many digits as a grammar with limits allows, and without an exponent. */
const decimal = fc
  .tuple(fc.integer({ min: -9999, max: 9999 }), fc.nat(99_999), fc.nat(5))
  .map(([whole, part, digits]) => Number(`${whole}.${String(part).padStart(digits, '0')}`))
const numbers: Made = fc
  .record({ value: decimal, low: decimal, high: decimal, isSharp: fc.boolean(), sides: fc.nat(3) })
  .map(({ value, low, high, isSharp, sides }) => ({
    schema: {
      type: 'number',
      ...(sides % 2 === 0
        ? {}
        : isSharp && low < value
          ? { exclusiveMinimum: low }
          : { minimum: Math.min(low, value) }),
      ...(sides < 2 ? {} : isSharp && high > value ? { exclusiveMaximum: high } : { maximum: Math.max(high, value) }),
    },
    value,
  }))

const anyValue = fc
  .jsonValue({ maxDepth: 2, stringUnit: fc.constantFrom(...Array.from('ab "\\é')) })
  .filter((value) => !/\de/.test(JSON.stringify(value)))

const constants: Made = fc
  .array(fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null), fc.constant({ a: [1, 'b'] })), {
    minLength: 1,
    maxLength: 3,
  })
  .map((values) => ({
    schema: values.length === 1 ? { const: values[0] } : { enum: values },
    value: values.at(-1),
  }))

const plain: Made = fc.oneof(
  strings,
  patterned,
  integers,
  numbers,
  constants,
  fc.boolean().map((value) => ({ schema: { type: 'boolean' }, value })),
  fc.constant({ schema: { type: 'null' }, value: null }),
  fc.constant({ schema: { type: ['string', 'null'] }, value: null }),
  anyValue.map((value) => ({ schema: {}, value: JSON.parse(JSON.stringify(value)) as unknown })),
)

/** Schemas of all that a grammar can say, four levels deep at most. */
export const schemaAndValue: Made = fc.letrec<{ any: SchemaAndValue }>((tie) => {
  const any = tie('any')
  const objects = fc
    .record({
      members: fc.uniqueArray(fc.record({ name, made: any, isRequired: fc.boolean(), isThere: fc.boolean() }), {
        selector: (member) => member.name,
        maxLength: 4,
      }),
      isClosed: fc.boolean(),
    })
    .map(({ members, isClosed }) => ({
      schema: {
        type: 'object',
        properties: Object.fromEntries(members.map((member) => [member.name, member.made.schema])),
        required: members.filter(({ isRequired }) => isRequired).map((member) => member.name),
        ...(isClosed || members.length === 0 ? { additionalProperties: false } : {}),
      },
      value: Object.fromEntries(
        members
          .filter(({ isRequired, isThere }) => isRequired || isThere)
          .map((member) => [member.name, member.made.value]),
      ),
    }))
  const maps = fc.record({ keys: fc.uniqueArray(name, { maxLength: 3 }), made: any }).map(({ keys, made }) => ({
    schema: { type: 'object', additionalProperties: made.schema },
    value: Object.fromEntries(keys.map((key) => [key, made.value])),
  }))
  const arrays = fc
    .record({ made: any, times: fc.nat(3), less: fc.nat(2), more: fc.option(fc.nat(2)) })
    .map((parts) => {
      const { made, times, less, more } = parts
      const bounds = { minItems: Math.max(0, times - less), ...(more === null ? {} : { maxItems: times + more }) }
      return {
        schema: { type: 'array', items: made.schema, ...bounds },
        value: Array.from({ length: times }, () => made.value),
      }
    })
  const tuples = fc
    .record({ made: fc.array(any, { minLength: 1, maxLength: 3 }), cut: fc.nat(2) })
    .map(({ made, cut }) => ({
      schema: { type: 'array', prefixItems: made.map(({ schema }) => schema), items: false },
      value: made.slice(cut).length === 0 ? [] : made.slice(0, made.length - cut).map(({ value }) => value),
    }))
  const unions = fc.tuple(any, any).map(([one, other]) => ({
    schema: { anyOf: [other.schema, one.schema] },
    value: one.value,
  }))
  const sums = objects.map(({ schema, value }) => {
    const { required, ...others } = schema
    return { schema: { allOf: [others, { type: 'object', required }] }, value }
  })
  const deep = fc.oneof(objects, maps, arrays, tuples, unions, sums)
  return {
    any: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { arbitrary: plain, weight: 2 },
      { arbitrary: deep, weight: 3 },
    ),
  }
}).any
