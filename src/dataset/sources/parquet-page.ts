import type { DecodedArray, SchemaTree } from 'hyparquet'
import type { assembleLists } from 'hyparquet/src/assemble.js'
import type { parquetHeader, readPage } from 'hyparquet/src/column.js'
import type { convertWithDictionary } from 'hyparquet/src/convert.js'
import type { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js'
import type { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js'

export type PageHeader = ReturnType<typeof parquetHeader>

/** How the values of a leaf are decoded. */
export type PageSettings = Parameters<typeof readPage>[2]

/** The parts of hyparquet that a page needs. */
export interface PageFunctions {
  readonly assembleLists: typeof assembleLists
  readonly convertWithDictionary: typeof convertWithDictionary
  readonly decompressPage: typeof decompressPage
  readonly readDataPage: typeof readDataPage
  readonly readDataPageV2: typeof readDataPageV2
  readonly readRleBitPackedHybrid: typeof readRleBitPackedHybrid
}

/** Levels say which value belongs to which row, and where there is none; empty: all are as high as can be. */
interface Levels {
  readonly definition: Uint8Array
  readonly repetition: Uint8Array
}

const noLevels: Uint8Array = new Uint8Array()

/** Gives the stored values one after the other. */
type TakeValues = (count: number) => DecodedArray

/**
 * The values of one page, of which only those that are asked for become JavaScript's: a page of 1 MB may hold those of a
 * hundred thousand rows, which as lists and texts would be twenty times as much.
 */
export class ParquetPage {
  readonly #functions: PageFunctions
  readonly #settings: PageSettings
  readonly #convert: (stored: DecodedArray) => DecodedArray
  readonly #take: TakeValues
  readonly #highest: { readonly definition: number; readonly repetition: number }
  readonly #count: number
  readonly #levels: Levels
  /** The next level. */
  #at = 0
  /** Values in front of those that are stored here: of a row that began in the page before. */
  #ahead: readonly unknown[]
  /** Rows that begin at {@link #at} or later. */
  #rows: number

  constructor(
    functions: PageFunctions,
    header: PageHeader,
    bytes: Uint8Array,
    settings: PageSettings,
    dictionary: DecodedArray | undefined,
    before: ParquetPage | undefined,
  ) {
    this.#functions = functions
    this.#settings = settings
    this.#highest = highestLevels(settings.schemaPath)
    const { levels, take, encoding, count } = this.#read(header, bytes)
    this.#take = take
    this.#convert = (stored) => functions.convertWithDictionary(stored, dictionary, encoding, settings)
    const rest = before?.rest()
    this.#ahead = rest?.values ?? []
    this.#count = count + (rest?.count ?? 0)
    this.#levels = rest === undefined ? levels : this.#join(rest, levels, count)
    this.#rows =
      this.#highest.repetition === 0 ? this.#count : this.#levels.repetition.filter((level) => level === 0).length
  }

  /** Rows that begin here; the last of them may go on in the next page. */
  get rows(): number {
    return this.#rows
  }

  /** So many rows, as hyparquet assembles them. */
  take(rows: number): readonly unknown[] {
    const start = this.#at
    const values = this.#pass(rows)
    const { definition, repetition } = this.#levels
    const [defined, repeated] = [definition.slice(start, this.#at), repetition.slice(start, this.#at)]
    const path = this.#settings.schemaPath
    // Arrays of numbers to it are all that have a length.
    const [definedArray, repeatedArray] = [asNumbers(defined), asNumbers(repeated)]
    const assembled = this.#functions.assembleLists([], definedArray, repeatedArray, values, path)
    return Array.isArray(assembled) ? assembled : Array.from<unknown>(assembled)
  }

  /** Passes over so many rows. */
  skip(rows: number): void {
    this.#pass(rows)
  }

  /** What is left, to be put in front of the next page. */
  rest(): (Levels & { readonly values: readonly unknown[]; readonly count: number }) | undefined {
    const start = this.#at
    if (start === this.#count) return undefined
    const values = Array.from<unknown>(this.#pass(Infinity))
    const { definition, repetition } = this.#levels
    return {
      definition: definition.slice(start),
      repetition: repetition.slice(start),
      values,
      count: this.#count - start,
    }
  }

  /** @returns the values of so many rows. */
  #pass(rows: number): DecodedArray {
    const { definition, repetition } = this.#levels
    const start = this.#at
    let end = Math.min(this.#count, start + rows)
    if (this.#highest.repetition > 0) {
      let begun = 0
      for (end = start; end < this.#count; end++) if (repetition[end] === 0 && ++begun > rows) break
    }
    this.#at = end
    this.#rows -= Math.min(this.#rows, rows)
    let present = end - start
    if (definition.length > 0) {
      present = 0
      for (let at = start; at < end; at++) if (definition[at] === this.#highest.definition) present++
    }
    if (this.#ahead.length === 0) return this.#convert(this.#take(present))
    const ahead = this.#ahead.slice(0, present)
    this.#ahead = this.#ahead.slice(present)
    return [...ahead, ...this.#convert(this.#take(present - ahead.length))] as unknown[]
  }

  #join(rest: Levels & { readonly count: number }, own: Levels, count: number): Levels {
    const repetition = concat(rest.repetition, own.repetition)
    if (rest.definition.length === 0 && own.definition.length === 0) return { definition: noLevels, repetition }
    const all = (levels: Uint8Array, length: number): Uint8Array =>
      levels.length > 0 ? levels : new Uint8Array(length).fill(this.#highest.definition)
    return { definition: concat(all(rest.definition, rest.count), all(own.definition, count)), repetition }
  }

  #read(header: PageHeader, bytes: Uint8Array): PageContent {
    const { readDataPage, readDataPageV2, decompressPage } = this.#functions
    const { type, codec, compressors } = this.#settings
    const { data_page_header: first, data_page_header_v2: second, uncompressed_page_size: size } = header
    if (second !== undefined) {
      const { num_values: count, encoding, is_compressed: isCompressed } = second
      const [repeated, defined] = [second.repetition_levels_byte_length, second.definition_levels_byte_length]
      if (encoding !== 'PLAIN' || type !== 'BYTE_ARRAY') {
        const { dataPage, ...levels } = readDataPageV2(bytes, header, this.#settings)
        return { count, encoding, take: takeFrom(dataPage), levels: toLevels(levels) }
      }
      const levels = this.#readLevels(bytes, count, repeated, defined)
      const stored = bytes.subarray(repeated + defined)
      const page =
        isCompressed === false ? stored : decompressPage(stored, size - repeated - defined, codec, compressors)
      return { count, encoding, take: takeByteArrays(page), levels }
    }
    if (first === undefined) throw new Error(`a page of the type ${header.type} is not known`)
    const { num_values: count, encoding } = first
    const page = decompressPage(bytes, size, codec, compressors)
    if (encoding !== 'PLAIN' || type !== 'BYTE_ARRAY') {
      const { dataPage, ...levels } = readDataPage(page, first, this.#settings)
      return { count, encoding, take: takeFrom(dataPage), levels: toLevels(levels) }
    }
    // Each sort of levels has its length in front of it.
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength)
    const lengthAt = (offset: number): number => view.getUint32(offset, true)
    const { definition, repetition } = this.#highest
    const repeated = repetition > 0 ? 4 + lengthAt(0) : 0
    const defined = definition > 0 ? 4 + lengthAt(repeated) : 0
    const levels = this.#readLevels(page, count, repeated, defined, 4)
    return { count, encoding, take: takeByteArrays(page.subarray(repeated + defined)), levels }
  }

  #readLevels(bytes: Uint8Array, count: number, repeated: number, defined: number, prefix = 0): Levels {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const read = (highest: number, offset: number, length: number): Uint8Array => {
      if (highest === 0) return noLevels
      const levels = new Uint8Array(count)
      const reader = { view, offset: offset + prefix }
      this.#functions.readRleBitPackedHybrid(reader, 32 - Math.clz32(highest), levels, length - prefix)
      return levels
    }
    const { definition, repetition } = this.#highest
    return { repetition: read(repetition, 0, repeated), definition: read(definition, repeated, defined) }
  }
}

interface PageContent {
  readonly count: number
  readonly encoding: Parameters<typeof convertWithDictionary>[2]
  readonly levels: Levels
  readonly take: TakeValues
}

function toLevels(levels: {
  readonly definitionLevels: readonly number[] | undefined
  readonly repetitionLevels: readonly number[]
}): Levels {
  return {
    definition: Uint8Array.from(levels.definitionLevels ?? []),
    repetition: Uint8Array.from(levels.repetitionLevels),
  }
}

function concat(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}

function takeFrom(values: DecodedArray): TakeValues {
  let at = 0
  return (count) => values.slice(at, (at += count))
}

/** Each has its length in front of it. */
function takeByteArrays(bytes: Uint8Array): TakeValues {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  return (count) =>
    Array.from({ length: count }, () => {
      const start = at + 4
      at = start + view.getUint32(at, true)
      if (at > bytes.length) throw new Error('a text ends behind its page')
      return bytes.subarray(start, at)
    })
}

function highestLevels(path: readonly SchemaTree[]): { readonly definition: number; readonly repetition: number } {
  const kinds = path.slice(1).map(({ element }) => element.repetition_type)
  return {
    definition: kinds.filter((kind) => kind !== 'REQUIRED').length,
    repetition: kinds.filter((kind) => kind === 'REPEATED').length,
  }
}

function asNumbers(levels: unknown): number[] {
  return levels as number[]
}
