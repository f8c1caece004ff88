import Database from 'libsql'

import type { SourceChunk } from '../sources/source.js'
import {
  type AnswerPage,
  type JournalValue,
  type RowGroup,
  rowFields,
  storedStatuses,
  type Verdict,
} from './journal-types.js'

const schema = `
  create table if not exists row(
    id integer primary key, status integer not null, input_tokens integer, output_tokens integer,
    attempts integer not null, first_token_ms integer, total_ms integer, ended_at integer, code text
  );
  create table if not exists answer(id integer primary key, raw blob not null);
  create table if not exists verdict(id integer primary key, message text not null);
  create table if not exists chunk(part integer, number integer, hash text not null, primary key(part, number));
  create table if not exists seen(number integer primary key, keys blob not null);
  create table if not exists value(name text primary key, json text not null);
`
const pageRows = 1024
const pageBytes = 4 * 1024 * 1024
const failed = storedStatuses.indexOf('failed')

/** Rows of one statement: each call into the library costs about as much as a row. */
const rowsAtOnce = 16

function insertInto(table: string, columns: number, rows: number): string {
  const row = `(${Array(columns).fill('?').join()})`
  return `insert into ${table} values ${Array(rows).fill(row).join()}`
}

type Statement = Database.Statement

/** The tables of a run. One connection; synchronous, so it lives in a thread of its own while the run goes on. */
export class JournalDatabase {
  readonly #database: Database.Database
  readonly #statements = new Map<string, Statement>()

  constructor(path: string, { isReadOnly = false }: { readonly isReadOnly?: boolean } = {}) {
    this.#database = new Database(path, isReadOnly ? { readonly: true } : {})
    this.#database.exec('pragma busy_timeout = 10000')
    if (isReadOnly) return
    // The size of pages holds from the first table on.
    this.#database.exec('pragma page_size = 8192; pragma journal_mode = wal; pragma synchronous = full')
    this.#database.exec(schema)
  }

  /** Stores a group whole, or not at all. Afterwards it survives the loss of power. */
  commit({ numbers, codes, bytes, ends, progress, chunks }: RowGroup): void {
    const width = rowFields.length
    const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#transact(() => {
      for (let first = 0; first < ends.length; first += rowsAtOnce) {
        const end = Math.min(ends.length, first + rowsAtOnce)
        const rows: (number | string | null)[] = []
        const answers: unknown[] = []
        for (let index = first; index < end; index++) {
          for (const value of numbers.subarray(index * width, (index + 1) * width)) {
            rows.push(Number.isNaN(value) ? null : value)
          }
          rows.push(codes[index] ?? null)
          answers.push(numbers[index * width], raw.subarray(ends[index - 1] ?? 0, ends[index]))
        }
        this.#prepare(insertInto('row', width + 1, end - first)).run(...rows)
        this.#prepare(insertInto('answer', 2, end - first)).run(...answers)
      }
      for (const { part, index, hash } of chunks) {
        this.#prepare('insert or replace into chunk values (?, ?, ?)').run(part, index, hash)
      }
      this.#set('progress', progress)
    })
  }

  page(first: number, end: number): AnswerPage {
    const statement = this.#prepare(
      'select row.id, row.status, answer.raw from row join answer using (id) where id >= ? and id < ? order by id limit ?',
    ).raw()
    const ids: number[] = []
    const statuses: number[] = []
    const answers: Uint8Array[] = []
    const ends: number[] = []
    let length = 0
    for (const [id, status, raw] of statement.iterate(first, end, pageRows) as Iterable<[number, number, Uint8Array]>) {
      ids.push(id)
      statuses.push(status)
      answers.push(raw)
      ends.push((length += raw.length))
      if (length > pageBytes) break
    }
    // Memory of its own, so that it can be handed to another thread as it is.
    const bytes = new Uint8Array(length)
    for (const [index, raw] of answers.entries()) bytes.set(raw, ends[index - 1] ?? 0)
    return { ids, statuses, bytes, ends: Uint32Array.from(ends) }
  }

  ids(first: number, limit: number): Float64Array {
    const rows = this.#prepare('select id from row where id >= ? order by id limit ?').raw().all(first, limit)
    return Float64Array.from(rows as [number][], ([id]) => id)
  }

  get(name: JournalValue): string | undefined {
    const row = this.#prepare('select json from value where name = ?').raw().get(name) as [string] | undefined
    return row?.[0]
  }

  output(value: string, verdicts: readonly Verdict[], seen?: Float64Array): void {
    const verdict = this.#prepare('insert or replace into verdict values (?, ?)')
    this.#transact(() => {
      for (const { id, message } of verdicts) verdict.run(id, message)
      if (seen !== undefined && seen.length > 0) {
        const keys = Buffer.from(seen.buffer, seen.byteOffset, seen.byteLength)
        // A buffer alone would be taken for an object of named parameters.
        this.#prepare('insert into seen values (?, ?)').run(null, keys)
      }
      this.#set('output', value)
    })
  }

  seen(): Float64Array {
    const rows = this.#prepare('select keys from seen order by number').raw().all() as [Uint8Array][]
    const bytes = new Uint8Array(rows.reduce((sum, [keys]) => sum + keys.length, 0))
    let length = 0
    for (const [keys] of rows) {
      bytes.set(keys, length)
      length += keys.length
    }
    return new Float64Array(bytes.buffer)
  }

  clearVerdicts(): void {
    this.#database.exec('delete from verdict; delete from seen')
  }

  chunks(): readonly SourceChunk[] {
    const rows = this.#prepare('select part, number, hash from chunk').raw().all() as [number, number, string][]
    return rows.map(([part, index, hash]) => ({ part, index, hash }))
  }

  dropFailed(progress: string, output: string): void {
    this.#transact(() => {
      this.#prepare('delete from answer where id in (select id from row where status = ?)').run(failed)
      this.#prepare('delete from row where status = ?').run(failed)
      this.#set('progress', progress)
      this.#set('output', output)
    })
  }

  reset(): void {
    this.#database.exec(
      "delete from verdict; delete from seen; delete from chunk; delete from value where name = 'progress'",
    )
  }

  /** Rows of a query that only reads, for who looks into a run. */
  query(sql: string, ...parameters: readonly (number | string)[]): readonly (readonly unknown[])[] {
    return this.#prepare(sql)
      .raw()
      .all(...parameters) as (readonly unknown[])[]
  }

  close(): void {
    if (!this.#database.open) return
    if (!this.#database.readonly) this.#database.exec('pragma wal_checkpoint(truncate)')
    this.#database.close()
  }

  #set(name: JournalValue, json: string): void {
    this.#prepare('insert or replace into value values (?, ?)').run(name, json)
  }

  #transact(act: () => void): void {
    this.#database.exec('begin immediate')
    try {
      act()
      this.#database.exec('commit')
    } catch (error) {
      // After some errors, a full disk among them, SQLite has rolled back already.
      if (this.#database.inTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  #prepare(sql: string): Statement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)))
    return statement
  }
}
