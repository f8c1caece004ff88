import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { FileError } from '../../errors/file-error.js'
import { InvalidOptionError } from '../../errors/invalid-option-error.js'

export interface DatasetFolderOptions {
  /** Which split of a dataset folder. @defaultValue the only one it has */
  readonly split?: string | undefined
  /** Which of the `configs` in its `README.md`. @defaultValue `default`, or the only one */
  readonly config?: string | undefined
}

const dataFile = /\.(parquet|jsonl|ndjson|json|csv|tsv)(\.gz)?$/i
const splitWords: Readonly<Record<string, string>> = {
  train: 'train',
  training: 'train',
  test: 'test',
  testing: 'test',
  eval: 'test',
  evaluation: 'test',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  dev: 'validation',
}

/** What stands beside the data and is none. */
const aboutData = /(?:^|\/)(dataset_infos?|dataset_dict|state)\.json$/

/** The files of each split, by its name. */
type Splits = ReadonlyMap<string, readonly string[]>

/**
 * The data files of one split of a dataset folder, as Hugging Face's `datasets` finds them: by the `configs` of its
 * `README.md`, else by names such as `data/train-00000-of-00002.parquet`, `test.csv`, `validation/a.jsonl`; files whose names
 * say nothing are the split `train`.
 *
 * @throws FileError `FILE_UNREADABLE` when it holds no data, or data in a form that is not read.
 * @throws InvalidOptionError `INVALID_OPTION` when it has several splits and none is given, or not the one that is.
 */
export async function findDatasetFiles(folder: string, options: DatasetFolderOptions): Promise<readonly string[]> {
  const names = await listFiles(folder)
  refuseSaved(folder, names)
  const splits = (await readConfig(folder, names, options)) ?? splitByName(names)
  const { split } = options
  if (splits.size === 0) {
    throw new FileError(`${folder} is a folder without data files: they end in .parquet, .jsonl, .csv or .tsv.`)
  }
  const [only] = splits.keys()
  const chosen = split ?? (splits.size === 1 ? only : undefined)
  const files = chosen === undefined ? undefined : splits.get(chosen)
  if (files === undefined) {
    const which = split === undefined ? 'Choose one' : `It has no split "${split}": choose one of them`
    throw new InvalidOptionError(
      `${folder} has the ${splits.size === 1 ? 'split' : 'splits'} ${[...splits.keys()].join(', ')}. ${which} with --split (split).`,
      { option: 'split' },
    )
  }
  return files.map((name) => join(folder, name))
}

/** Paths of files inside a folder, with `/`, sorted; nothing hidden, and no runs. */
async function listFiles(folder: string, inside = ''): Promise<readonly string[]> {
  const entries = await readdir(join(folder, inside), { withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name.endsWith('.run')) continue
    const path = `${inside}${entry.name}`
    if (entry.isDirectory()) found.push(...(await listFiles(folder, `${path}/`)))
    else found.push(path)
  }
  return found
}

function refuseSaved(folder: string, names: readonly string[]): void {
  if (!names.some((name) => name.endsWith('.arrow'))) return
  throw new FileError(
    `${folder} was written by save_to_disk, in Arrow's format: write it as Parquet, dataset.to_parquet("data.parquet") in Python.`,
  )
}

function splitByName(names: readonly string[]): Splits {
  const splits = new Map<string, string[]>()
  const all = names.filter((name) => dataFile.test(name) && !aboutData.test(name))
  // A file that is only `.json` may be anything; beside others it is not data.
  const others = all.filter((name) => !name.endsWith('.json'))
  const named = (others.length > 0 ? others : all).map((name) => [name, splitOf(name)] as const)
  const hasNames = named.some(([, split]) => split !== undefined)
  for (const [name, split = hasNames ? undefined : 'train'] of named) {
    if (split === undefined) continue
    splits.set(split, [...(splits.get(split) ?? []), name])
  }
  return splits
}

function splitOf(name: string): string | undefined {
  const [, sharded] = /(?:^|\/)(\w+(?:\.\w+)*)-\d{5}-of-\d{5}[^/]*$/.exec(name) ?? []
  if (sharded !== undefined) return sharded
  const word = name
    .toLowerCase()
    .split(/[^a-z]+/)
    .find((each) => Object.hasOwn(splitWords, each))
  return word === undefined ? undefined : splitWords[word]
}

const patterns = z.union([z.string(), z.array(z.string())])
const configs = z.object({
  configs: z.array(
    z.object({
      config_name: z.string(),
      default: z.boolean().optional(),
      data_dir: z.string().optional(),
      data_files: z
        .union([patterns, z.array(z.object({ split: z.string(), path: patterns })), z.record(z.string(), patterns)])
        .optional(),
    }),
  ),
})
type Config = z.infer<typeof configs>['configs'][number]

/** The splits that the head of the folder's `README.md` names; `undefined`: it names none. */
async function readConfig(
  folder: string,
  names: readonly string[],
  { config }: DatasetFolderOptions,
): Promise<Splits | undefined> {
  const card = names.includes('README.md') ? await readFile(join(folder, 'README.md'), 'utf8') : ''
  const [, head = ''] = /^\ufeff?---\r?\n([\s\S]*?)\r?\n---/.exec(card) ?? []
  const { parse } = await import('yaml')
  let value: unknown
  try {
    value = parse(head)
  } catch (cause) {
    throw new FileError(`The head of ${join(folder, 'README.md')} is not YAML: ${(cause as Error).message}`, { cause })
  }
  const { success, data } = configs.safeParse(value)
  const known: readonly Config[] = success ? data.configs : []
  const chosen =
    config === undefined
      ? (known.find((each) => each.default === true || each.config_name === 'default') ??
        (known.length === 1 ? known[0] : undefined))
      : known.find((each) => each.config_name === config)
  if (chosen === undefined) {
    if (known.length === 0 && config === undefined) return undefined
    throw new InvalidOptionError(
      known.length === 0
        ? `${folder} has no configs: leave out --config (config).`
        : `${folder} has the configs ${known.map((each) => each.config_name).join(', ')}: choose one with --config (config).`,
      { option: 'config' },
    )
  }
  return splitsOf(chosen, names)
}

function splitsOf({ data_files: files, data_dir: inside = '' }: Config, names: readonly string[]): Splits {
  const prefix = inside === '' || inside === '.' ? '' : `${inside.replace(/^\.\/|\/$/g, '')}/`
  if (files === undefined) return splitByName(names.filter((name) => name.startsWith(prefix)))
  const bySplit: readonly (readonly [string, string | readonly string[]])[] =
    typeof files === 'string'
      ? [['train', files]]
      : !Array.isArray(files)
        ? Object.entries(files)
        : files.map((each) => (typeof each === 'string' ? ['train', each] : [each.split, each.path]))
  const splits = new Map<string, string[]>()
  for (const [split, paths] of bySplit) {
    const matching = [paths].flat().flatMap((path) => {
      const pattern = toPattern(`${prefix}${path.replace(/^\.\//, '')}`)
      return names.filter((name) => pattern.test(name) && dataFile.test(name))
    })
    splits.set(split, [...new Set([...(splits.get(split) ?? []), ...matching])])
  }
  return splits
}

/** `**` stands for any folders, `*` and `?` for what is within a name, `[...]` for one character of several. */
function toPattern(path: string): RegExp {
  const source = path.replaceAll(/\*\*\/?|[*?.+^${}()|\\]/g, (found) => {
    if (found === '**/') return '(?:.*/)?'
    if (found === '**') return '.*'
    if (found === '*') return '[^/]*'
    return found === '?' ? '[^/]' : `\\${found}`
  })
  return new RegExp(`^${source}$`)
}
