import type { RepositoryFiles } from './hub/repository-files.js'

const folder = 'additional_chat_templates'

/**
 * The chat templates of a repository by their names, the usual one being `default`. As in Transformers, files of their own
 * win over the entries of `tokenizer_config.json`; `chat_template.json`, which processors write, comes last.
 */
export async function readChatTemplates(
  config: Readonly<Record<string, unknown>>,
  files: RepositoryFiles,
): Promise<ReadonlyMap<string, string>> {
  const [own, additional] = await Promise.all([files.read('chat_template.jinja'), readAdditional(files)])
  const templates = new Map(additional)
  if (own !== undefined) templates.set('default', own)
  if (templates.size > 0) return templates
  const entry = config['chat_template'] ?? readEntry(await files.read('chat_template.json'))
  if (typeof entry === 'string') return new Map([['default', entry]])
  if (!Array.isArray(entry)) return templates
  return new Map(
    entry.flatMap((each: { readonly name?: unknown; readonly template?: unknown } | null): [string, string][] =>
      typeof each?.name === 'string' && typeof each.template === 'string' ? [[each.name, each.template]] : [],
    ),
  )
}

async function readAdditional(files: RepositoryFiles): Promise<readonly (readonly [string, string])[]> {
  const names = (await files.list(folder)).filter((name) => /^[\w.-]+\.jinja$/.test(name))
  const texts = await Promise.all(names.map((name) => files.read(`${folder}/${name}`)))
  return names.flatMap((name, index) => {
    const text = texts[index]
    return text === undefined ? [] : [[name.slice(0, -'.jinja'.length), text] as const]
  })
}

function readEntry(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return (JSON.parse(text) as { readonly chat_template?: unknown } | null)?.chat_template
  } catch {
    return undefined
  }
}
