import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { Gbnf } from '../../../test/support/gbnf.js'
import { schemaAndValue } from '../../../test/support/schema-arbitrary.js'
import { jsonSchemaToGbnf } from './json-schema-to-gbnf.js'

type Schema = Readonly<Record<string, unknown>>

const random = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))
const plenty = { maxTokens: 1e30 }

function compile(schema: Schema, options: Parameters<typeof jsonSchemaToGbnf>[1] = plenty): Gbnf {
  return new Gbnf(jsonSchemaToGbnf(schema, options).grammar)
}

const ajv = new Ajv2020({ strict: false, logger: false, validateSchema: false, multipleOfPrecision: 5 })

function validator(schema: Schema): (value: unknown) => boolean {
  return ajv.compile(schema)
}

describe('random schemas', () => {
  it('accept their values', () => {
    fc.assert(
      fc.property(schemaAndValue, ({ schema, value }) => {
        expect(validator(schema)(value)).toBe(true)
        expect(compile(schema).accepts(JSON.stringify(value))).toBe(true)
      }),
      { seed: 1, numRuns: 120 },
    )
  })

  it('accept nothing else', () => {
    fc.assert(
      fc.property(schemaAndValue, random, ({ schema }, stream) => {
        const isValid = validator(schema)
        const gbnf = compile(schema)
        for (let time = 0; time < 3; time++) {
          const text = gbnf.write(() => stream.next().value as number)
          expect(isValid(JSON.parse(text))).toBe(true)
        }
      }),
      { seed: 2, numRuns: 100 },
    )
  })
})

const tree = {
  $defs: {
    node: {
      type: 'object',
      properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
      required: ['value', 'next'],
    },
  },
  $ref: '#/$defs/node',
}

/** What each accepts and refuses, as JSON texts. */
const cases: readonly (readonly [name: string, schema: Schema, yes: readonly string[], no: readonly string[]])[] = [
  [
    'compact texts only',
    { type: 'object', properties: { a: {} }, required: ['a'] },
    ['{"a":1}', '{"a":[{}]}'],
    ['{"a": 1}', '{ }', '{}'],
  ],
  [
    'optional properties in their order',
    { type: 'object', properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } }, required: ['b'] },
    ['{"b":2}', '{"a":1,"b":2}', '{"b":2,"c":3}', '{"a":1,"b":2,"c":3}'],
    ['{}', '{"a":1}', '{"b":2,"a":1}', '{"a":1,"c":3}', '{"b":2,}', '{"b":2,"d":4}'],
  ],
  [
    'further properties with other names',
    { type: 'object', properties: { ab: { type: 'integer' } }, additionalProperties: { type: 'boolean' } },
    ['{}', '{"ab":1}', '{"ab":1,"a":true}', '{"abc":true,"":false}'],
    ['{"ab":true}', '{"ab":1,"ab":true}', '{"a":1}'],
  ],
  [
    'required properties that are not declared',
    { type: 'object', required: ['x'] },
    ['{"x":1}', '{"x":null,"y":2}'],
    ['{}', '{"y":2}'],
  ],
  ['an object of which nothing is said', { type: 'object' }, ['{}', '{"a":{"b":[1]}}'], ['[]']],
  ['an empty object', { type: 'object', additionalProperties: false }, ['{}'], ['{"a":1}']],
  [
    'names from a list',
    { type: 'object', propertyNames: { enum: ['a', 'b'] }, additionalProperties: { type: 'null' } },
    ['{}', '{"b":null}', '{"a":null,"b":null}'],
    ['{"c":null}'],
  ],
  [
    'names by a pattern',
    { type: 'object', propertyNames: { pattern: '^x[0-9]$' }, additionalProperties: { type: 'null' } },
    ['{}', '{"x1":null,"x2":null}'],
    ['{"y1":null}'],
  ],
  [
    'the number of properties',
    { type: 'object', minProperties: 1, maxProperties: 2, additionalProperties: { type: 'null' } },
    ['{"a":null}', '{"a":null,"b":null}'],
    ['{}', '{"a":null,"b":null,"c":null}'],
  ],
  [
    'lists with a length',
    { type: 'array', items: { type: 'null' }, minItems: 1, maxItems: 2 },
    ['[null]', '[null,null]'],
    ['[]', '[null,null,null]'],
  ],
  [
    'tuples',
    { type: 'array', prefixItems: [{ type: 'null' }, { const: 1 }], items: { const: 2 }, minItems: 2 },
    ['[null,1]', '[null,1,2,2]'],
    ['[null]', '[null,2]', '[null,1,1]'],
  ],
  ['tuples of draft 7', { type: 'array', items: [{ const: 1 }], additionalItems: false }, ['[]', '[1]'], ['[1,1]']],
  [
    'integers between',
    { type: 'integer', minimum: -12, exclusiveMaximum: 105 },
    ['-12', '0', '9', '99', '104', '-1'],
    ['-13', '105', '010', '1.0', '-0'],
  ],
  ['integers from', { type: 'integer', minimum: 18 }, ['18', '19', '20', '100', '99999'], ['17', '2', '-20']],
  ['integers to', { type: 'integer', maximum: -5 }, ['-5', '-10', '-99'], ['-4', '0', '5']],
  [
    'numbers between',
    { type: 'number', minimum: 0.25, exclusiveMaximum: 1.5 },
    ['0.25', '0.3', '1', '1.0', '1.49'],
    ['0.2', '0.24', '0', '1.5', '1.50', '2', '-1'],
  ],
  ['numbers above zero', { type: 'number', exclusiveMinimum: 0 }, ['0.1', '0.001', '1', '100.5'], ['0', '0.0', '-1']],
  ['numbers below zero', { type: 'number', exclusiveMaximum: 0 }, ['-0.1', '-5', '-10.25'], ['0', '-0', '0.1']],
  ['numbers', { type: 'number' }, ['0', '-1.5', '1e5', '2.5E-7'], ['01', '.5', '1.', '+1', 'NaN']],
  ['several types', { type: ['integer', 'null'] }, ['1', 'null'], ['"1"', '1.5']],
  ['the types that are meant', { minimum: 5 }, ['5'], ['4', '"a"']],
  [
    'a part of a text by a pattern',
    { type: 'string', pattern: 'a"' },
    [String.raw`"a\""`, String.raw`"ba\"c"`],
    ['"a"', '"ab"'],
  ],
  [
    'the length of a class',
    { type: 'string', pattern: '^[a-z]+$', maxLength: 3 },
    ['"a"', '"abc"'],
    ['""', '"abcd"', '"A"'],
  ],
  [
    'long texts',
    { type: 'string', minLength: 300, maxLength: 1001 },
    [`"${'a'.repeat(300)}"`, `"${'a'.repeat(700)}"`, `"${'a'.repeat(1001)}"`],
    [`"${'a'.repeat(299)}"`, `"${'a'.repeat(1002)}"`],
  ],
  ['texts by characters, not by units', { type: 'string', maxLength: 1 }, ['"😀"', String.raw`"\n"`], ['"ab"']],
  [
    'what is in all',
    {
      allOf: [
        { type: 'object', properties: { a: { minimum: 1 } } },
        { type: 'object', properties: { a: { type: 'integer', maximum: 2 } }, required: ['a'] },
      ],
    },
    ['{"a":1}', '{"a":2}'],
    ['{}', '{"a":3}', '{"a":0}'],
  ],
  [
    'what stands beside anyOf',
    {
      type: 'object',
      properties: { a: { const: 1 }, b: { const: 2 } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    },
    ['{"a":1}', '{"b":2}', '{"a":1,"b":2}'],
    ['{}'],
  ],
  [
    'one of several',
    {
      oneOf: [
        { type: 'object', properties: { kind: { const: 'a' } }, required: ['kind'] },
        { type: 'object', properties: { kind: { const: 'b' }, x: { type: 'integer' } }, required: ['kind', 'x'] },
      ],
    },
    ['{"kind":"a"}', '{"kind":"b","x":1}'],
    ['{"kind":"b"}'],
  ],
  [
    'references beside others',
    { $defs: { a: { type: 'integer' } }, type: 'array', items: { $ref: '#/$defs/a', minimum: 3 } },
    ['[3]'],
    ['[2]', '["a"]'],
  ],
  ['anchors', { $defs: { a: { $anchor: 'here', const: 1 } }, $ref: '#here' }, ['1'], ['2']],
  [
    'recursion',
    tree,
    ['{"value":1,"next":null}', '{"value":1,"next":{"value":2,"next":null}}'],
    ['{"value":1}', '{"value":1,"next":{}}'],
  ],
  ['recursion at the root', { type: 'array', items: { $ref: '#' } }, ['[]', '[[],[[]]]'], ['[1]']],
  [
    'what is allowed nowhere',
    { type: 'object', properties: { a: false, b: { not: {} }, c: { const: 1 } } },
    ['{}', '{"c":1}'],
    ['{"a":1}', '{"b":1}'],
  ],
  [
    'values of the type beside them',
    { type: 'string', enum: ['a', 1, null, 'long'], maxLength: 2 },
    ['"a"'],
    ['1', 'null', '"long"'],
  ],
  [
    'one and not the other',
    { oneOf: [{ type: 'integer' }, { type: 'number', minimum: 2 }, { const: 'a' }] },
    ['1', '-5', '"a"'],
    ['2', '3', '"b"'],
  ],
  [
    'one of two objects',
    {
      oneOf: [
        { type: 'object', properties: { a: { const: 1 } }, required: ['a'] },
        { type: 'object', properties: { b: { type: 'string' } }, required: ['b'] },
      ],
    },
    ['{"a":1}', '{"b":""}'],
    ['{"a":1,"b":""}', '{"b":"","a":1}', '{}'],
  ],
  ['what is not', { type: 'string', not: { enum: ['', 'no', 'non'] } }, ['"n"', '"not"'], ['""', '"no"', '"non"']],
  [
    'what is not, by limits',
    {
      type: ['string', 'integer', 'null'],
      not: { anyOf: [{ type: 'null' }, { type: 'number', minimum: 3 }, { type: 'string', maxLength: 1 }] },
    },
    ['2', '"ab"'],
    ['3', '"a"', 'null'],
  ],
  [
    'a condition',
    {
      type: 'object',
      properties: { kind: { enum: ['a', 'b'] }, x: { const: 1 } },
      required: ['kind'],
      if: { properties: { kind: { const: 'b' } } },
      else: { required: ['x'] },
    },
    ['{"kind":"a","x":1}', '{"kind":"b"}', '{"kind":"b","x":1}'],
    ['{"kind":"a"}'],
  ],
  [
    'dependencies',
    {
      type: 'object',
      properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } },
      dependentRequired: { a: ['b'] },
      dependentSchemas: { c: { required: ['a'] } },
    },
    ['{}', '{"b":2}', '{"a":1,"b":2}', '{"a":1,"b":2,"c":3}'],
    ['{"a":1}', '{"c":3}', '{"b":2,"c":3}'],
  ],
  [
    'properties by patterns',
    {
      type: 'object',
      properties: { id: { const: 0 } },
      patternProperties: { '^x[0-9]?$': { type: 'null' }, '^y': { type: 'boolean' } },
      additionalProperties: false,
    },
    ['{}', '{"id":0}', '{"id":0,"x":null,"yes":true}', '{"x1":null}'],
    ['{"x":true}', '{"z":null}', '{"x12":null}', '{"y":null}'],
  ],
  [
    'lengths beside a pattern',
    { type: 'string', pattern: '^[a-z]+-[a-z]+$', minLength: 5, maxLength: 7 },
    ['"ab-ab"', '"abc-abc"'],
    ['"a-b"', '"abcd-abcd"'],
  ],
  [
    'items that differ',
    { type: 'array', items: { enum: ['a', 'b', 'c'] }, uniqueItems: true, minItems: 1, maxItems: 2 },
    ['["a"]', '["a","c"]', '["b","c"]'],
    ['[]', '["a","a"]', '["a","b","c"]'],
  ],
  [
    'items that are contained',
    { type: 'array', items: { type: 'integer' }, contains: { minimum: 5 }, minContains: 2 },
    ['[5,6]', '[7,9,1]'],
    ['[]', '[5]', '[5,1]'],
  ],
  [
    'at most so many that are contained',
    { type: 'array', items: { enum: [1, 2] }, contains: { const: 2 }, minContains: 0, maxContains: 1 },
    ['[]', '[1]', '[2,1,1]'],
    ['[2,2]', '[1,2,2]'],
  ],
  ['multiples between', { type: 'integer', minimum: -5, maximum: 10, multipleOf: 5 }, ['-5', '0', '10'], ['1', '15']],
  ['multiples of hundredths', { type: 'number', minimum: 0, multipleOf: 0.01 }, ['19.99', '0.1', '5'], ['0.001', '-1']],
  ['multiples without end', { type: 'integer', multipleOf: 25 }, ['0', '25', '-1075', '100'], ['10', '1026', '-0']],
  ['numbers of a format', { type: 'integer', format: 'int32' }, ['0', '2147483647'], ['2147483648', '-2147483649']],
  [
    'names by their length beside others',
    {
      type: 'object',
      properties: { a: {}, long: {} },
      propertyNames: { maxLength: 2 },
      additionalProperties: { const: 1 },
    },
    ['{"a":2}', '{"b":1}', '{"a":"","bc":1}'],
    ['{"long":1}', '{"abc":1}'],
  ],
  [
    'values with what stands beside them',
    { enum: [{ a: 1 }, { a: 'x', b: 2 }, [1, 2, 3]], required: ['b'], maxItems: 2 },
    ['{"a":"x","b":2}'],
    ['{"a":1}', '[1,2,3]'],
  ],
  [
    'what only describes',
    {
      type: 'null',
      title: 'T',
      description: 'D',
      default: 1,
      examples: [2],
      deprecated: true,
      readOnly: true,
      $comment: 'C',
      'x-own': 1,
      contentEncoding: 'base64',
    },
    ['null'],
    ['1'],
  ],
]

it.each(cases)('%s', (_name, schema, yes, no) => {
  const { grammar, warnings } = jsonSchemaToGbnf(schema, plenty)
  const gbnf = new Gbnf(grammar)
  const isValid = validator(Array.isArray(schema['items']) ? {} : schema)
  for (const text of yes) {
    expect([text, gbnf.accepts(text)]).toEqual([text, true])
    expect([text, isValid(JSON.parse(text))]).toEqual([text, true])
  }
  for (const text of no) expect([text, gbnf.accepts(text)]).toEqual([text, false])
  expect(warnings.filter(({ code }) => code !== 'bounded-output')).toEqual([])
})

it('a reference to itself says nothing', () => {
  const gbnf = compile({ anyOf: [{ $ref: '#' }, { const: 1 }] })
  expect(['1', '2'].map((text) => gbnf.accepts(text))).toEqual([true, false])
})

it('leaves out what would never end', () => {
  const gbnf = compile({
    $defs: { endless: { type: 'object', properties: { more: { $ref: '#/$defs/endless' } }, required: ['more'] } },
    type: 'object',
    properties: { a: { const: 1 }, b: { $ref: '#/$defs/endless' } },
  })
  expect(['{}', '{"a":1}'].map((text) => gbnf.accepts(text))).toEqual([true, true])
})

it.each([
  ['date', '2024-02-29', '2023-02-29'],
  ['date', '1999-12-31', '1999-13-01'],
  ['time', '23:59:59Z', '24:00:00Z'],
  ['date-time', '2024-01-31T00:00:00.5+02:00', '2024-01-31 00:00:00'],
  ['duration', 'P3DT4H', '3 days'],
  ['email', 'ada.lovelace@example.org', 'ada@'],
  ['hostname', 'www.example.org', '-a'],
  ['ipv4', '255.10.0.1', '256.1.1.1'],
  ['ipv6', '2001:db8:0:0:0:0:0:1', 'g::1'],
  ['uri', 'https://example.org/a/b', 'example'],
  ['uuid', '123e4567-e89b-42d3-a456-426614174000', '123e4567'],
  ['json-pointer', '/a~1b/0', 'a'],
])('the format %s has %s and not %s', (format, yes, no) => {
  const gbnf = compile({ type: 'string', format })
  expect([yes, no].map((text) => gbnf.accepts(JSON.stringify(text)))).toEqual([true, false])
})

it.each([
  ['a date', z.iso.date()],
  ['a time', z.iso.time()],
  ['a date and time', z.iso.datetime()],
  ['an address', z.email()],
  ['a web address', z.url()],
  ['an identifier', z.uuid()],
  ['a network address', z.ipv4()],
  ['a duration', z.iso.duration()],
  ['a record', z.record(z.enum(['a', 'b']), z.int())],
  ['a partial record', z.partialRecord(z.enum(['a', 'b']), z.int())],
  ['a tuple', z.tuple([z.string(), z.number()], z.boolean())],
  ['a literal', z.literal(['a', 1, null])],
  ['a user', z.object({ name: z.string().min(1), age: z.int().min(0).max(150), tags: z.array(z.string()).optional() })],
  [
    'a union',
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('a') }),
      z.object({ kind: z.literal('b'), n: z.number().positive() }),
    ]),
  ],
])('zod accepts what the grammar of %s makes', (_name, schema) => {
  const { grammar, warnings } = jsonSchemaToGbnf(z.toJSONSchema(schema, { io: 'input' }), plenty)
  const gbnf = new Gbnf(grammar)
  expect(warnings.filter(({ code }) => code !== 'bounded-output')).toEqual([])
  fc.assert(
    fc.property(random, (stream) => {
      const text = gbnf.write(() => stream.next().value as number)
      expect(schema.safeParse(JSON.parse(text))).toMatchObject({ success: true })
    }),
    { seed: 3, numRuns: 30 },
  )
})

describe('a keyword that no grammar can express is named with its place', () => {
  it.each<[Schema, string]>([
    [{ type: 'string', not: { pattern: 'a' } }, '/not'],
    [{ type: 'object', properties: { a: { type: 'array', uniqueItems: true } } }, '/properties/a/uniqueItems'],
    [{ type: 'array', items: { type: 'integer', multipleOf: 3 } }, '/items/multipleOf'],
    [{ type: 'object', patternProperties: { '^x': {} }, propertyNames: { maxLength: 3 } }, '/propertyNames'],
    [{ if: { pattern: 'a' }, else: { minimum: 1 } }, '/if'],
    [{ oneOf: [{ type: 'string' }, { pattern: 'a' }] }, '/oneOf'],
    [{ type: 'object', minProperties: 2 }, '/minProperties'],
    [{ type: 'object', properties: { a: {}, b: {} }, maxProperties: 1 }, '/maxProperties'],
    [
      { type: 'object', properties: { a: {} }, propertyNames: { pattern: '^[ab]$' }, additionalProperties: true },
      '/propertyNames',
    ],
    [{ type: 'object', not: { required: ['a'] }, unevaluatedProperties: false }, '/unevaluatedProperties'],
    [{ type: 'array', contains: { pattern: 'a' }, maxContains: 1 }, '/not'],
    [{ type: 'array', allOf: [{ contains: { const: 1 } }, { contains: { const: 2 } }] }, '/contains'],
    [{ type: 'string', pattern: '^a{3}$', maxLength: 2 }, '/maxLength'],
    [{ type: 'string', pattern: '^a{3}$', minLength: 4 }, '/minLength'],
    [{ type: 'string', pattern: '^a+$', not: { const: 'a' } }, 'the exception'],
    [{ $defs: { 'a/b': { allOf: [{ pattern: 'a' }, { pattern: 'b' }] } }, $ref: '#/$defs/a~1b' }, '/pattern'],
    [{ type: 'string', pattern: '(?=a)' }, 'a lookahead'],
    [{ $ref: 'https://example.org/other' }, '$ref'],
    [{ $dynamicRef: '#a' }, '/$dynamicRef'],
    [{ type: 'string', enum: [1] }, 'no value fits'],
    [{ type: 'integer', minimum: 2, maximum: 1 }, 'no value fits'],
    [{ type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] }, 'no value fits'],
  ])('%j: %s', (schema, named) => {
    expect(() => jsonSchemaToGbnf(schema)).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_OPTION',
        option: 'structuredOutput',
        message: expect.stringContaining(named),
      }),
    )
  })

  it('unless it asks for nothing', () => {
    const schema = {
      type: 'array',
      maxItems: 1,
      uniqueItems: true,
      items: { type: 'integer', multipleOf: 1, patternProperties: {}, minContains: 0 },
    }
    expect(compile(schema).accepts('[1]')).toBe(true)
  })
})

describe('a warning tells', () => {
  it('which format is not known', () => {
    expect(jsonSchemaToGbnf({ type: 'string', format: 'isbn', maxLength: 5 }).warnings).toMatchObject([
      { code: 'format-ignored', message: expect.stringContaining('"isbn" at /format') },
    ])
  })
})

describe('bounds', () => {
  const thirty = {
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`field_${index}`, { type: 'string' }])),
    required: Array.from({ length: 30 }, (_, index) => `field_${index}`),
  }

  it('keep free texts within the tokens', () => {
    const { grammar, warnings } = jsonSchemaToGbnf(thirty, { maxTokens: 3000 })
    const gbnf = new Gbnf(grammar)
    const bound = Number(/to (\d+) characters/.exec(warnings[0]?.message ?? '')?.[1])
    expect(bound).toBeGreaterThan(60)
    expect(bound * 30).toBeLessThan(3000)
    const value = (length: number): string =>
      JSON.stringify(Object.fromEntries(thirty.required.map((each) => [each, 'a'.repeat(length)])))
    expect([gbnf.accepts(value(bound)), gbnf.accepts(value(bound + 1))]).toEqual([true, false])
  })

  it('keep what holds itself within the tokens', () => {
    const { grammar, warnings } = jsonSchemaToGbnf(
      { type: 'array', items: { $ref: '#' }, maxItems: 2 },
      { maxTokens: 40 },
    )
    const levels = Number(/what holds itself to (\d+) levels/.exec(warnings[0]?.message ?? '')?.[1])
    expect(levels).toBeGreaterThan(2)
    const gbnf = new Gbnf(grammar)
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    expect([gbnf.accepts(nested(levels)), gbnf.accepts(nested(levels + 2))]).toEqual([true, false])
  })

  it('keep lists within the tokens, and leave what has its own', () => {
    const schema = { type: 'array', items: { type: 'string', maxLength: 30 } }
    const { grammar, warnings } = jsonSchemaToGbnf(schema, { maxTokens: 100 })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.message).toMatch(/lists .* to 3 items/)
    const gbnf = new Gbnf(grammar)
    expect([gbnf.accepts('["","",""]'), gbnf.accepts('["","","",""]')]).toEqual([true, false])
    expect(jsonSchemaToGbnf({ ...schema, maxItems: 50 }, { maxTokens: 100 }).warnings).toEqual([])
  })
})

it('puts white space between tokens where it is asked for', () => {
  const schema = { type: 'object', properties: { a: { type: 'array', items: { type: 'integer' } } } }
  const gbnf = compile(schema, { ...plenty, whitespacePattern: ' ?' })
  for (const text of ['{"a":[1,2]}', '{ "a": [ 1, 2 ] }']) expect(gbnf.accepts(text)).toBe(true)
  expect(gbnf.accepts('{  "a":[]}')).toBe(false)
})
