import { copyFile, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'

import { parquetMetadata, parquetReadObjects, toJson } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'

import {
  csvSink,
  csvSource,
  datasetFolderSink,
  generateDataset,
  jsonlSink,
  parquetSink,
  parquetSource,
  type Row,
  type Source,
  type SourceRow,
  templateTask,
} from 'headrace'

import { errorOf } from '../support/outcome-of.js'
import { createGate } from '../support/scripted-model.js'
import { chatAnswer, chatRoute } from '../support/xinference-server.js'
import { modelOn, prompts, promptsOf, readLines, scratch, startEcho, writeLines } from './support.js'

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/tables/${name}`, import.meta.url))

async function rowsOf(source: Source): Promise<readonly SourceRow[]> {
  const rows: SourceRow[] = []
  for await (const page of source.read()) rows.push(...page)
  return rows
}

async function columnsOf(source: Source): Promise<readonly Row[]> {
  return (await rowsOf(source)).map(({ columns }) => columns)
}

/** What hyparquet reads in a file. */
async function readParquet(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { buffer, byteOffset, byteLength } = await readFile(path)
  return parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + byteLength) })
}

async function schemaOf(path: string): Promise<readonly string[]> {
  const { buffer, byteOffset, byteLength } = await readFile(path)
  const { schema } = parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength))
  return schema.map(({ name, type, converted_type: converted, logical_type: logical }) =>
    [name, type, converted ?? logical?.type].filter((part) => part !== undefined).join(' '),
  )
}

const asked = (prompt: string): Row => ({ messages: [{ role: 'user', content: prompt }] })

describe('a Parquet file', () => {
  it.each(['snappy', 'gzip', 'zstd', 'lz4'])('of pyarrow with every type is read to the letter (%s)', async (codec) => {
    const expected = (await readFile(fixture('pyarrow-26.0.1.jsonl'), 'utf8')).trimEnd().split('\n')
    const rows = await rowsOf(parquetSource(fixture(`pyarrow-26.0.1-${codec}.parquet`)))
    // Python's spacing and its 1e+300 apart, the texts are equal: no integer has lost a digit.
    const digits = (text: string): readonly string[] => text.match(/\d{16,}/g) ?? []
    expect(rows.map(({ json }) => digits(json ?? ''))).toEqual(expected.map(digits))
    expect(rows.map(({ json }) => JSON.parse(json ?? '') as unknown)).toEqual(
      expected.map((line) => JSON.parse(line) as unknown),
    )
  })

  it('gives tasks long integers as text, and says where rows are', async () => {
    const [first] = await rowsOf(parquetSource(fixture('pyarrow-26.0.1-zstd.parquet')))
    expect(first?.columns['id']).toBe(0)
    expect(first?.columns['long'] ?? first?.columns['unsigned']).toMatch(/^\d{16,}$/)
    expect(first?.place).toBe('pyarrow-26.0.1-zstd.parquet row 0')
  })

  it('can be read from each of its rows on', async () => {
    for (const name of ['pyarrow-26.0.1-snappy.parquet', 'pyarrow-26.0.1-gzip.parquet']) {
      const source = parquetSource([fixture(name), fixture('duckdb-2.0.1.parquet')])
      const rows = await rowsOf(source)
      expect(rows.map(({ index }) => index)).toEqual(rows.map((_, index) => index))
      for (const row of rows) {
        const rest: SourceRow[] = []
        for await (const page of source.read({ from: row.position })) rest.push(...page)
        expect(rest.map(({ json }) => json)).toEqual(rows.slice(row.index).map(({ json }) => json))
        expect(rest[0]?.position).toEqual(row.position)
      }
    }
  })

  it('of pandas and of DuckDB is read', async () => {
    expect(await columnsOf(parquetSource(fixture('pandas-3.1.1.parquet')))).toEqual([
      { prompt: 'a', n: 1, when: '2026-01-01T01:02:03.5' },
      { prompt: null, n: null, when: null },
      { prompt: 'c', n: 3, when: '2026-01-03T00:00:00' },
    ])
    expect(await columnsOf(parquetSource(fixture('duckdb-2.0.1.parquet')))).toEqual(
      [0, 1, 2].map((id) => ({ id, prompt: `p${id}`, ...asked(`x${id}`) })),
    )
  })

  it('that is none, or not whole, is told before anything is asked', async () => {
    const path = await scratch()
    const whole = await readFile(fixture('duckdb-2.0.1.parquet'))
    const damaged = Buffer.from(whole)
    damaged.fill(0xff, damaged.length - 200, damaged.length - 8)
    const files: readonly (readonly [string, string | Buffer, RegExp])[] = [
      ['empty', '', /empty\.parquet is empty/],
      ['text', '{"prompt":"a"}\n', /text\.parquet is not a Parquet file: it does not begin with PAR1/],
      ['short', whole.subarray(0, 3), /is not a Parquet file/],
      ['cut', whole.subarray(0, 300), /cut\.parquet is cut off: its end/],
      ['end', Buffer.concat([whole.subarray(0, 300), Buffer.from('\xff\xff\xff\x7fPAR1', 'latin1')]), /is cut off/],
      ['damaged', damaged, /damaged\.parquet cannot be read: its footer is damaged/],
    ]
    for (const [name, bytes, message] of files) {
      await writeFile(path(`${name}.parquet`), bytes)
      expect(await errorOf(parquetSource(path(`${name}.parquet`)).identify())).toMatchObject({
        code: 'FILE_UNREADABLE',
        message: expect.stringMatching(message),
      })
    }
    expect(await errorOf(parquetSource(path('nowhere.parquet')).identify())).toMatchObject({
      message: expect.stringContaining('there is no such file'),
    })
  })

  it('with a damaged page names the column', async () => {
    const path = await scratch()
    const bytes = Buffer.from(await readFile(fixture('pyarrow-26.0.1-zstd.parquet')))
    bytes.fill(0xff, 4, 200)
    await writeFile(path('in.parquet'), bytes)
    expect(await errorOf(rowsOf(parquetSource(path('in.parquet'))))).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(/in\.parquet cannot be read in its column "\w+": /),
    })
  })
})

describe('a CSV file', () => {
  it('of pandas is read; an empty cell is null', async () => {
    expect(await columnsOf(csvSource(fixture('pandas-3.1.1.csv')))).toMatchObject([
      { prompt: 'a', n: '1.0' },
      { prompt: null, n: null },
      { prompt: 'c', n: '3.0' },
    ])
  })

  it('can be read from each of its records on, whatever stands in quotes', async () => {
    const path = await scratch()
    const text = [
      '\ufeffid,"a ""b"", c",ü\r\n',
      '1,"x\r\ny, ""q""",é\r\n\r\n',
      ...Array.from({ length: 3000 }, (_, id) => `${id},"line\none ${'long '.repeat(id % 40)}",ünï\r\n`),
      '2,,"end\n"',
    ].join('')
    await writeFile(path('in.csv'), text)
    const source = csvSource(path('in.csv'))
    const rows = await rowsOf(source)
    expect(rows).toHaveLength(3002)
    expect(rows[0]?.columns).toEqual({ id: '1', 'a "b", c': 'x\r\ny, "q"', ü: 'é' })
    expect(rows.at(-1)?.columns).toEqual({ id: '2', 'a "b", c': null, ü: 'end\n' })
    expect(rows[1]?.place).toBe('in.csv:5')
    for (const row of [rows[0], rows[1], rows[1500], rows.at(-1)] as readonly SourceRow[]) {
      const rest: SourceRow[] = []
      for await (const page of source.read({ from: row.position, onChunk: () => undefined })) rest.push(...page)
      expect(rest.map(({ columns }) => columns)).toEqual(rows.slice(row.index).map(({ columns }) => columns))
      expect(rest[0]?.position).toEqual(row.position)
    }
    await writeFile(path('in.csv.gz'), gzipSync(text))
    expect(await columnsOf(csvSource(path('in.csv.gz')))).toEqual(rows.map(({ columns }) => columns))
  })

  it('tells its delimiter by its first line, or is told it', async () => {
    const path = await scratch()
    await writeFile(path('a.csv'), '"x,y";b\n1;"2,5"\n')
    await writeFile(path('a.tsv'), 'x,y\tb\n1\t2,5\n')
    await writeFile(path('b.csv'), 'x,y|b\n1|2,5')
    const expected = [{ 'x,y': '1', b: '2,5' }]
    expect(await columnsOf(csvSource(path('a.csv')))).toEqual(expected)
    expect(await columnsOf(csvSource(path('a.tsv')))).toEqual(expected)
    expect(await columnsOf(csvSource(path('b.csv'), { delimiter: '|' }))).toEqual(expected)
  })

  it.each([
    ['is empty', '', /in\.csv is empty/],
    ['has two columns of one name', 'a,b,a\n1,2,3\n', /in\.csv has two columns called "a"/],
    ['has a quote without an end', 'a,b\n1,2\n3,"4\n5,6\n', /in\.csv:3: a quote that begins in this record has no end/],
    ['has a quote within a cell', 'a,b\n1,"2"3\n', /in\.csv:2: a quote stands within a cell/],
    ['is not UTF-8', Buffer.from('a,b\n1,\xe9\n', 'latin1'), /in\.csv is not UTF-8 text between byte 0 and byte 8/],
    ['is UTF-16', Buffer.from('\ufeffa,b\n', 'utf16le'), /in\.csv is UTF-16 text/],
  ])('that %s is told so', async (_what, text, message) => {
    const path = await scratch()
    await writeFile(path('in.csv'), text)
    expect(await errorOf(rowsOf(csvSource(path('in.csv'))))).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(message),
    })
  })

  it('takes no delimiter that would not be one', () => {
    for (const delimiter of ['', '||', '"', '\n']) {
      expect(() => csvSource('in.csv', { delimiter })).toThrow(/delimiter must be one character/)
      expect(() => csvSink('out.csv', { delimiter })).toThrow(/delimiter must be one character/)
    }
    expect(() => datasetFolderSink('out', { split: 'a/b' })).toThrow(/split must be letters/)
  })

  it('loses only the record whose cells do not match', async () => {
    const path = await scratch()
    const server = await startEcho()
    await writeFile(path('in.csv'), 'id,prompt\n1,a\n2\n3,c,d\n4,d\n')
    await generateDataset({ llm: modelOn(server), source: path('in.csv'), sink: path('out.jsonl') })
    expect(await readLines(path('out.jsonl'))).toMatchObject([
      { id: '1', status: 'ok' },
      {
        status: 'invalid',
        error: expect.stringMatching(/in\.csv:3: The record has 1 cell, and the first record names 2/),
      },
      { status: 'invalid', error: expect.stringMatching(/in\.csv:4: The record has 3 cells/) },
      { id: '4', status: 'ok' },
    ])
  })

  it('with no records is a run of no rows, with a header', async () => {
    const path = await scratch()
    const server = await startEcho()
    await writeFile(path('in.csv'), 'id,prompt\n')
    for (const name of ['out.csv', 'out.parquet', 'out.jsonl']) {
      const run = generateDataset({ llm: modelOn(server), source: path('in.csv'), sink: path(name) })
      expect(await run).toMatchObject({ rows: 0 })
    }
    expect(await readFile(path('out.csv'), 'utf8')).toMatch(/^generation,model_name,.*,status,error\r\n$/)
    expect(await readParquet(path('out.parquet'))).toEqual([])
  })
})

/** Rows of all kinds, which no run can do anything with but write. */
const kinds: readonly Row[] = [
  { prompt: 'a', n: 1, mixed: 1, list: [1, null], long: 1, deep: { a: [{ b: 1.5 }] }, tags: [], only: {}, flag: true },
  { prompt: 'b "q", c\nd', n: 2.5, mixed: 'x', list: null, long: 2, deep: null, tags: ['y'], only: null, flag: null },
  { prompt: '', n: null, mixed: [true], list: [], long: null, deep: { a: [] }, tags: null, flag: false, late: 'ü🌍' },
]

describe('an output', () => {
  it('is Parquet with a type for each column, from all rows', async () => {
    const path = await scratch()
    const server = await startEcho()
    await writeLines(path('in.jsonl'), [...kinds, '{"prompt":"d","long":9007199254740993,"id":18446744073709551616}'])
    const options = {
      llm: modelOn(server),
      source: path('in.jsonl'),
      folder: path('run'),
      task: templateTask({ template: '{{ prompt }}!' }),
    }
    await generateDataset({ ...options, sink: path('out.parquet') })
    expect((await schemaOf(path('out.parquet'))).slice(1)).toEqual([
      'prompt BYTE_ARRAY UTF8',
      'n DOUBLE',
      'mixed BYTE_ARRAY UTF8',
      'list LIST',
      'list',
      'element INT64',
      'long INT64',
      'deep',
      'a LIST',
      'list',
      'element',
      'b DOUBLE',
      'tags LIST',
      'list',
      'element BYTE_ARRAY UTF8',
      'only BYTE_ARRAY UTF8',
      'flag BOOLEAN',
      'generation BYTE_ARRAY UTF8',
      'model_name BYTE_ARRAY UTF8',
      'finish_reason BYTE_ARRAY UTF8',
      'input_tokens INT64',
      'output_tokens INT64',
      'status BYTE_ARRAY UTF8',
      'error BYTE_ARRAY UTF8',
      'late BYTE_ARRAY UTF8',
      'id BYTE_ARRAY UTF8',
    ])
    const written = await readParquet(path('out.parquet'))
    expect(written.map(({ mixed }) => mixed ?? null)).toEqual(['1', '"x"', '[true]', null])
    expect(written.map(({ long, id }) => [long ?? null, id ?? null])).toEqual([
      [1n, null],
      [2n, null],
      [null, null],
      [9007199254740993n, '18446744073709551616'],
    ])
    const again = await columnsOf(parquetSource(path('out.parquet')))
    expect(again[0]).toMatchObject({
      n: 1,
      list: [1, null],
      deep: { a: [{ b: 1.5 }] },
      tags: [],
      only: '{}',
      flag: true,
    })
    expect(again[1]).toMatchObject({
      prompt: 'b "q", c\nd',
      list: null,
      deep: null,
      tags: ['y'],
      generation: 're: b "q", c\nd!',
    })
    expect(again[2]).toMatchObject({ prompt: '', list: [], deep: { a: [] }, late: 'ü🌍', input_tokens: 9, error: null })
    // The same rows, without a request, as CSV and as JSON Lines.
    await generateDataset({ ...options, sink: path('out.csv') })
    await generateDataset({ ...options, sink: path('out.tsv.gz') })
    await generateDataset({ ...options, sink: path('out.jsonl') })
    expect(server.requestsTo(chatRoute)).toHaveLength(4)
    const [header, first] = (await readFile(path('out.csv'), 'utf8')).split('\r\n')
    expect(header).toBe(
      'prompt,n,mixed,list,long,deep,tags,only,flag,generation,model_name,finish_reason,input_tokens,output_tokens,status,error,late,id',
    )
    expect(first).toBe('a,1,1,"[1,null]",1,"{""a"":[{""b"":1.5}]}",[],{},true,re: a!,my-qwen,stop,9,2,ok,,,')
    const cells = await columnsOf(csvSource(path('out.csv')))
    expect(cells[1]).toMatchObject({ prompt: 'b "q", c\nd', mixed: 'x', list: null, generation: 're: b "q", c\nd!' })
    expect(cells[3]).toMatchObject({ long: '9007199254740993', id: '18446744073709551616' })
    expect(gunzipSync(await readFile(path('out.tsv.gz'))).toString()).toMatch(/^prompt\tn\tmixed\t/)
    expect((await readFile(path('out.jsonl'), 'utf8')).split('\n')[3]).toMatch(
      /"long":9007199254740993,"id":18446744073709551616,/,
    )
  })

  it('keeps the types of a Parquet input', async () => {
    const path = await scratch()
    const server = await startEcho()
    const source = fixture('pyarrow-26.0.1-snappy.parquet')
    await generateDataset({ llm: modelOn(server), source, sink: path('out.parquet') })
    const [before, after] = [await readParquet(source), await readParquet(path('out.parquet'))]
    const kept = [
      'id',
      'long',
      'text',
      'category',
      'flag',
      'double',
      'float',
      'day',
      'milli',
      'nano',
      'numbers',
      'nested',
    ]
    const pick = (rows: typeof before): unknown =>
      rows.map((row) =>
        kept.map((name) => toJson(Number.isFinite(row[name]) || typeof row[name] !== 'number' ? row[name] : null)),
      )
    expect(pick(after)).toEqual(pick(before))
    const types = await schemaOf(path('out.parquet'))
    expect(types).toContain('micro INT64 TIMESTAMP')
    expect(types).toContain('float FLOAT')
    expect(types).toContain('day INT32 DATE')
  })

  it('has lists of answers with group, and what was asked as JSON with keepRaw', async () => {
    const path = await scratch()
    const server = await startEcho()
    const options = { llm: modelOn(server), source: prompts(2), numGenerations: 2, folder: path('run') }
    await generateDataset({ ...options, sink: parquetSink(path('group.parquet'), { group: true }) })
    expect(await readParquet(path('group.parquet'))).toMatchObject([
      { id: 0n, generation: ['re: p0', 're: p0'], input_tokens: [9n, 9n] },
      { id: 1n, generation: ['re: p1', 're: p1'] },
    ])
    await generateDataset({ ...options, sink: csvSink(path('raw.csv'), { keepRaw: true, delimiter: ';' }) })
    const rows = await columnsOf(csvSource(path('raw.csv')))
    expect(rows.map(({ sample }) => sample)).toEqual(['0', '1', '0', '1'])
    expect(JSON.parse(String(rows[0]?.['raw_output']))).toMatchObject({ text: 're: p0' })
  })

  it.each([
    ['in.jsonl', 'out.csv', ''],
    ['in.parquet', 'out.parquet', ''],
    ['in.jsonl', 'folder/', 'data/train-00000-of-00001.parquet'],
  ])('of a run that was stopped is that of a run in one go (%s, %s)', async (input, output, inside) => {
    const path = await scratch()
    const gate = createGate()
    const server = await startEcho((prompt) =>
      Number(prompt.slice(1)) >= 30 ? [{ until: gate.passed }, ...chatAnswer(`re: ${prompt}`)] : undefined,
    )
    const rows = prompts(100)
    if (input.endsWith('.jsonl')) {
      await writeLines(
        path(input),
        rows.map((row, index) => (index === 80 ? { ...row, late: [{ x: 1 }] } : row)),
      )
    } else {
      const columnData = [
        { name: 'id', data: rows.map(({ id }) => id), type: 'INT32' as const },
        { name: 'prompt', data: rows.map(({ prompt }) => prompt) },
      ]
      await writeFile(path(input), new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 7 })))
    }
    const options = { llm: modelOn(server), source: path(input), sink: path(output), concurrency: 10 }
    const first = generateDataset(options)
    await server.received(chatRoute, 40)
    first.stop({ drainMs: 1 })
    expect(await first).toMatchObject({ end: 'stopped', counts: { ok: 30 } })
    gate.open()
    expect(await generateDataset(options)).toMatchObject({ end: 'finished', counts: { ok: 100 }, requestsNow: 70 })
    await generateDataset({ ...options, sink: path(`whole-${output}`) })
    const [resumed, whole] = [await readFile(path(output + inside)), await readFile(path(`whole-${output}${inside}`))]
    expect(resumed.equals(whole)).toBe(true)
    expect((await readdir(path('.'))).filter((entry) => /partial|new/.test(entry))).toEqual([])
  })

  it('is a dataset folder, in several files where it is long', async () => {
    const path = await scratch()
    const server = await startEcho()
    const options = {
      llm: modelOn(server),
      source: prompts(60).map((row) => ({ ...row, pad: 'x'.repeat(100_000) })),
      folder: path('run'),
    }
    const sink = (): ReturnType<typeof datasetFolderSink> => datasetFolderSink(path('folder'), { shardBytes: 1000 })
    await generateDataset({ ...options, sink: sink() })
    const names = await readdir(path('folder/data'))
    expect(names.length).toBeGreaterThan(1)
    expect(names[1]).toBe(`train-00001-of-0000${names.length}.parquet`)
    expect(await readFile(path('folder/README.md'), 'utf8')).toContain('path: data/train-*')
    // The folder is an input again.
    const again = generateDataset({ llm: modelOn(server), source: path('folder'), sink: path('again.jsonl') })
    expect(await again).toMatchObject({ rows: 60 })
    expect((await readLines(path('again.jsonl'))).map(({ id }) => id)).toEqual(prompts(60).map(({ id }) => id))
    await writeFile(path('folder/README.md'), 'mine')
    await generateDataset({ ...options, sink: datasetFolderSink(path('folder')) })
    expect(await readdir(path('folder/data'))).toEqual(['train-00000-of-00001.parquet'])
    expect(await readFile(path('folder/README.md'), 'utf8')).toBe('mine')
    const other = generateDataset({ llm: modelOn(server), source: prompts(1), sink: path('folder/') })
    expect(await errorOf(other)).toMatchObject({ code: 'OUTPUT_EXISTS' })
  })
})

describe('a run over tables', () => {
  it('asks what stands in messages, also as JSON in CSV', async () => {
    const path = await scratch()
    const server = await startEcho()
    await writeFile(path('in.csv'), `id,messages\n1,"[{""role"":""user"",""content"":""hi""}]"\n2,nonsense\n`)
    await generateDataset({ llm: modelOn(server), source: path('in.csv'), sink: path('out.csv') })
    expect(await columnsOf(csvSource(path('out.csv')))).toMatchObject([
      { id: '1', messages: '[{"role":"user","content":"hi"}]', generation: 're: hi', status: 'ok' },
      { id: '2', status: 'invalid' },
    ])
    await generateDataset({ llm: modelOn(server), source: fixture('duckdb-2.0.1.parquet'), sink: path('out.jsonl') })
    expect(promptsOf(server)).toEqual(expect.arrayContaining(['hi', 'x0', 'x1', 'x2']))
  })

  it('sees that a Parquet input has changed, and not that it was touched', async () => {
    const path = await scratch()
    const server = await startEcho()
    const write = async (third: string): Promise<void> => {
      const data = ['p0', 'p1', third]
      const bytes = parquetWriteBuffer({
        columnData: [{ name: 'prompt', data }],
        codec: 'UNCOMPRESSED',
        statistics: false,
      })
      await writeFile(path('in.parquet'), new Uint8Array(bytes))
    }
    await write('p2')
    const options = { llm: modelOn(server), source: path('in.parquet'), sink: path('out.parquet') }
    expect(await generateDataset({ ...options, limit: 2 })).toMatchObject({ rows: 2 })
    await utimes(path('in.parquet'), 1, 1)
    expect(await generateDataset(options)).toMatchObject({ rows: 3, requestsNow: 1 })
    await write('px')
    expect(await errorOf(generateDataset(options))).toMatchObject({
      code: 'RUN_CHANGED',
      message: expect.stringMatching(/in\.parquet is another one in its rows/),
    })
  })

  it('takes several files of one format, by their names, and not of two', async () => {
    const path = await scratch()
    const server = await startEcho()
    await mkdir(path('in'))
    await copyFile(fixture('duckdb-2.0.1.parquet'), path('in/a.parquet'))
    await copyFile(fixture('duckdb-2.0.1.parquet'), path('in/b.parquet'))
    await generateDataset({ llm: modelOn(server), source: path('in/*.parquet'), sink: jsonlSink(path('out.jsonl')) })
    expect((await readLines(path('out.jsonl'))).map(({ id }) => id)).toEqual([0, 1, 2, 0, 1, 2])
    await writeFile(path('in/c.csv'), 'prompt\nx\n')
    const mixed = generateDataset({ llm: modelOn(server), source: path('in/*'), sink: path('mixed.jsonl') })
    expect(await errorOf(mixed)).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/different formats \(Parquet, CSV\)/),
    })
  })
})
