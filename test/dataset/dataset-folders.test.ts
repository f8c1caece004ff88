import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { type DatasetFolderOptions, openSource } from 'headrace'

import { errorOf } from '../support/outcome-of.js'
import { scratch } from './support.js'

/** A folder with these files; the text of each is its own name, as a row. */
async function folderOf(...names: readonly string[]): Promise<string> {
  const path = await scratch()
  for (const name of names) {
    await mkdir(dirname(path(name)), { recursive: true })
    if (name.endsWith('.parquet')) {
      await copyFile(fileURLToPath(new URL('../fixtures/tables/duckdb-2.0.1.parquet', import.meta.url)), path(name))
    } else await writeFile(path(name), name.endsWith('.csv') ? `prompt\n${name}\n` : `{"prompt":"${name}"}\n`)
  }
  return path('.')
}

async function promptsIn(folder: string, options?: DatasetFolderOptions): Promise<readonly unknown[]> {
  const prompts: unknown[] = []
  for await (const page of openSource(folder, options).read())
    prompts.push(...page.map(({ columns }) => columns['prompt']))
  return prompts
}

/** A `README.md` whose head this is. */
const writeCard = (folder: string, head: string): Promise<void> =>
  writeFile(`${folder}/README.md`, `---\n${head}\n---\n\n# A dataset\n`)

describe('a dataset folder', () => {
  it('without a word about splits is train, in the order of names', async () => {
    const folder = await folderOf(
      'b.jsonl',
      'sub/c.jsonl',
      'a.jsonl',
      '.hidden.jsonl',
      'notes.md',
      'x.run/input.jsonl',
      'dataset_infos.json',
    )
    expect(await promptsIn(folder)).toEqual(['a.jsonl', 'b.jsonl', 'sub/c.jsonl'])
  })

  it('has the splits that names say', async () => {
    const folder = await folderOf(
      'data/train-00000-of-00002.csv',
      'data/train-00001-of-00002.csv',
      'data/test_sft-00000-of-00001.csv',
      'validation/a.csv',
      'my.dev.csv',
    )
    expect(await promptsIn(folder, { split: 'train' })).toEqual([
      'data/train-00000-of-00002.csv',
      'data/train-00001-of-00002.csv',
    ])
    expect(await promptsIn(folder, { split: 'test_sft' })).toEqual(['data/test_sft-00000-of-00001.csv'])
    expect(await promptsIn(folder, { split: 'validation' })).toEqual(['my.dev.csv', 'validation/a.csv'])
    expect(await errorOf(promptsIn(folder))).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/has the splits test_sft, train, validation\. Choose one with --split/),
    })
    expect(await errorOf(promptsIn(folder, { split: 'nope' }))).toMatchObject({
      message: expect.stringMatching(/It has no split "nope": choose one of them/),
    })
  })

  it('has the splits of its README, in each of the forms that they have', async () => {
    const folder = await folderOf('raw/one.jsonl', 'raw/two.jsonl', 'raw/deep/three.jsonl')
    const forms: readonly (readonly [string, DatasetFolderOptions, readonly string[]])[] = [
      ['data_files: raw/one.jsonl', {}, ['raw/one.jsonl']],
      [
        'data_files: ["raw/t*.jsonl", "raw/**/*.jsonl"]',
        {},
        ['raw/two.jsonl', 'raw/deep/three.jsonl', 'raw/one.jsonl'],
      ],
      [
        'data_files: [{split: a, path: "raw/*.jsonl"}, {split: b, path: ["raw/deep/*"]}]',
        { split: 'b' },
        ['raw/deep/three.jsonl'],
      ],
      ['data_files: {test: "raw/on[de].jsonl"}', {}, ['raw/one.jsonl']],
      ['data_dir: raw/deep', {}, ['raw/deep/three.jsonl']],
    ]
    for (const [form, options, expected] of forms) {
      await writeCard(folder, `configs:\n  - config_name: only\n    ${form}`)
      expect(await promptsIn(folder, options)).toEqual(expected)
    }
    await writeCard(
      folder,
      'configs:\n  - {config_name: en, data_files: raw/one.jsonl}\n  - {config_name: de, data_files: raw/two.jsonl}',
    )
    expect(await promptsIn(folder, { config: 'de' })).toEqual(['raw/two.jsonl'])
    expect(await errorOf(promptsIn(folder))).toMatchObject({
      message: expect.stringMatching(/has the configs en, de: choose one with --config/),
    })
    await writeCard(folder, 'license: mit')
    expect(await promptsIn(folder)).toHaveLength(3)
    await writeCard(folder, 'configs: [')
    expect(await errorOf(promptsIn(folder))).toMatchObject({ message: expect.stringMatching(/README\.md is not YAML/) })
  })

  it('that cannot be read says why', async () => {
    const saved = await folderOf('train/data-00000-of-00001.arrow', 'train/state.json', 'dataset_dict.json')
    expect(await errorOf(promptsIn(saved))).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(/was written by save_to_disk, in Arrow's format: write it as Parquet/),
    })
    expect(await errorOf(promptsIn(await folderOf('notes.md')))).toMatchObject({
      message: expect.stringMatching(/is a folder without data files/),
    })
    expect(await errorOf(promptsIn(await folderOf('a.csv', 'b.parquet')))).toMatchObject({
      message: expect.stringMatching(/different formats \(CSV, Parquet\): give files of one format/),
    })
  })
})
